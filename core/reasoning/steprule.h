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
    std::span<const float> logits; // [vocabulary], as the model gave them; one at least is finite
    const LogitsSummary& raw;      // of those logits at T = 1
    StepIndex step;
    Phase phase;
    const TokenMarkers& markers;
};

/// What a rule answers. Storage is reused between steps: a rule is given it cleared.
struct Decision
{
    StepInput input;
    TokenId sampled;          // what the trace's text shows; for a mixture, its heaviest component
    bool forced = false;      // by the rule, against the distribution
    Distribution filtered;    // what the filters left, of which the input was made
    double scaledEntropy = 0; // temperature applied, nothing filtered
    std::vector<StepEvent> events;
    std::vector<TokenId> enqueue; // fed by force in the steps after this one

    void clear();
    /// Decides for one token.
    void feed(TokenId);
};

/// Entropy of softmax(logits / T), nothing filtered: what a rule records as `scaledEntropy`.
[[nodiscard]] double scaledEntropy(const StepContext&, double temperature);

class StepRule
{
public:
    virtual ~StepRule() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// The counters at the start of a run; their number never changes.
    [[nodiscard]] virtual std::vector<double> initialState() const { return {}; }
    /// Decides one step: reads and updates `state`, draws from `rng`, fills `decision`. Called
    /// for forced steps as well, whose records show what would have been decided from.
    virtual void decide(const StepContext&, std::span<double> state, StepRng& rng,
                        Decision& decision) const = 0;
};

} // namespace halftone
