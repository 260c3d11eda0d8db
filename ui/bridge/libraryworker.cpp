#include "bridge/libraryworker_p.h"

#include "exchange/atomicfile.h"

#include <ostream>
#include <utility>

namespace halftone::ui {

namespace {

bool isRead(const LibraryRequest& request)
{
    return std::holds_alternative<RefreshRequest>(request) ||
           std::holds_alternative<OpenRequest>(request);
}

Result<StoredRun> readRun(const SessionStore& store, RunId id)
{
    StoredRun run;
    Result<RunInfo> info = store.run(id);
    if (!info)
        return Unexpected(info.error());
    Result<std::vector<StepRecord>> steps = store.steps(id);
    if (!steps)
        return Unexpected(steps.error());
    Result<std::shared_ptr<const TokenTable>> tokens = store.tokens(id);
    if (!tokens)
        return Unexpected(tokens.error());
    run.info = std::move(*info);
    run.steps = std::move(*steps);
    run.tokens = std::move(*tokens);
    return run;
}

Result<void> exportTo(const std::filesystem::path& file, const StoredRun& run)
{
    return writeFile(file, [&](std::ostream& out) {
        if (file.extension() == ".csv")
            writeCsv(out, run);
        else if (file.extension() == ".jsonl")
            writeJsonLines(out, run);
        else
            writeJson(out, run);
    });
}

ListedEvaluation listed(EvaluationInfo info)
{
    ListedEvaluation entry;
    entry.standing = standingOf(info);
    entry.info = std::move(info);
    return entry;
}

std::string reportFor(const ReportExportRequest& request)
{
    const EvaluationReport& report = request.evaluation->report;
    return request.file.extension() == ".csv"   ? reportAsCsv(report, request.table)
           : request.file.extension() == ".tex" ? reportAsLatex(report, request.table)
                                                : reportAsJson(report);
}

} // namespace

LibraryController::Worker::Worker(std::filesystem::path library)
    : m_library(std::move(library))
    , m_thread([this] { loop(); })
{
}

LibraryController::Worker::~Worker()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
        std::erase_if(m_requests, isRead);
    }
    m_wake.notify_one();
    m_thread.join();
}

void LibraryController::Worker::post(LibraryRequest request)
{
    {
        const std::lock_guard lock(m_mutex);
        if (isRead(request))
            std::erase_if(m_requests, [&](const LibraryRequest& waiting) {
                return waiting.index() == request.index();
            });
        m_requests.push_back(std::move(request));
        m_waiting = false;
    }
    m_wake.notify_one();
}

LibraryController::Worker::Delivery LibraryController::Worker::take()
{
    Delivery delivery;
    const std::lock_guard lock(m_mutex);
    delivery.events.swap(m_outbox);
    delivery.atRest = m_waiting;
    return delivery;
}

void LibraryController::Worker::loop()
{
    while (const std::optional<LibraryRequest> request = next())
        if (SessionStore* opened = store())
            std::visit([&](const auto& r) { execute(r, *opened); }, *request);
    m_evaluations.reset();
    m_store.reset();
}

std::optional<LibraryRequest> LibraryController::Worker::next()
{
    std::unique_lock lock(m_mutex);
    m_waiting = m_requests.empty();
    m_wake.wait(lock, [this] { return m_quit || !m_requests.empty(); });
    m_waiting = false;
    if (m_requests.empty())
        return std::nullopt;
    LibraryRequest request = std::move(m_requests.front());
    m_requests.pop_front();
    return request;
}

void LibraryController::Worker::send(LibraryEvent event)
{
    const std::lock_guard lock(m_mutex);
    m_outbox.push_back(std::move(event));
}

SessionStore* LibraryController::Worker::store()
{
    if (m_store)
        return m_store.get();
    Result<std::unique_ptr<SessionStore>> opened = SessionStore::open(m_library);
    if (!opened) {
        send(LibraryFailedEvent{opened.error().message});
        return nullptr;
    }
    m_store = std::move(*opened);
    if (!m_store->notice().empty())
        send(NoticeEvent{m_store->notice()});
    return m_store.get();
}

void LibraryController::Worker::execute(const RefreshRequest& request, SessionStore& store)
{
    Result<std::vector<SessionSummary>> sessions = store.sessions(request.filter);
    if (!sessions)
        send(LibraryFailedEvent{sessions.error().message});
    else
        send(SessionsEvent{request.ticket, std::make_shared<const std::vector<SessionSummary>>(
                                               std::move(*sessions))});
    sendEvaluations();
}

void LibraryController::Worker::execute(const OpenRequest& request, SessionStore& store)
{
    if (Result<StoredRun> run = readRun(store, request.run))
        send(RunEvent{request.ticket, std::make_shared<StoredRun>(std::move(*run))});
    else
        send(LibraryFailedEvent{run.error().message});
}

void LibraryController::Worker::execute(const ChangeRequest& request, SessionStore& store)
{
    if (const Result<void> changed = request.change(store); !changed)
        send(LibraryFailedEvent{changed.error().message});
}

void LibraryController::Worker::execute(const ExportRequest& request, SessionStore& store)
{
    const Result<void> written = readRun(store, request.run).and_then([&](const StoredRun& run) {
        return exportTo(request.file, run);
    });
    if (written)
        send(ExportedEvent{request.file});
    else
        send(LibraryFailedEvent{written.error().message});
}

void LibraryController::Worker::sendEvaluations()
{
    if (!m_evaluations) { // after store(), which makes the file what it is to be
        auto opened = EvaluationStore::open(m_library, SessionStore::Access::ReadOnly);
        if (!opened)
            return send(LibraryFailedEvent{opened.error().message});
        m_evaluations = std::move(*opened);
    }
    const auto found = m_evaluations->evaluations();
    if (!found)
        return send(LibraryFailedEvent{found.error().message});
    auto list = std::make_shared<std::vector<ListedEvaluation>>();
    for (const EvaluationInfo& info : *found)
        list->push_back(listed(info));
    send(EvaluationsEvent{std::move(list)});
}

void LibraryController::Worker::execute(const ReportExportRequest& request, SessionStore&)
{
    const Result<void> written =
        writeFile(request.file, [&](std::ostream& out) { out << reportFor(request); });
    if (written)
        send(ReportExportedEvent{request.file});
    else
        send(LibraryFailedEvent{written.error().message});
}

} // namespace halftone::ui
