// Trainings in a session library: what was trained into which folder, how far it is, and its
// curves. With a connection of its own; an object is used by one thread at a time, and one process
// may read what another writes.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "store/sessionstore.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace halftone {

using TrainingId = Id<struct TrainingIdTag, std::int64_t>;

/// How far a training is, and on what.
struct TrainingState
{
    std::int64_t parameters = 0; // of the model; 0 until the first step is done
    std::string device;
    int threads = 0;
    double seconds = 0;    // spent on the steps done, over all starts
    std::int64_t step = 0; // done
    std::int64_t tokens = 0;
};

/// Of the curves. Loss and accuracy are smoothed over some twenty steps.
struct TrainingPoint
{
    std::int64_t step = 0;
    std::int64_t tokens = 0;
    double loss = 0;     // nats
    double accuracy = 0; // fraction of 1
    double rate = 0;
    double gradientNorm = 0;
    double tokensPerSecond = 0;
    bool operator==(const TrainingPoint&) const = default;
};

struct TrainingInfo
{
    TrainingId id;
    std::string name;
    std::string folder;   // absolute: where the model comes to lie
    std::string identity; // hash over what decides the weights
    std::string recipe;   // JSON
    std::string stage;
    std::int64_t steps = 0; // planned
    std::int64_t startedMs = 0;
    TrainingState state;
    RunStatus status = RunStatus::Running;
    std::string failure;                 // a sentence, when it failed
    std::optional<TrainingPoint> latest; // of its curves
};

class TrainingStore
{
public:
    /// As SessionStore::open().
    [[nodiscard]] static Result<std::unique_ptr<TrainingStore>>
    open(const std::filesystem::path&, SessionStore::Access = SessionStore::Access::ReadWrite);
    ~TrainingStore();
    TrainingStore(const TrainingStore&) = delete;
    TrainingStore& operator=(const TrainingStore&) = delete;

    /// Running from now on, written by this process. One that is resumed goes on in its own row,
    /// the newest with its folder and identity; a new one gets a new row, and so does one that the
    /// library does not know.
    [[nodiscard]] Result<TrainingId> begin(const TrainingInfo&, bool resumed);
    /// One transaction. Points that are there already from the first of these on are replaced: a
    /// resumed training goes through the steps since its checkpoint again.
    [[nodiscard]] Result<void> append(TrainingId, const TrainingState&,
                                      std::span<const TrainingPoint>);
    [[nodiscard]] Result<void> finish(TrainingId, RunStatus, const std::string& failure = {});

    /// Newest first. One whose writer died reads as Interrupted.
    [[nodiscard]] Result<std::vector<TrainingInfo>> trainings() const;
    /// Ascending.
    [[nodiscard]] Result<std::vector<TrainingPoint>> points(TrainingId) const;

private:
    struct Parts;
    explicit TrainingStore(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> m_parts;
};

} // namespace halftone
