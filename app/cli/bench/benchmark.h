// Measures a model: how fast it reads prompts, decodes at several lengths of context, records,
// feeds mixtures and advances many sequences at once, and what memory that takes.
//
// Speeds are by the wall. Ratios are of what was measured side by side, because a machine's speed
// changes by the second, and by processor time where the model computes in one thread.
#pragma once

#include "bench/plan.h"
#include "bench/workbench.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace halftone::cli {

struct PrefillFigures
{
    std::int64_t tokens = 0;
    Quartiles tokensPerS;
};

struct DecodeFigures
{
    std::int64_t context = 0; // tokens before the first step
    Quartiles tokensPerS;
    /// Weights read by a step, over what the stream probe read just before and after it. Absent
    /// where it is not known what a step reads, as on a GPU.
    std::optional<Quartiles> shareOfStream;
    PhaseSamples phases;
    std::vector<double> streamGbPerS; // every reading
};

/// Runs without recording against runs with, whole ones: storing the last steps counts.
struct RecordingFigures
{
    std::int64_t runs = 0;  // of each kind
    std::int64_t steps = 0; // of a run
    Quartiles plainTokensPerS;
    Quartiles recordedTokensPerS;
    Quartiles stepTimes; // a recorded step's time over a plain one's
    double cpuUs = 0;    // processor time a step, all threads of the program
    double recordedCpuUs = 0;
    PhaseSamples recordedPhases;
    double closeMs = 0; // storing the last steps and closing the run
};

/// Steps that feed a mixture against steps that feed a token.
struct SoftFigures
{
    Quartiles tokensPerS;
    Quartiles stepTimes; // a soft step's time over a discrete one's
};

/// Sequences that advance together.
struct BatchFigures
{
    std::int64_t sequences = 0;
    Quartiles tokensPerS; // of all sequences
    Quartiles stepTimes;  // a step of all of them over a step of one
};

/// Vectors tried at the same position, as a probe tries a mixture and its parts.
struct ProbeFigures
{
    std::int64_t vectors = 0;
    Quartiles stepTimes; // over one forward pass
};

struct Benchmark
{
    BenchmarkPlan plan; // as it fits the model
    ModelIdentity model;
    std::int64_t weightBytesPerToken = 0; // 0: unknown
    std::optional<double> streamGbPerS;
    std::vector<PrefillFigures> prefill;
    std::vector<DecodeFigures> decode;
    std::optional<RecordingFigures> recording;
    std::optional<SoftFigures> soft;
    std::vector<BatchFigures> batch;
    std::vector<ProbeFigures> probes;
    std::int64_t peakMemoryBytes = 0; // of the process, without the stream probe's
};

/// Records into a library in the folder for temporary files, removed afterwards. Fails with
/// InvalidArgument when the plan does not fit the context, and with Cancelled after Ctrl-C.
[[nodiscard]] Result<Benchmark> benchmark(const Engine&, const BenchmarkPlan&);

// The parts of it.
[[nodiscard]] Result<std::vector<PrefillFigures>> measurePrefill(const Workbench&);
[[nodiscard]] Result<DecodeFigures> measureDecode(const Workbench&, std::int64_t context);
[[nodiscard]] Result<RecordingFigures> measureRecording(const Workbench&);
[[nodiscard]] Result<SoftFigures> measureSoftSteps(const Workbench&);
[[nodiscard]] Result<std::vector<BatchFigures>> measureBatches(const Workbench&);
[[nodiscard]] Result<std::vector<ProbeFigures>> measureProbes(const Workbench&);

} // namespace halftone::cli
