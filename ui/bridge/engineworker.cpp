#include "bridge/engineworker_p.h"

#include "base/counted.h"
#include "base/unixtime.h"
#include "engine/partner.h"
#include "reasoning/runsettings.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace halftone::ui {

namespace {

using Activity = EngineController::Activity;
using Clock = std::chrono::steady_clock;

constexpr auto groupTellingInterval = std::chrono::milliseconds(50);

bool isRun(const EngineCommand& command)
{
    return std::holds_alternative<StartCommand>(command) ||
           std::holds_alternative<ForkCommand>(command) ||
           std::holds_alternative<ForkStoredCommand>(command);
}

bool isLoad(const EngineCommand& command)
{
    return std::holds_alternative<LoadCommand>(command);
}

/// Ids as a person writes them: "1 2 3" or "1, 2, 3".
Result<std::vector<TokenId>> parseIds(std::string_view text, const std::string& modelName)
{
    constexpr std::string_view separators = " ,\t\r\n";
    std::vector<TokenId> ids;
    while (true) {
        const std::size_t begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos)
            return ids;
        text.remove_prefix(begin);
        const std::string_view word = text.substr(0, text.find_first_of(separators));
        std::int32_t id = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
        if (error != std::errc() || end != word.data() + word.size())
            return failure(ErrorCode::InvalidArgument,
                           "The model " + modelName +
                               " has no tokenizer.json, so its prompt must be token ids such as "
                               "1 2 3; found " +
                               std::string(word) + ".");
        ids.emplace_back(id);
        text.remove_prefix(word.size());
    }
}

/// Facts of a run that leaves `parent` where `request` says.
RunInfo describeChild(const Session& session, const RunInfo& parent, const ForkRequest& request)
{
    RunInfo info = session.describe();
    info.startedMs = unixMs();
    info.session = parent.session;
    info.prompt = parent.prompt;
    info.origin = ForkOrigin{parent.id, request.step, request.change.toStdString()};
    return info;
}

} // namespace

EngineController::Worker::Worker(std::filesystem::path library, EngineLoader loader)
    : m_library(std::move(library))
    , m_loader(std::move(loader))
    , m_thread([this] { loop(); })
{
}

EngineController::Worker::~Worker()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
        m_calling.store(true, std::memory_order_relaxed);
    }
    m_wake.notify_one();
    m_thread.join();
}

void EngineController::Worker::post(EngineCommand command)
{
    {
        const std::lock_guard lock(m_mutex);
        if (isLoad(command))
            m_commands.clear();
        else if (isRun(command))
            std::erase_if(m_commands, [](const EngineCommand& c) { return !isLoad(c); });
        m_commands.push_back(std::move(command));
        m_waiting = false;
        m_calling.store(true, std::memory_order_relaxed);
    }
    m_wake.notify_one();
}

EngineController::Worker::Delivery EngineController::Worker::take()
{
    Delivery delivery;
    const std::lock_guard lock(m_mutex);
    delivery.events.swap(m_outbox);
    delivery.atRest = m_waiting;
    return delivery;
}

void EngineController::Worker::loop()
{
    while (!quitting()) {
        if (std::optional<EngineCommand> command = next(!stepping()))
            std::visit([this](auto& c) { execute(c); }, *command);
        else if (stepping())
            takeStep();
    }
    dropRun();
    m_engine.reset(); // what they hold belongs to this thread
    m_partner.reset();
}

std::optional<EngineCommand> EngineController::Worker::next(bool wait)
{
    if (!wait && !m_calling.load(std::memory_order_relaxed))
        return std::nullopt;
    std::unique_lock lock(m_mutex);
    if (wait) {
        m_waiting = m_commands.empty();
        m_wake.wait(lock, [this] { return m_quit || !m_commands.empty(); });
        m_waiting = false;
    }
    if (m_quit || m_commands.empty())
        return std::nullopt;
    EngineCommand command = std::move(m_commands.front());
    m_commands.pop_front();
    m_calling.store(!m_commands.empty(), std::memory_order_relaxed);
    return command;
}

