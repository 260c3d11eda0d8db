// The window's only way to the engine: commands go to one engine thread, results come back as
// signals on the UI thread. Loads no library until the first loadModel().
//
// While the engine thread works, it appends what happens to an outbox under a short lock, and a
// timer here empties it about 30 times a second; there is never a signal per step, and at rest
// nothing ticks. Every run is stored as it grows. Of a run that is replaced the end is told before
// the next one starts, and nothing of it comes later.
//
// Several runs of the same settings go on together (RunGroup): commands are for all of them, steps
// are told of the first, ends of each.
//
// While a plan is evaluated the engine thread does nothing else: what needs it is refused at once,
// with a sentence, instead of waiting for hours.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "bridge/stepquestion.h"
#include "engine/engine.h"
#include "eval/plan.h"
#include "reasoning/runsettings.h"
#include "runs/grouptotals.h"
#include "store/evaluationstore.h"
#include "trace/runinfo.h"
#include "trace/stepinput.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace halftone::ui {

struct RunRequest
{
    std::optional<SessionId> session; // absent: a new session, named after the prompt
    QString prompt;
    RunSettings settings;
    int count = 1;   // runs of these settings at once, with the seeds that follow
    QString partner; // folder of the second model, for modes that take two; else empty
};

struct ForkRequest
{
    StepIndex step;                      // of the run that is shown
    std::optional<StepInput> input;      // fed at that step instead of what was decided
    std::optional<RunSettings> settings; // from that step on
    QString change;                      // a sentence for the library
};

struct PlanRequest
{
    std::vector<EvaluationPlan> plans; // one for each data set; not none
    QString model;                     // folder
    std::optional<std::string> type;   // of its weights, as in ModelOptions; none: as in memory
    QString partner;                   // folder; empty where the plan has none
    bool resume = false;               // goes on with the newest evaluation of the plan
    EvaluationId resumed;              // or with this one; 0: the newest
};

/// The model in memory.
struct LoadedModel
{
    QString folder; // as given to loadModel(), and so is the type
    QString type;
    ModelIdentity identity;
    std::shared_ptr<const TokenTable> tokens;
    bool hasTokenizer = false;
};

/// A run as it begins: for a fork, with the steps it shares with its parent.
struct StartedRun
{
    RunInfo info;
    std::shared_ptr<const TokenTable> tokens;
    std::vector<StepRecord> shared;
    int count = 1; // runs of its group; this is the first
};

/// Makes an engine of a folder, on the engine thread. `type` as in ModelOptions.
using EngineLoader = std::function<Result<std::shared_ptr<const Engine>>(
    const std::filesystem::path& folder, const std::string& type, const ProgressFn&,
    const CancelToken&)>;

class EngineController : public QObject
{
    Q_OBJECT

public:
    enum class Activity
    {
        Idle,
        Loading,
        Prefilling,
        Running,
        Paused,
        Evaluating
    };
    Q_ENUM(Activity)

    /// Runs are stored in the library at `library`.
    explicit EngineController(std::filesystem::path library, QObject* parent = nullptr);
    /// With engines of another make: tests need no weights.
    EngineController(std::filesystem::path library, EngineLoader loader, QObject* parent = nullptr);
    /// Stops the run or the evaluation at the next token boundary, stores what is left, joins the
    /// thread.
    ~EngineController() override;

    [[nodiscard]] Activity activity() const { return m_activity; }
    /// Null before the first model is loaded.
    [[nodiscard]] std::shared_ptr<const LoadedModel> model() const { return m_model; }

