#include "bridge/enginecontroller.h"

#include "bridge/engineworker_p.h"
#include "bridge/overloaded_p.h"

#include <utility>

namespace halftone::ui {

namespace {

constexpr int drainIntervalMs = 33;

QString busyEvaluating()
{
    return EngineController::tr("A plan is being evaluated, and the engine does one thing at a "
                                "time: wait for its end, or stop it in the Evaluations panel.");
}

} // namespace

struct EngineController::Inbox
{
    std::deque<EngineEvent> events;
};

EngineController::EngineController(std::filesystem::path library, QObject* parent)
    : EngineController(
          std::move(library),
          [](const std::filesystem::path& folder, const std::string& type,
             const ProgressFn& progress, const CancelToken& cancel) {
              ModelOptions options;
              options.type = type;
              return Engine::load(folder, options, progress, cancel);
          },
          parent)
{
}

EngineController::EngineController(std::filesystem::path library, EngineLoader loader,
                                   QObject* parent)
    : QObject(parent)
    , m_inbox(std::make_unique<Inbox>())
    , m_worker(std::make_unique<Worker>(std::move(library), std::move(loader)))
{
    m_drainTimer.setInterval(drainIntervalMs);
    connect(&m_drainTimer, &QTimer::timeout, this, [this] { drain(); });
}

EngineController::~EngineController()
{
    m_cancelLoad.cancel();
    m_cancelRun.cancel();
    m_cancelQuestion.cancel();
    m_cancelEvaluation.cancel();
}

void EngineController::loadModel(const QString& folder, const QString& type)
{
    if (refuse())
        return;
    cancelQuestion();
    m_cancelLoad.cancel();
    m_cancelRun.cancel();
    m_cancelLoad = CancelToken();
    m_worker->post(
        LoadCommand{++m_loadTicket, folder.toStdString(), type.toStdString(), m_cancelLoad});
    m_drainTimer.start();
    setActivity(Activity::Loading);
}

void EngineController::cancel()
{
    m_cancelLoad.cancel();
    m_cancelRun.cancel();
    m_cancelEvaluation.cancel();
}

bool EngineController::refuse()
{
    if (m_activity != Activity::Evaluating)
        return false;
    Q_EMIT failed(busyEvaluating());
    return true;
}

void EngineController::beginRun()
{
    cancelQuestion();
    m_cancelRun.cancel();
    m_cancelRun = CancelToken();
    ++m_runTicket;
    m_drainTimer.start();
    if (m_activity != Activity::Loading)
        setActivity(Activity::Prefilling);
}

void EngineController::start(const RunRequest& request)
{
    if (refuse())
        return;
    beginRun();
    m_worker->post(StartCommand{m_runTicket, request, false, m_cancelRun});
}

void EngineController::startPaused(const RunRequest& request)
{
    if (refuse())
        return;
    beginRun();
    m_worker->post(StartCommand{m_runTicket, request, true, m_cancelRun});
}

void EngineController::stepOnce()
{
    m_worker->post(ControlCommand::Step);
    m_drainTimer.start();
}

void EngineController::pause()
{
    m_worker->post(ControlCommand::Pause);
    m_drainTimer.start();
}

void EngineController::resume()
{
    m_worker->post(ControlCommand::Resume);
    m_drainTimer.start();
}

void EngineController::stop()
{
    cancelQuestion();
    m_cancelRun.cancel(); // a prefill that goes on
    m_worker->post(ControlCommand::Stop);
    m_drainTimer.start();
}

void EngineController::change(const std::string& mode, const ParameterValues& parameters)
{
    m_worker->post(ChangeCommand{mode, parameters});
    m_drainTimer.start();
}

void EngineController::fork(const ForkRequest& request, bool paused)
{
    if (refuse())
        return;
    beginRun();
    m_worker->post(ForkCommand{m_runTicket, request, paused, m_cancelRun});
}

void EngineController::forkStored(const RunInfo& parent, std::vector<StepRecord> steps,
                                  const ForkRequest& request, bool paused)
{
    if (refuse())
        return;
    beginRun();
    m_worker->post(
        ForkStoredCommand{m_runTicket, parent, std::move(steps), request, paused, m_cancelRun});
}

void EngineController::ask(const RunInfo& run, std::vector<StepRecord> steps,
                           const StepQuestion& question)
{
    cancelQuestion();
    m_asking = true;
    if (m_activity == Activity::Evaluating) {
        Q_EMIT questionAsked(question);
        return endQuestion(busyEvaluating());
    }
    m_cancelQuestion = CancelToken();
    m_worker->post(
        QuestionCommand{++m_question, run, std::move(steps), question, m_cancelQuestion});
    m_drainTimer.start();
    Q_EMIT questionAsked(question);
}

void EngineController::cancelQuestion()
{
    m_cancelQuestion.cancel();
    endQuestion({});
}

void EngineController::endQuestion(const QString& message)
{
    if (!m_asking)
        return;
    m_asking = false;
    Q_EMIT questionFailed(message);
}

bool EngineController::canEvaluate() const
{
    return m_activity == Activity::Idle || m_activity == Activity::Paused;
}

void EngineController::evaluate(const PlanRequest& request)
{
    if (!canEvaluate()) {
        Q_EMIT evaluationEnded(tr("The engine is at something else: a plan can be run once a run "
                                  "has ended or is paused, and the model is loaded."));
        return;
    }
    cancelQuestion();
    m_cancelEvaluation = CancelToken();
    m_worker->post(EvaluateCommand{request, m_cancelEvaluation});
    m_drainTimer.start();
    setActivity(Activity::Evaluating);
}

void EngineController::setActivity(Activity activity)
{
    if (m_activity == activity)
        return;
    m_activity = activity;
    Q_EMIT activityChanged(activity);
}

void EngineController::drain()
{
    Worker::Delivery delivery = m_worker->take();
    if (delivery.atRest)
        m_drainTimer.stop();
    for (EngineEvent& event : delivery.events)
        m_inbox->events.push_back(std::move(event));
    const auto tell = Overloaded{
        [this](const ActivityEvent& e) {
            // Loading is always news; the rest may speak of a run that is being replaced.
            if (e.activity == Activity::Loading || e.ticket == m_runTicket)
                setActivity(e.activity);
        },
        [this](const ProgressEvent& e) {
            Q_EMIT progressed(QString::fromStdString(e.stage), e.done, e.total);
        },
        [this](const LoadedEvent& e) {
            if (e.ticket != m_loadTicket)
                return;
            m_model = e.model;
            Q_EMIT modelLoaded(m_model);
        },
        [this](const StartedEvent& e) { Q_EMIT runStarted(e.run); },
        [this](StepsEvent& e) {
            Q_EMIT stepsAvailable(
                e.run, std::make_shared<const std::vector<StepRecord>>(std::move(e.steps)));
        },
        [this](const ChangedEvent& e) { Q_EMIT runChanged(e.info); },
        [this](const EndedEvent& e) { Q_EMIT runEnded(e.info); },
        [this](const GroupEvent& e) { Q_EMIT groupAdvanced(e.totals); },
        [this](const FailedEvent& e) { Q_EMIT failed(QString::fromStdString(e.message)); },
        [this](const QuestionProgressEvent& e) {
            if (m_asking && e.number == m_question)
                Q_EMIT questionProgressed(QString::fromStdString(e.progress.stage), e.progress.done,
                                          e.progress.total);
        },
        [this](const EvaluationProgressEvent& e) {
            Q_EMIT progressed(tr("Evaluating"), e.done, e.total);
            Q_EMIT evaluationProgressed(e.done, e.total);
        },
        [this](const EvaluationEndedEvent& e) {
            setActivity(e.activity);
            Q_EMIT evaluationEnded(QString::fromStdString(e.message));
        },
        [this](const AnswerEvent& e) {
            if (!m_asking || e.number != m_question)
                return;
            m_asking = false;
            Q_EMIT questionAnswered(e.answer);
        },
        [this](const QuestionFailedEvent& e) {
            if (e.number == m_question)
                endQuestion(QString::fromStdString(e.message));
        },
    };
    // From a member, so that a slot that runs an event loop of its own keeps the order.
    while (!m_inbox->events.empty()) {
        EngineEvent event = std::move(m_inbox->events.front());
        m_inbox->events.pop_front();
        std::visit(tell, event);
    }
}

} // namespace halftone::ui
