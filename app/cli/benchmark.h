// Measures an engine without and with recording. A round is as many pairs of runs, one without and
// one with, as take half a second each way; they take turns at going first, so that a machine that
// grows slower favours neither. What recording costs is the median of the rounds, and in a round
// the median of its pairs' ratios: other programs disturb some pairs, seldom most.
#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace halftone::cli {

struct BenchmarkPlan
{
    std::string mode = "discrete";
    std::int64_t promptTokens = 0; // 0: a quarter of the context, at most 128
    std::int64_t steps = 0;        // of a run; 0: what the context has left, at most 256
    int rounds = 9;
};

/// Medians over all steps, microseconds.
struct PhaseTimes
{
    double forwardUs = 0;
    double logitsUs = 0;
    double decideUs = 0;
    double recordUs = 0;
};

struct Benchmark
{
    BenchmarkPlan plan;    // with the numbers in force
    std::int64_t runs = 0; // of each kind, in all rounds
    ModelIdentity model;
    std::string type; // what the weights are computed in
    double prefillTokensPerS = 0;
    double decodeTokensPerS = 0;
    double recordedTokensPerS = 0; // storing the last steps included
    /// Of the time of a recorded step: median of the rounds, and their quartiles.
    double recordingShare = 0;
    double recordingShareLow = 0;
    double recordingShareHigh = 0;
    double cpuUs = 0; // processor time a step, all threads of the program
    double recordedCpuUs = 0;
    PhaseTimes phases;
    PhaseTimes recordedPhases;
    double closeMs = 0; // storing the last steps and closing the run
    std::int64_t weightBytesPerToken = 0;
    double decodeGbPerS = 0; // weights alone
    double streamGbPerS = 0;
    std::int64_t peakMemoryBytes = 0; // of the process, before the stream was measured
};

/// Records into a library in the folder for temporary files, removed afterwards. Fails with
/// InvalidArgument when the plan does not fit the context, and with Cancelled after Ctrl-C.
[[nodiscard]] Result<Benchmark> benchmark(const Engine&, const std::filesystem::path& modelFolder,
                                          BenchmarkPlan);

} // namespace halftone::cli
