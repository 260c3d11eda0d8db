// A run as a soft-thinking model would leave it, made without a model: a thinking phase of
// near-certain stretches with forks between two words every so often, then a discrete answer. All
// numbers of a record agree with each other, for they come from one distribution over a small
// vocabulary. Deterministic.
#pragma once

#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace halftone::test {

struct SyntheticRun
{
    RunInfo info;
    std::shared_ptr<const TokenTable> tokens;
    std::vector<StepRecord> steps;
};

/// `thinking` soft steps, the last of them a cold stop, then `answer` discrete ones, the last with
/// the end token. `candidates` are recorded with each step.
[[nodiscard]] SyntheticRun syntheticRun(std::int64_t thinking, std::int64_t answer,
                                        int candidates = 16);

} // namespace halftone::test
