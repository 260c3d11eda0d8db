// How a mode of reasoning decides. A rule sees logits and read-only state and returns the next
// input with its reasons. It is immutable: what it must remember between steps are counters that
// the session keeps, records with every step and puts back on rewind and fork, so that a decision
// is a function of its record. Each mode is one file beside this one, listed in modes.h.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "base/rng.h"
#include "sampling/filters.h"
#include "sampling/logitspass.h"
#include "trace/stepinput.h"
#include "trace/steprecord.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace halftone {

/// Ids with a meaning, from the model folder. Any may be absent.
struct TokenMarkers
{
    std::optional<TokenId> thinkStart; // <think>
    std::optional<TokenId> thinkEnd;   // </think>
    std::vector<TokenId> endTokens;    // end of text, end of turn

    [[nodiscard]] bool isEnd(TokenId) const;
};

/// What a rule sees. Engine thread; valid during the call.
struct StepContext
{
    LogitsPass& row; // the logits [vocabulary], with the run's biases and penalties applied; one at
                     // least is finite
    const LogitsSummary& raw; // of the logits as the model gave them, at T = 1
    StepIndex step;
    Phase phase;
    const TokenMarkers& markers;
    std::span<const float> hidden; // [embedding size], the last norm's output of which the logits
                                   // were made; empty unless the rule asked for it
    const StepRecord* previous = nullptr; // null at the first step
    std::span<const TokenId> history;     // what the text shows of the steps so far, no prompt
    std::int64_t maxSteps = 0;            // of the run

    [[nodiscard]] std::span<const float> logits() const { return row.logits(); }
};

/// Streams of a step's random numbers (RngKey::stream). Trial t of a step draws from trialStream +
/// t.
inline constexpr std::uint32_t tokenStream = 0;
inline constexpr std::uint32_t noiseStream = 1;   // Gaussian noise on the fed vector
inline constexpr std::uint32_t weightsStream = 2; // noise on a mixture's weights
inline constexpr std::uint32_t trialStream = 1024;

/// A rule's wish to look ahead: that many continuations from before this step, each decided by the
/// rule itself after follow(), until a token in `stops` was drawn or `maxLength` steps were taken.
/// Then the rule judges them.
struct TrialRequest
{
    int count = 0;
    std::int64_t maxLength = 0;
    const std::vector<bool>* stops =
        nullptr;                // by id; the rule's, which outlives the step; null: none
    bool rawPerplexity = false; // p of the raw distribution instead of the filtered one
};

struct TriedContinuation
{
    std::vector<TokenId> tokens; // of its own steps
    double perplexity = 0;       // exp(mean -ln p)
};

/// Which trial the run goes on as, from 1; 0: as none of them. And why, in words.
struct TrialVerdict
{
    int number = 0;
    std::string reason;
};

/// What a rule answers. Storage is reused between steps: a rule is given it cleared.
struct Decision
{
    StepInput input;
    TokenId sampled;          // what the trace's text shows: drawn, or a mixture's heaviest
    bool forced = false;      // by the rule, against the distribution
    Distribution filtered;    // what the filters left, of which the input was made
    double scaledEntropy = 0; // temperature applied, nothing filtered
    std::vector<StepEvent> events;
    std::vector<TokenId> enqueue;       // fed by force in the steps after this one
    std::vector<float> dense;           // not empty: feed this mixture, [vocabulary], sum 1
    std::uint32_t stream = tokenStream; // that the token was drawn from
    StopReason stop = StopReason::None; // the run ends with this step
    std::vector<WeightedToken> mixture; // room for a rule to make one in
    std::optional<TrialRequest> trials; // set: try first, then decide again
    bool again = false; // the other model shall decide this step: by the counters as they are now

    void clear();
    /// Decides for one token.
    void feed(TokenId);
    /// Decides for a mixture. Weights of 0 are left out and the rest put in order, in place; one
    /// that is left is fed as a token. They must sum to 1 to float32's precision and one must be
    /// above 0.
    void feed(std::span<WeightedToken> components);
    /// Decides for the mixture of all tokens by these weights, [vocabulary], sum 1.
    void feedDense(std::span<const double> weights);
    /// Decides for a hidden state, [embedding size]; `shown` is its readout's best token.
    void feedHidden(std::span<const float> hidden, TokenId shown);
    /// Ends the thinking with this step: feeds </think> by force, or, where the model has no such
    /// marker, only says so. `injected` follows by force.
    void endThinking(const TokenMarkers&, StepEvent reason, const std::vector<TokenId>& injected);
};

class StepRule
{
public:
    virtual ~StepRule() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// The counters at the start of a run; their number never changes.
    [[nodiscard]] virtual std::vector<double> initialState() const { return {}; }
    /// Decides one step: reads and updates `state`, draws from `rng`, fills `decision`. Called
    /// for forced steps as well, whose records show what would have been decided from; counters
    /// then move on as if it had been fed.
    virtual void decide(const StepContext&, std::span<double> state, StepRng& rng,
                        Decision& decision) const = 0;

    /// Whether the rule decides in the answer too, with counters that go on; else the mode's answer
    /// rule does.
    [[nodiscard]] virtual bool decidesAnswer() const { return false; }
    /// Whether StepContext::hidden is to be filled.
    [[nodiscard]] virtual bool needsHidden() const { return false; }
    /// Which model's logits the rule wants, given the counters before the decision: 0 the run's
    /// own, 1 its partner's. A rule may ask for one, and with Decision::again for the other.
    [[nodiscard]] virtual int modelFor(std::span<const double> /*state*/) const { return 0; }
    /// Sets the counters so that the rule's next `length` decisions are those of trial `number` (1
    /// is the first): to make the trial, and to go on like it once it has won. One model decides
    /// all of a trial.
    virtual void follow(int /*number*/, std::int64_t /*length*/, std::span<double> /*state*/) const
    {
    }
    /// Chooses among the trials that decide() asked for, and may change the counters with which it
    /// then decides again. Unless overridden: the lowest perplexity, of equals the first.
    [[nodiscard]] virtual TrialVerdict judge(std::span<const TriedContinuation>,
                                             std::span<double> state) const;
};

} // namespace halftone
