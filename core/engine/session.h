// One generation: KV cache, step rule and its counters, and the records of all steps so far.
//
// A step is one decision. `step()` feeds the input decided last (if it was not fed yet), looks at
// the logits, decides what to feed next, records that and hands the record to the observer. The
// decided input is fed lazily, by the step that needs its logits, so a finished run wastes no
// forward pass.
//
// Phases. Auto starts thinking when the prompt's last think marker is an open one, or, in a mode
// other than discrete, when the prompt has no closed one. From then on a fed <think> starts and a
// fed </think> ends the thinking, forced or sampled alike. In the answer every mode draws tokens by
// the answer's own settings, so no mode goes soft again there. A token or mixture whose heaviest
// component is an end token ends the run.
//
// A step is a function of the seed, its number, the logits and what its record says of counters
// and queue. So a run that is rewound, forked or resumed at any step and continued gives the bits
// of the uninterrupted one; only the input before that step is fed again.
//
// A run may have a partner, a second model of the same tokens. A mode that takes turns says which of
// the two decides a step; each reads what the other wrote when its turn comes.
//
// Engine thread only, except requestStop(). After an error from the model (a failed forward pass,
// logits that are not numbers, no memory) the session is poisoned: every call but rewind() returns
// that error, and rewind(nextStep()) tries again.
#pragma once

#include "base/ids.h"
#include "base/progress.h"
#include "base/result.h"
#include "reasoning/runsettings.h"
#include "trace/runinfo.h"
#include "trace/stepinput.h"
#include "trace/stepobserver.h"
#include "trace/steprecord.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace halftone {

class Engine;

class Session
{
public:
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Feeds the prompt in fixed chunks; once, and before the first step. Fails with
    /// InvalidArgument (empty prompt, an id outside the vocabulary, longer than the context),
    /// Cancelled (it can be fed again then).
    [[nodiscard]] Result<void> prefill(std::span<const TokenId> prompt, const ProgressFn& = {},
                                       const CancelToken& = {});

    /// Takes the next decision. The record is the session's and valid until the next call. Fails
    /// with InvalidArgument when finished() or not prefilled. Null when the rule was trying
    /// continuations before the step and requestStop() was called: no step was taken then, and the
    /// run has ended.
    [[nodiscard]] Result<const StepRecord*> step();
    /// The same with the input set by a person: a token, or a mixture whose weights are normalised
    /// here (a recorded one stays as it is, to the bit). Recorded as forced. While ids are still to
    /// be fed by force, it takes the place of the first of them.
    [[nodiscard]] Result<const StepRecord*> stepWith(const StepInput&);
    /// Takes recorded decisions again without deciding: feeds their inputs one by one, as they were
    /// fed, and counts them as steps, so that the session stands where the record ends. They must
    /// follow on the steps so far. The observer is not told. On failure nothing was resumed.
    [[nodiscard]] Result<void> resume(std::span<const StepRecord> recorded, const ProgressFn& = {},
                                      const CancelToken& = {});

    /// The logits [V] from which the next decision is taken, as the model gives them: the one that
    /// is asked first, where there is a partner. Feeds the input decided last, if it was not fed
    /// yet, and decides nothing. Valid until the next call; fails as step() does.
    [[nodiscard]] Result<std::span<const float>> nextLogits();
    /// The probe of RunSettings::probe for one decision of this run after it was taken, on a copy
    /// of the cache: this session stays as it is. `step` must follow on steps that are here. Fails
    /// with InvalidArgument where no mixture was fed.
    [[nodiscard]] Result<MixtureProbe> probe(const StepRecord& step) const;

    /// Forgets all decisions from `step` on; the next step() takes that decision again. A finished
    /// run can go on after it, from nextStep() too.
    [[nodiscard]] Result<void> rewind(StepIndex step);
    /// From the next step on: another mode (empty: the same) and other parameters, the rest as it
    /// is. Becomes a segment of the settings' schedule, so that the run is replayed with it. Fails
    /// with InvalidArgument, and changes nothing, before the first step and for bad values.
    [[nodiscard]] Result<void> change(const std::string& mode, const ParameterValues&);
    /// A session of its own that stands before decision `step` of this one, with a copy of the
    /// cache up to there: no second prefill. `settings` replaces this session's when given (another
    /// mode, another seed); counters of a different mode start anew.
    [[nodiscard]] Result<std::unique_ptr<Session>>
    fork(StepIndex step, const std::optional<RunSettings>& settings = {}) const;

    /// From any thread: the step in progress, else the next one, is the last, and the run ends with
    /// StopReason::User. The step itself is as it would have been.
    void requestStop() noexcept;

    /// Cancelled by any thread, it asks for a stop as requestStop() does, but only while a step's
    /// trials go on, which may take long: what lets a stop not wait for them.
    void setTrialCancel(CancelToken);

    /// Null costs nothing.
    void setObserver(StepObserver*) noexcept;

    [[nodiscard]] bool finished() const; // no further step() is possible
    [[nodiscard]] StopReason stopReason() const;
    [[nodiscard]] const RunSettings& settings() const; // completed
    [[nodiscard]] const std::vector<TokenId>& prompt() const;
    [[nodiscard]] const std::vector<StepRecord>& steps() const;
    [[nodiscard]] StepIndex nextStep() const;
    [[nodiscard]] const RunTimings& timings() const;
    [[nodiscard]] const Engine& engine() const;
    [[nodiscard]] const Engine* partner() const; // null: none
    /// The facts of the run for a library: model, settings, prompt ids, program. Its text, times
    /// and outcome are the caller's to add.
    [[nodiscard]] RunInfo describe() const;

private:
    friend class Engine;
    friend Result<void> feedTogether(std::span<Session* const>);
    class State;
    explicit Session(std::unique_ptr<State>);
    [[nodiscard]] static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Engine>,
                                                                 std::shared_ptr<const Engine> partner,
                                                                 const RunSettings&);
    std::unique_ptr<State> m_state;
};

/// Whether a person set the recorded input (Session::stepWith()), rather than a rule or its queue.
[[nodiscard]] bool setByHand(const StepRecord&);

} // namespace halftone
