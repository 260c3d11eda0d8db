// What `halftone-cli bench` is asked to measure, and what of it a model has room for.
#pragma once

#include "base/result.h"
#include "trace/runinfo.h"

#include <cstdint>
#include <string>
#include <vector>

namespace halftone::cli {

struct BenchmarkPlan
{
    std::string mode = "discrete";
    std::vector<std::string> parts;                       // of benchmarkParts(); empty: all
    std::vector<std::int64_t> prefill = {128, 512, 2048}; // tokens of a prompt
    std::vector<std::int64_t> contexts = {0, 1024, 4096}; // tokens before the first step
    std::vector<std::int64_t> batches = {1, 2, 4, 8, 16, 32};
    std::int64_t steps = 64; // of a run
    int rounds = 5;          // samples of each figure, at least
    double seconds = 0.5;    // that each figure's samples take together, at least

    // What the model's context is too small for.
    std::vector<std::int64_t> prefillWithoutRoom;
    std::vector<std::int64_t> contextsWithoutRoom;

    [[nodiscard]] bool measures(const std::string& part) const;
    /// Whether `samples` that took `elapsedSeconds` together do. Fewer do where each takes long.
    [[nodiscard]] bool enough(std::size_t samples, double elapsedSeconds) const;
};

/// "prefill", "decode", "recording", "soft", "batch", "probes"
[[nodiscard]] const std::vector<std::string>& benchmarkParts();

/// Tokens of a prompt that a context is made of: a run cannot start from none.
[[nodiscard]] std::int64_t promptTokens(std::int64_t context);

/// `plan` with what does not fit the model's context set aside, lists in ascending order. Fails
/// with InvalidArgument when nothing that was asked for fits.
[[nodiscard]] Result<BenchmarkPlan> fitted(BenchmarkPlan plan, const ModelIdentity&);

} // namespace halftone::cli
