// A training's way into the library, while it goes on: its curves in batches, a second's worth at
// once and at every checkpoint. A library that cannot be written stops no training: what could not
// be stored is kept and tried again, and said once.
#pragma once

#include "base/result.h"
#include "store/trainingstore.h"
#include "train/recipe.h"
#include "train/trainer.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

namespace halftone::cli {

class TrainRecording
{
public:
    /// Stores nothing before the first step is done, so that a mistake leaves no trace. Fails as
    /// opening the library does.
    [[nodiscard]] static Result<std::unique_ptr<TrainRecording>>
    open(const std::filesystem::path& library, const TrainRecipe&,
         const std::filesystem::path& folder, bool resumed);

    /// 0 before the first step.
    [[nodiscard]] TrainingId id() const { return m_id; }
    void step(const TrainProgress&);
    void finish(const Result<TrainProgress>& outcome);

private:
    TrainRecording(std::unique_ptr<TrainingStore>, const TrainRecipe&,
                   const std::filesystem::path& folder, bool resumed);
    void flush();
    [[nodiscard]] Result<void> store();
    void warn(const Error&);

    std::unique_ptr<TrainingStore> m_store;
    TrainingInfo m_info;
    bool m_resumed;
    TrainingId m_id;
    std::int64_t m_pointSteps;           // between two points
    std::int64_t m_checkpointSteps;      // between two checkpoints
    std::vector<TrainingPoint> m_points; // not stored yet
    std::chrono::steady_clock::time_point m_stored;
    bool m_warned = false;
};

} // namespace halftone::cli