    /// A run that goes on is stopped first. When loading fails the model before stays. `type`: what
    /// its weights are computed from; empty: what they are stored in.
    void loadModel(const QString& folder, const QString& type = {});
    void cancel(); // of loading, prefill or evaluation
    /// Needs a model, in memory or on its way. Replaces a run that goes on, unless prompt or
    /// settings are refused.
    void start(const RunRequest&);
    /// Prefills, takes one step and pauses; while paused, takes one more.
    void startPaused(const RunRequest&);
    void stepOnce();
    void pause();
    void resume();
    void stop();
    /// Mode and parameters of the run that goes on, from its next step on; see Session::change().
    void change(const std::string& mode, const ParameterValues& parameters);
    /// Forks the run last started here, sharing its cache. With `paused` it stops after the first
    /// own step.
    void fork(const ForkRequest&, bool paused = false);
    /// Forks a stored run: feeds its prompt and its steps again first. The model must be the same
    /// (by fingerprint), else failed() says so.
    void forkStored(const RunInfo& parent, std::vector<StepRecord> steps, const ForkRequest&,
                    bool paused = false);

    /// A question about a step of a run, answered in its turn between the engine's other work. Of a
    /// run that is not the last started here the model must be in memory, or on its way, and
    /// `steps` begin at decision 0 and go as far as the answer does. Replaces a question that is
    /// not yet answered; another run or model and stop() drop it.
    void ask(const RunInfo& run, std::vector<StepRecord> steps, const StepQuestion&);
    void cancelQuestion();

    /// While nothing goes on, a paused run aside. Loads the plan's model beside the one in memory
    /// where it is another, for as long as it is evaluated; see core/eval/planrun.h for the rest.
    void evaluate(const PlanRequest&);
    [[nodiscard]] bool canEvaluate() const;

Q_SIGNALS:
    void activityChanged(halftone::ui::EngineController::Activity activity);
    /// `total` 0: unknown.
    void progressed(const QString& stage, quint64 done, quint64 total);
    void modelLoaded(std::shared_ptr<const halftone::ui::LoadedModel> model);
    void runStarted(std::shared_ptr<const halftone::ui::StartedRun> run);
    void stepsAvailable(halftone::RunId run,
                        std::shared_ptr<const std::vector<halftone::StepRecord>> steps);
    /// Its settings, by change().
    void runChanged(const halftone::RunInfo& info);
    /// Ended, by itself, by the user or by an error (which failed() tells as well).
    void runEnded(const halftone::RunInfo& info);
    /// What the runs of a group of several did so far; once more when the last has ended.
    void groupAdvanced(const halftone::GroupTotals& totals);
    /// A sentence for the user.
    void failed(const QString& message);

    /// Each question ends with an answer or a failure, whose message is empty when it was dropped.
    void questionAsked(const halftone::ui::StepQuestion& question);
    void questionProgressed(const QString& stage, quint64 done, quint64 total);
    void questionAnswered(std::shared_ptr<const halftone::ui::StepAnswer> answer);
    void questionFailed(const QString& message);

    /// In samples of all data sets of the plan, those of an earlier time that it goes on with
    /// included.
    void evaluationProgressed(quint64 done, quint64 total);
    /// Each evaluate() ends with this. `message` is empty when all is done, else says why not; what
    /// was stored can be resumed.
    void evaluationEnded(const QString& message);

private:
    class Worker;
    struct Inbox;
    void drain();
    void beginRun();
    void endQuestion(const QString& message);
    void setActivity(Activity activity);
    /// Tells why when an evaluation goes on.
    bool refuse();

    Activity m_activity = Activity::Idle;
    std::shared_ptr<const LoadedModel> m_model;
    std::uint64_t m_loadTicket = 0; // of the newest load asked for
    std::uint64_t m_runTicket = 0;  // of the newest run asked for
    CancelToken m_cancelLoad;
    CancelToken m_cancelRun;
    std::uint64_t m_question = 0; // number of the newest
    bool m_asking = false;
    CancelToken m_cancelQuestion;
    CancelToken m_cancelEvaluation;
    QTimer m_drainTimer;
    std::unique_ptr<Inbox> m_inbox; // taken from the worker, not yet told
    std::unique_ptr<Worker> m_worker;
};

} // namespace halftone::ui
