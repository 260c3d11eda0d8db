// The engine thread: owns engine, sessions and recorders, and nobody else ever touches them.
//
// Commands come in through a queue that is looked at between steps; what happens goes out through
// an outbox that the UI thread empties when it likes. Both lie behind one mutex that is held for
// the length of a move. There is no Qt in here: nothing but values crosses.
//
// Events come out in the order in which things happened: nothing of a run comes after its end, nor
// after the start of the next. Commands that begin something carry a ticket, by which the receiver
// tells an activity that it has overtaken by asking for another.
#pragma once

#include "bridge/enginecontroller.h"
#include "bridge/stepquestion.h"
#include "engine/storedsession.h"
#include "runs/rungroup.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

namespace halftone::ui {

using Ticket = std::uint64_t;

struct LoadCommand
{
    Ticket ticket = 0;
    std::filesystem::path folder;
    std::string type;
    CancelToken cancel;
};

struct StartCommand
{
    Ticket ticket = 0;
    RunRequest request;
    bool paused = false;
    CancelToken cancel;
};

struct ForkCommand
{
    Ticket ticket = 0;
    ForkRequest request;
    bool paused = false;
    CancelToken cancel;
};

struct ForkStoredCommand
{
    Ticket ticket = 0;
    RunInfo parent;
    std::vector<StepRecord> steps;
    ForkRequest request;
    bool paused = false;
    CancelToken cancel;
};

/// Of the run that goes on, from its next step on.
struct ChangeCommand
{
    std::string mode;
    ParameterValues parameters;
};

enum class ControlCommand
{
    Step,
    Pause,
    Resume,
    Stop
};

struct QuestionCommand
{
    std::uint64_t number = 0;
    RunInfo run;
    std::vector<StepRecord> steps; // of the run, as far as the answer needs them; empty for the
                                   // run in memory
    StepQuestion question;
    CancelToken cancel;
};

struct EvaluateCommand
{
    PlanRequest request;
    CancelToken cancel;
};

using EngineCommand = std::variant<LoadCommand, StartCommand, ForkCommand, ForkStoredCommand,
                                   ChangeCommand, ControlCommand, QuestionCommand, EvaluateCommand>;

struct ActivityEvent
{
    Ticket ticket = 0; // of the newest run that was asked for by then
    EngineController::Activity activity = EngineController::Activity::Idle;
};

struct ProgressEvent
{
    std::string stage;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
};

struct LoadedEvent
{
    Ticket ticket = 0;
    std::shared_ptr<const LoadedModel> model;
};

struct StartedEvent
{
    std::shared_ptr<const StartedRun> run;
};

struct StepsEvent
{
    RunId run;
    std::vector<StepRecord> steps;
};

struct ChangedEvent
{
    RunInfo info;
};

struct EndedEvent
{
    RunInfo info;
};

/// Of a group of several.
struct GroupEvent
{
    GroupTotals totals;
};

struct FailedEvent
{
    std::string message;
};

struct QuestionProgressEvent
{
    std::uint64_t number = 0;
    ProgressEvent progress;
};

struct AnswerEvent
{
    std::uint64_t number = 0;
    std::shared_ptr<const StepAnswer> answer;
};

struct QuestionFailedEvent
{
    std::uint64_t number = 0;
    std::string message; // empty when it was cancelled
};

/// In samples.
struct EvaluationProgressEvent
{
    std::uint64_t done = 0;
    std::uint64_t total = 0;
};

struct EvaluationEndedEvent
{
    std::string message; // empty when all is done
    EngineController::Activity activity = EngineController::Activity::Idle; // from now on
};

using EngineEvent =
    std::variant<ActivityEvent, ProgressEvent, LoadedEvent, StartedEvent, StepsEvent, ChangedEvent,
                 EndedEvent, GroupEvent, FailedEvent, QuestionProgressEvent, AnswerEvent,
                 QuestionFailedEvent, EvaluationProgressEvent, EvaluationEndedEvent>;

class EngineController::Worker
{
public:
    Worker(std::filesystem::path library, EngineLoader loader);
    /// Ends a run at the next token boundary as stopped, then joins.
    ~Worker();

