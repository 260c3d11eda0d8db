// One decision of a run with all that was known when it was taken. Plain data: values cross
// threads, go to the store and come back equal. A step can be rebuilt exactly from its record:
// feeding the recorded inputs again gives the recorded distributions, and (rng, ruleState,
// forcedQueue) let the decision itself be taken again.
//
// Units: probabilities are fractions of 1; entropies are nats, varentropy nats^2, over the
// distribution that the field names; times are nanoseconds of one monotonic clock.
#pragma once

#include "base/ids.h"
#include "base/rng.h"
#include "cache/accounting.h"
#include "trace/stepinput.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class Phase : std::uint8_t
{
    Prompt,
    Think,
    Answer
};

/// Why a run ended; None while it goes on.
enum class StopReason : std::uint8_t
{
    None,
    EndToken,    // the model said its end token
    MaxSteps,    // the run's own limit
    ContextFull, // no column left in the KV cache
    User,        // asked to stop
    SwitchLimit, // the mode switched as often as it may and has given its answer
    StopText,    // the text ends with one of the run's stop strings
};

enum class EventKind : std::uint8_t
{
    ThinkingStarted, // a think marker was fed
    ThinkingEnded,   // by the model's end-of-thinking marker, or as the mode says
    ColdStop,        // low entropy for long enough: the thinking was ended
    Forced,          // a queued id was fed instead of the rule's decision
    ModeSwitched,    // from here on another mode decides, or the mode decides in another way
    ByHand,          // a person set the input
    Budget,          // the thinking budget is used up: the thinking was ended
    Injected,        // the rule queued ids that are fed by force after this step
    Trials,          // continuations were tried on forks of the cache; the detail says which won
    HandOver,        // from here on the other model decides
    Guided,          // a predictor of the remaining length re-weighted the distribution
    Region,          // the step's place in the plane of entropy and varentropy changed the draw
};

struct StepEvent
{
    EventKind kind = EventKind::Forced;
    std::string detail; // a phrase for a person: "entropy below 0.01 nats for 256 steps"
    bool operator==(const StepEvent&) const = default;
};

/// One row of the candidate table. Three different quantities that are never to be mixed up.
struct Candidate
{
    TokenId id;
    float raw = 0;      // softmax of the logits, T = 1, full vocabulary
    float filtered = 0; // after temperature and filters, renormalised; 0 when filtered out
    float mixture = 0;  // weight in the fed input, 1 for a token; 0 when not part of it
    bool operator==(const Candidate&) const = default;
};

/// A token whose embedding points where the fed vector does.
struct NearestToken
{
    TokenId id;
    float cosine = 0; // of the angle between them
    bool operator==(const NearestToken&) const = default;
};

/// How far the distribution after a mixture is from those after its parts: the single-thread probe
/// (Wu et al., "LLMs are Single-threaded Reasoners"). Jensen-Shannon divergences in nats, 0 to
/// ln 2, over the full vocabulary, all at T = 1. Measured beside the run: it changes nothing.
struct MixtureProbe
{
    float top1 = 0;    // to what follows the heaviest component alone
    float top2 = 0;    // to what follows the second heaviest alone
    float average = 0; // to sum p_i Q_i, the weighted mean of what follows each component
    float parts = 0;   // between what follows the heaviest and the second heaviest
    bool operator==(const MixtureProbe&) const = default;
};

struct StepTimes
{
    std::int64_t forwardNs =
        0;                     // the forward pass that gave this step's logits (0: the prefill did);
                               // of runs that advance together, an equal share
    std::int64_t logitsNs = 0; // log-sum-exp, entropy, candidates
    std::int64_t decideNs = 0; // filters, draw, mixture
    std::int64_t recordNs = 0; // making the record, up to where it is handed over
    bool operator==(const StepTimes&) const = default;
};

struct StepRecord
{
    StepIndex step;
    Position position; // where `input` is fed; the first step after n prompt ids has position n
    Phase phase = Phase::Answer; // in which the decision was taken
    std::string mode;            // name of the mode that decided
    std::int32_t segment = 0;    // of the run's schedule; 0 without one
    std::int32_t model = 0;      // that gave the distribution: 0 the run's own, 1 its partner

    StepInput input;
    TokenId sampled;     // what the trace's text shows: the drawn token, or a mixture's heaviest
    bool forced = false; // set by a person or a rule instead of the distribution

    // The raw distribution: T = 1, full vocabulary, nothing filtered.
    double entropy = 0;
    double varentropy = 0;
    double pMax = 0;
    double effectiveTokens = 1;        // exp(entropy)
    double residualMass = 0;           // 1 minus the raw mass of `candidates`
    std::vector<Candidate> candidates; // the top k by raw probability, then any fed id beyond them

    // The distribution after temperature and filters.
    double scaledEntropy = 0;   // temperature applied, nothing filtered: what cold stop watches
    double filteredEntropy = 0; // temperature and filters applied
    std::int64_t filteredSupport = 0; // tokens left by the filters

    double mixtureEntropy = 0; // of the fed weights; 0 for a token
    double inputNormRatio = 0; // length of the fed embedding over the table's mean row length
    std::vector<NearestToken> nearest;  // of a fed hidden state, by descending cosine
    std::optional<MixtureProbe> probe; // of a fed mixture, when asked for

    std::vector<StepEvent> events;
    StopReason stop = StopReason::None; // on the last step of a run that ended by itself

    RngKey rng;
    std::vector<double> ruleState;    // the mode's counters before the decision
    std::vector<TokenId> forcedQueue; // ids still to be fed by force before the decision

    CacheUsage cache; // when the decision was taken: `position` rows
    StepTimes times;
};

/// Equal in everything but times and probe: what `replay --verify` asks of two runs.
[[nodiscard]] bool sameDecision(const StepRecord& a, const StepRecord& b);
/// Names the first field in which two records differ, with both values: "entropy 0.6931 against
/// 0.6932". Empty when sameDecision().
[[nodiscard]] std::string describeDifference(const StepRecord& a, const StepRecord& b);

// Names as they stand in JSON, CSV and the store.
[[nodiscard]] std::string_view name(InputKind);
[[nodiscard]] std::string_view name(Phase);
[[nodiscard]] std::string_view name(StopReason);
[[nodiscard]] std::string_view name(EventKind);

} // namespace halftone