bool EngineController::Worker::quitting()
{
    if (!m_calling.load(std::memory_order_relaxed))
        return false;
    const std::lock_guard lock(m_mutex);
    return m_quit;
}

void EngineController::Worker::send(EngineEvent event)
{
    const std::lock_guard lock(m_mutex);
    // Only the newest of several progress reports in a row is worth showing.
    const bool progress = std::holds_alternative<ProgressEvent>(event) ||
                          std::holds_alternative<QuestionProgressEvent>(event) ||
                          std::holds_alternative<EvaluationProgressEvent>(event);
    if (progress && !m_outbox.empty() && m_outbox.back().index() == event.index())
        m_outbox.back() = std::move(event);
    else
        m_outbox.push_back(std::move(event));
}

void EngineController::Worker::sendActivity(Activity activity)
{
    send(ActivityEvent{m_seen, activity});
}

EngineController::Activity EngineController::Worker::currentActivity() const
{
    return !goesOn() ? Activity::Idle : m_paused ? Activity::Paused : Activity::Running;
}

void EngineController::Worker::sendCurrentActivity()
{
    sendActivity(currentActivity());
}

void EngineController::Worker::sendFailure(const Error& error)
{
    // Who cancels knows.
    if (error.code != ErrorCode::Cancelled)
        send(FailedEvent{error.message});
}

ProgressFn EngineController::Worker::progress()
{
    return [this](const Progress& p) {
        send(ProgressEvent{std::string(p.stage), p.done, p.total});
    };
}

void EngineController::Worker::execute(LoadCommand& command)
{
    dropRun();
    sendActivity(Activity::Loading);
    Result<std::shared_ptr<const Engine>> engine =
        command.cancel.cancelled() ? failure(ErrorCode::Cancelled, "Loading was cancelled.")
                                   : m_loader(command.folder, command.type, progress(), command.cancel);
    if (engine) {
        m_engine = std::move(*engine);
        m_engineFolder = command.folder;
        m_partner.reset();
        auto model = std::make_shared<LoadedModel>();
        model->folder = QString::fromStdString(command.folder.string());
        model->type = QString::fromStdString(command.type);
        model->identity = m_engine->identity();
        model->tokens = m_engine->tokens();
        model->hasTokenizer = m_engine->tokenizer() != nullptr;
        send(LoadedEvent{command.ticket, std::move(model)});
    } else {
        sendFailure(engine.error());
        // Runs that were asked for after this load were meant for its model. So were questions,
        // whose answer says it.
        const std::lock_guard lock(m_mutex);
        while (!m_commands.empty() && !isLoad(m_commands.front()) &&
               !std::holds_alternative<QuestionCommand>(m_commands.front())) {
            std::visit(
                [this](const auto& c) {
                    if constexpr (requires { c.ticket; })
                        m_seen = c.ticket;
                },
                m_commands.front());
            m_commands.pop_front();
        }
    }
    sendActivity(Activity::Idle);
}

void EngineController::Worker::execute(StartCommand& command)
{
    m_seen = command.ticket;
    if (const Result<void> started = start(command); !started) {
        sendFailure(started.error());
        sendCurrentActivity();
    }
}

void EngineController::Worker::execute(ForkCommand& command)
{
    m_seen = command.ticket;
    if (const Result<void> forked = fork(command); !forked) {
        sendFailure(forked.error());
        sendCurrentActivity();
    }
}

void EngineController::Worker::execute(ForkStoredCommand& command)
{
    m_seen = command.ticket;
    if (const Result<void> forked = forkStored(command); !forked) {
        sendFailure(forked.error());
        sendCurrentActivity();
    }
}

void EngineController::Worker::execute(const ChangeCommand& command)
{
    if (!goesOn())
        return;
    if (const Result<void> changed = m_runs->change(command.mode, command.parameters); !changed)
        sendFailure(changed.error());
    else if (m_runs->first().goesOn())
        send(ChangedEvent{m_runs->first().info()});
}

