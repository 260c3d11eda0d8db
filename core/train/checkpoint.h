// How far a training is, in one file that is replaced whole: weights, AdamW's moments, and the
// numbers below, from which all else follows (streams_p.h). A safetensors file: "weight.NAME",
// "first.NAME", "second.NAME" in F32 and the numbers as JSON in the bytes of "state".
#pragma once

#include "base/result.h"
#include "train/trainingmodel.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace halftone {

/// A point of the curves: after `step`, smoothed.
struct CurvePoint
{
    std::int64_t step = 0;
    std::int64_t tokens = 0;
    double loss = 0;
    double accuracy = 0;
    double rate = 0;
};

struct TrainState
{
    std::string recipe; // TrainRecipe::identity
    std::int64_t step = 0;
    std::uint64_t draw = 0;  // the next item
    std::int64_t tokens = 0; // fed so far
    double seconds = 0;      // spent so far
    double loss = 0;         // smoothed over some twenty steps
    double accuracy = 0;
    std::vector<CurvePoint> curve;
};

inline constexpr const char* checkpointName = "training-state.safetensors";

/// Fails with DiskFull, the file as it was.
[[nodiscard]] Result<void> writeCheckpoint(const std::filesystem::path& file, TrainingModel&,
                                           const TrainState&);
/// Fails with InvalidInput where the file is of another recipe or another shape, weights untouched.
[[nodiscard]] Result<TrainState> readCheckpoint(const std::filesystem::path& file, TrainingModel&,
                                                const std::string& recipe);

} // namespace halftone
