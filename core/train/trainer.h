// A training from a recipe to a model folder. Runs on the calling thread.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "train/recipe.h"
#include "train/trainingmodel.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace halftone {

struct TrainProgress
{
    std::int64_t step = 0; // done
    std::int64_t steps = 0;
    BatchLoss batch;     // of this step, before its update
    double loss = 0;     // smoothed
    double accuracy = 0; // smoothed
    double rate = 0;
    double gradientNorm = 0;    // before clipping
    std::int64_t tokens = 0;    // fed so far
    double tokensPerSecond = 0; // since this call
    double secondsLeft = 0;
    double seconds = 0;          // spent on all steps so far
    std::int64_t parameters = 0; // of the model
    std::string device;          // "cpu" or "cuda"
    int threads = 0;
};
/// Called after every step.
using TrainObserver = std::function<void(const TrainProgress&)>;

/// Trains into `folder`, which is made, and leaves a checkpoint in it every `checkpointSteps`, at
/// the end and when cancelled. With `resume` goes on from it, to the bit as if it had never stopped
/// (on the same machine, device and number of threads); without, a folder that holds a checkpoint
/// is refused. Fails with Cancelled, saying how far it is, and as its parts do; the last checkpoint
/// then stands.
[[nodiscard]] Result<TrainProgress> train(const TrainRecipe&, const std::filesystem::path& folder,
                                          bool resume, const TrainObserver&, const CancelToken&);

} // namespace halftone