void EngineController::Worker::execute(ControlCommand command)
{
    if (!goesOn())
        return;
    switch (command) {
    case ControlCommand::Step:
        ++m_stepsToPause;
        m_paused = false;
        break;
    case ControlCommand::Pause:
        m_stepsToPause = 0;
        if (!m_paused) {
            m_paused = true;
            sendActivity(Activity::Paused);
        }
        break;
    case ControlCommand::Resume:
        m_stepsToPause = 0;
        if (m_paused) {
            m_paused = false;
            sendActivity(Activity::Running);
        }
        break;
    case ControlCommand::Stop:
        stopRuns();
        sendActivity(Activity::Idle);
        break;
    }
}

Result<RunModels> EngineController::Worker::modelsOf(const RunInfo& run, const ProgressFn& progress,
                                                     const CancelToken& cancel)
{
    const auto second = partnerOf(run);
    if (!second)
        return Unexpected(second.error());
    if (!*second)
        return RunModels{m_engine};
    return partnerFrom((*second)->path, progress, cancel).map([&](auto&& partner) {
        return RunModels{m_engine, std::move(partner)};
    });
}

Result<std::shared_ptr<const Engine>>
EngineController::Worker::partnerFrom(const std::filesystem::path& folder,
                                      const ProgressFn& progress, const CancelToken& cancel)
{
    if (folder.empty())
        return nullptr;
    if (folder == m_engineFolder)
        return m_engine;
    if (m_partner && folder == m_partnerFolder)
        return m_partner;
    m_partner.reset(); // room for the other
    auto partner = m_loader(folder, {}, progress, cancel);
    if (partner) {
        m_partner = *partner;
        m_partnerFolder = folder;
    }
    return partner;
}

Result<void> EngineController::Worker::start(const StartCommand& command)
{
    if (!m_engine)
        return failure(ErrorCode::InvalidArgument,
                       "No model is loaded: choose one in the Run panel first.");
    const std::string prompt = command.request.prompt.toStdString();
    const Result<std::vector<TokenId>> ids = m_engine->tokenizer() != nullptr
                                                 ? m_engine->encodePrompt(prompt)
                                                 : parseIds(prompt, m_engine->identity().name);
    if (!ids)
        return Unexpected(ids.error());
    if (!command.request.partner.isEmpty())
        sendActivity(Activity::Loading);
    const Result<std::shared_ptr<const Engine>> partner =
        partnerFrom(command.request.partner.toStdString(), progress(), command.cancel);
    if (!partner)
        return Unexpected(partner.error());
    Result<std::unique_ptr<Session>> session =
        m_engine->createSession(command.request.settings, *partner);
    if (!session)
        return Unexpected(session.error());
    dropRun();
    sendActivity(Activity::Prefilling);
    if (Result<void> filled = (*session)->prefill(*ids, progress(), command.cancel); !filled)
        return filled;
    RunInfo info = (*session)->describe();
    info.startedMs = unixMs();
    info.session = command.request.session.value_or(SessionId{});
    if (m_engine->tokenizer() != nullptr)
        info.prompt = prompt;
    return begin(std::move(*session), std::move(info), std::nullopt, command.paused, command.cancel,
                 command.request.count);
}

Result<void> EngineController::Worker::fork(const ForkCommand& command)
{
    if (!m_runs)
        return failure(ErrorCode::InvalidArgument,
                       "No run is in memory to fork: start one, or fork a stored run.");
    Result<std::unique_ptr<Session>> child =
        session().fork(command.request.step, command.request.settings);
    if (!child)
        return Unexpected(child.error());
    stopRuns();
    RunInfo info = describeChild(**child, m_runs->first().info(), command.request);
    return begin(std::move(*child), std::move(info), command.request.input, command.paused,
                 command.cancel);
}