    // Any thread:

    /// A load replaces everything that waits; a run replaces the runs that wait.
    void post(EngineCommand command);
    struct Delivery
    {
        std::vector<EngineEvent> events; // oldest first
        bool atRest = false;             // nothing will follow before the next command
    };
    [[nodiscard]] Delivery take();

private:
    // The engine thread:

    void loop();
    /// The next command; absent when there is none and `wait` is false, or when quitting.
    std::optional<EngineCommand> next(bool wait);
    [[nodiscard]] bool quitting();
    void send(EngineEvent event);
    void sendActivity(Activity activity);
    [[nodiscard]] Activity currentActivity() const;
    /// After something that was asked for did not come to be.
    void sendCurrentActivity();
    void sendFailure(const Error& error);
    [[nodiscard]] ProgressFn progress();

    void execute(LoadCommand& command);
    void execute(StartCommand& command);
    void execute(ForkCommand& command);
    void execute(ForkStoredCommand& command);
    void execute(const ChangeCommand&);
    void execute(ControlCommand);
    void execute(QuestionCommand& command);
    void execute(EvaluateCommand& command);

    /// Loads it, its weights as they are stored, unless it is in memory. Null without a folder.
    [[nodiscard]] Result<std::shared_ptr<const Engine>>
    partnerFrom(const std::filesystem::path& folder, const ProgressFn&, const CancelToken&);
    /// The model in memory with the partner that the run had.
    [[nodiscard]] Result<RunModels> modelsOf(const RunInfo&, const ProgressFn&, const CancelToken&);
    [[nodiscard]] Result<void> start(const StartCommand& command);
    [[nodiscard]] Result<void> fork(const ForkCommand& command);
    [[nodiscard]] Result<void> forkStored(const ForkStoredCommand& command);
    [[nodiscard]] Result<StepAnswer> answer(const QuestionCommand& command);
    [[nodiscard]] Result<void> evaluate(EvaluateCommand& command);
    /// Takes the run over once its session stands at its first own step, with so many runs of the
    /// same settings in all.
    [[nodiscard]] Result<void> begin(std::unique_ptr<Session> session, RunInfo info,
                                     std::optional<StepInput> firstInput, bool paused,
                                     const CancelToken&, int count = 1);
    void sendStep(StepRecord);
    void takeStep();
    /// Makes room for another run or model.
    void dropRun();
    void stopRuns();
    /// Tells of runs that were closed, and now and then, `now` at the latest, how far a group is.
    void tellRuns(bool now);
    [[nodiscard]] bool goesOn() const { return m_runs && m_runs->goesOn(); }
    [[nodiscard]] bool stepping() const { return goesOn() && !m_paused; }
    [[nodiscard]] Session& session() const { return m_runs->first().session(); }

    const std::filesystem::path m_library;
    const EngineLoader m_loader;

    std::mutex m_mutex; // guards the four below
    std::condition_variable m_wake;
    std::deque<EngineCommand> m_commands;
    std::vector<EngineEvent> m_outbox;
    bool m_waiting = false;
    bool m_quit = false;
    std::atomic<bool> m_calling = false; // a command waits or the end has come; saves the lock

    std::shared_ptr<const Engine> m_engine;
    std::filesystem::path m_engineFolder;    // as it was asked for
    std::shared_ptr<const Engine> m_partner; // the last that a run asked for
    std::filesystem::path m_partnerFolder;
    /// Last started; the first is the one that is shown, and kept for forks.
    std::optional<RunGroup> m_runs;
    std::chrono::steady_clock::time_point m_groupTold;
    Ticket m_seen = 0; // newest run ticket taken from the queue
    bool m_paused = false;
    std::int64_t m_stepsToPause = 0; // how many are taken before the run pauses; 0: it does not
    std::optional<StepInput> m_forcedInput; // of the next step

    std::thread m_thread; // last: it uses all of the above
};

} // namespace halftone::ui
