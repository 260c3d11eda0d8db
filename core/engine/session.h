// One generation: KV cache, step rule and its counters, and the records of all steps so far.
//
// A step is one decision. `step()` feeds the input decided last (if it was not fed yet), looks at
// the logits, decides what to feed next, records that and hands the record to the observer. The
// decided input is fed lazily, by the step that needs its logits, so a finished run wastes no
// forward pass.
//
// Engine thread only, except requestStop(). After an error from the model the session is poisoned:
// every call but rewind() returns that error.
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
    /// Cancelled.
    [[nodiscard]] Result<void> prefill(std::span<const TokenId> prompt, const ProgressFn& = {},
                                       const CancelToken& = {});

    /// Takes the next decision. The record is the session's and valid until the next call. Fails
    /// with InvalidArgument when finished() or not prefilled.
    [[nodiscard]] Result<const StepRecord*> step();
    /// The same with the input set by a person: a token, or a mixture whose weights are normalised
    /// here. Recorded as forced.
    [[nodiscard]] Result<const StepRecord*> stepWith(const StepInput&);
    /// Takes recorded decisions again without deciding: feeds their inputs and counts them as
    /// steps, so that the session stands where the record ends. The observer is not told.
    [[nodiscard]] Result<void> resume(std::span<const StepRecord> recorded, const ProgressFn& = {},
                                      const CancelToken& = {});

    /// Forgets all decisions from `step` on; the next step() takes that decision again.
    [[nodiscard]] Result<void> rewind(StepIndex step);
    /// A session of its own that stands before decision `step` of this one, with a copy of the
    /// cache up to there: no second prefill. `settings` replaces this session's when given (another
    /// mode, another seed); counters of a different mode start anew.
    [[nodiscard]] Result<std::unique_ptr<Session>>
    fork(StepIndex step, const std::optional<RunSettings>& settings = {}) const;

    /// From any thread: the next step() ends the run with StopReason::User.
    void requestStop() noexcept;

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

private:
    friend class Engine;
    struct State;
    explicit Session(std::unique_ptr<State>);
    std::unique_ptr<State> m_state;
};

} // namespace halftone