Result<void> EngineController::Worker::forkStored(const ForkStoredCommand& command)
{
    const RunInfo& parent = command.parent;
    if (m_runs && m_runs->first().info().id == parent.id)
        return fork({command.ticket, command.request, command.paused, command.cancel});
    if (!m_engine)
        return failure(ErrorCode::InvalidArgument,
                       "Forking run " + std::to_string(parent.id.value) + " needs its model, " +
                           parent.model.name + ", and no model is loaded.");
    if (command.request.step.value < 0 || command.request.step.index() > command.steps.size())
        return failure(ErrorCode::InvalidArgument,
                       "Step " + std::to_string(command.request.step.value) +
                           " is outside the run, which has " +
                           counted(std::ssize(command.steps), "step") + ".");
    auto models = modelsOf(parent, progress(), command.cancel);
    if (!models)
        return Unexpected(models.error());
    Result<std::unique_ptr<Session>> session = sessionFor(*models, parent);
    if (!session)
        return Unexpected(session.error());
    dropRun();
    sendActivity(Activity::Prefilling);
    const std::span shared(command.steps.data(), command.request.step.index());
    if (Result<void> fed = feedRecorded(**session, parent, shared, progress(), command.cancel);
        !fed)
        return fed;
    if (command.request.settings) {
        session = (*session)->fork(command.request.step, command.request.settings);
        if (!session)
            return Unexpected(session.error());
    }
    RunInfo info = describeChild(**session, parent, command.request);
    return begin(std::move(*session), std::move(info), command.request.input, command.paused,
                 command.cancel);
}

Result<void> EngineController::Worker::begin(std::unique_ptr<Session> session, RunInfo info,
                                             std::optional<StepInput> firstInput, bool paused,
                                             const CancelToken& cancel, int count)
{
    Result<RunGroup> runs = RunGroup::start(std::move(session), std::move(info), m_library, count);
    if (!runs)
        return Unexpected(runs.error());
    m_runs = std::move(*runs);
    m_runs->setTrialCancel(cancel);
    m_forcedInput = std::move(firstInput);
    m_paused = false;
    m_stepsToPause = paused ? 1 : 0;

    auto started = std::make_shared<StartedRun>();
    started->info = m_runs->first().info();
    started->tokens = m_engine->tokens();
    started->shared = m_runs->first().session().steps();
    started->count = count;
    send(StartedEvent{std::move(started)});
    sendActivity(Activity::Running);
    return {};
}

void EngineController::Worker::sendStep(StepRecord step)
{
    const std::lock_guard lock(m_mutex);
    if (m_outbox.empty() || !std::holds_alternative<StepsEvent>(m_outbox.back()))
        m_outbox.push_back(StepsEvent{m_runs->first().info().id, {}});
    std::get<StepsEvent>(m_outbox.back()).steps.push_back(std::move(step));
}

void EngineController::Worker::takeStep()
{
    const std::vector<StepRecord>& steps = session().steps();
    const std::size_t before = steps.size();
    const std::optional<StepInput> forced = std::exchange(m_forcedInput, std::nullopt);
    const Result<void> taken = m_runs->step(forced ? &*forced : nullptr);
    if (steps.size() > before)
        sendStep(steps.back());
    if (m_stepsToPause > 0 && --m_stepsToPause == 0)
        m_paused = true;
    tellRuns(m_paused);
    if (!taken)
        sendFailure(taken.error());
    if (!stepping())
        sendCurrentActivity();
}

void EngineController::Worker::dropRun()
{
    stopRuns();
    m_runs.reset(); // their caches are the largest things that can go
}

void EngineController::Worker::stopRuns()
{
    if (!goesOn())
        return;
    const Result<void> closed = m_runs->close(RunStatus::Stopped, StopReason::User);
    if (!closed)
        sendFailure(closed.error());
    tellRuns(true);
}

void EngineController::Worker::tellRuns(bool now)
{
    for (RunInfo& info : m_runs->takeClosed())
        send(EndedEvent{std::move(info)});
    const bool over = !m_runs->goesOn();
    if (m_runs->runs().size() == 1 ||
        (!now && !over && Clock::now() - m_groupTold < groupTellingInterval))
        return;
    m_groupTold = Clock::now();
    send(GroupEvent{m_runs->totals()});
    if (over)
        m_runs->keepFirst();
}

} // namespace halftone::ui
