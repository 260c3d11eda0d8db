#include "bridge/librarycontroller.h"

#include "bridge/libraryworker_p.h"
#include "bridge/overloaded_p.h"
#include "bridge/reportworker_p.h"

#include <utility>

namespace halftone::ui {

namespace {

// Reads answer within milliseconds, and nothing ticks when none is under way.
constexpr int drainIntervalMs = 15;

} // namespace

LibraryController::LibraryController(std::filesystem::path library, QObject* parent)
    : QObject(parent)
    , m_path(std::move(library))
    , m_worker(std::make_unique<Worker>(m_path))
    , m_reports(std::make_unique<ReportWorker>(m_path))
{
    m_drainTimer.setInterval(drainIntervalMs);
    connect(&m_drainTimer, &QTimer::timeout, this, [this] { drain(); });
}

LibraryController::~LibraryController() = default;

void LibraryController::refresh(const SessionFilter& filter)
{
    m_filter = filter;
    refresh();
}

void LibraryController::refresh()
{
    m_worker->post(RefreshRequest{++m_refreshTicket, m_filter});
    m_drainTimer.start();
}

void LibraryController::rename(SessionId session, const QString& name)
{
    m_worker->post(ChangeRequest{[session, text = name.toStdString()](SessionStore& s) {
        return s.renameSession(session, text);
    }});
    refresh();
}

void LibraryController::moveToBin(SessionId session)
{
    m_worker->post(ChangeRequest{[session](SessionStore& s) { return s.moveToBin(session); }});
    refresh();
}

void LibraryController::restoreFromBin(SessionId session)
{
    m_worker->post(ChangeRequest{[session](SessionStore& s) { return s.restoreFromBin(session); }});
    refresh();
}

void LibraryController::emptyBin()
{
    m_worker->post(ChangeRequest{[](SessionStore& s) { return s.emptyBin(); }});
    refresh();
}

void LibraryController::open(RunId run)
{
    m_worker->post(OpenRequest{++m_openTicket, run});
    m_drainTimer.start();
}

void LibraryController::keepProbe(RunId run, StepIndex step, const MixtureProbe& probe)
{
    m_worker->post(ChangeRequest{
        [run, step, probe](SessionStore& s) { return s.setProbe(run, step, probe); }});
    m_drainTimer.start();
}

void LibraryController::exportRun(RunId run, const QString& file)
{
    m_worker->post(ExportRequest{run, file.toStdString()});
    m_drainTimer.start();
}

void LibraryController::openEvaluation(EvaluationId id)
{
    m_reports->post(ReportRequest{++m_reportTicket, id});
    m_drainTimer.start();
}

void LibraryController::exportReport(std::shared_ptr<const OpenedEvaluation> evaluation,
                                     ReportTable table, const QString& file)
{
    m_worker->post(ReportExportRequest{std::move(evaluation), table, file.toStdString()});
    m_drainTimer.start();
}

void LibraryController::drain()
{
    const Worker::Delivery delivery = m_worker->take();
    const ReportWorker::Delivery report = m_reports->take();
    if (delivery.atRest && report.atRest)
        m_drainTimer.stop();
    const auto tell = Overloaded{
        [this](const SessionsEvent& e) {
            if (e.ticket == m_refreshTicket)
                Q_EMIT sessionsAvailable(e.sessions);
        },
        [this](const RunEvent& e) {
            if (e.ticket == m_openTicket)
                Q_EMIT runAvailable(e.run);
        },
        [this](const ExportedEvent& e) {
            Q_EMIT exported(QString::fromStdString(e.file.string()));
        },
        [this](const EvaluationsEvent& e) { Q_EMIT evaluationsAvailable(e.evaluations); },
        [this](const ReportExportedEvent& e) {
            Q_EMIT reportExported(QString::fromStdString(e.file.string()));
        },
        [this](const NoticeEvent& e) { Q_EMIT noticed(QString::fromStdString(e.message)); },
        [this](const LibraryFailedEvent& e) { Q_EMIT failed(QString::fromStdString(e.message)); },
    };
    for (const LibraryEvent& event : delivery.events)
        std::visit(tell, event);
    if (report.event && report.event->ticket == m_reportTicket) {
        if (report.event->evaluation)
            Q_EMIT evaluationAvailable(report.event->evaluation);
        else
            Q_EMIT evaluationFailed(QString::fromStdString(report.event->failure));
    }
}

} // namespace halftone::ui
