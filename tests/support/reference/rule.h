// How the references of the modes decide: plain float64 over whole probability vectors, from the
// papers' formulas, with nothing of core's sampling or reasoning but its plain settings and the
// documented random streams (StepRng), where draws have to be equal. A reference keeps its own
// counters, so that one that is once wrong stays wrong.
#pragma once

#include "referencesampling.h"
#include "trace/steprecord.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace halftone::test::reference {

/// Ids with a meaning; -1 where the model has none.
struct Ids
{
    int thinkStart = -1;
    int thinkEnd = -1;
};

/// What one decision is made of.
struct Seen
{
    std::span<const float> logits; // biases and penalties applied
    std::span<const float> raw;    // as the model gave them; empty: the same
    std::uint64_t seed = 0;
    std::int64_t step = 0;
    std::int64_t maxSteps = 1'000'000;
    bool answers = false;
    bool answeredBefore = false;   // the step before was one of the answer
    int previous = -1;             // that the step before showed
    std::span<const float> hidden; // of which the logits were made
    /// Logits after these ids, fed one after another from before this step.
    std::function<std::vector<float>(const std::vector<int>&)> after;
};

struct Decided
{
    std::vector<double> weights; // by id, of what is fed; empty: the hidden state is
    int shown = -1;
    bool forced = false;
    double noise = 0; // standard deviation over the table's RMS
    std::uint32_t stream = 0;
    double scaledEntropy = 0; // nats; what a cold stop watches
    std::vector<EventKind> events;
    std::vector<int> queue; // fed by force after this step
    bool stops = false;     // the mode ends the run

    void feed(int id);
};

class Rule
{
public:
    virtual ~Rule() = default;
    virtual Decided decide(const Seen&) = 0;
};
using RulePtr = std::unique_ptr<Rule>;

/// Ids by descending weight as float32 has it, then by id, without those of weight 0.
[[nodiscard]] std::vector<int> components(const std::vector<double>& weights);

/// Where what was fed differs from what should have been; empty when it does not. Ids exactly, in
/// their order; weights to 2^-24, twice what rounding a number up to 1 to float32 can take. `dense`
/// is the whole mixture where `input` names the heaviest of many alone.
[[nodiscard]] std::string difference(const Decided& expected, const StepInput& input,
                                     std::span<const float> dense = {});

} // namespace halftone::test::reference
