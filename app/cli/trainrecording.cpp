#include "trainrecording.h"

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>

namespace halftone::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t mostPoints = 2000; // of a curve: more than a screen has columns
constexpr auto storeEvery = std::chrono::seconds(1);

} // namespace

TrainRecording::TrainRecording(std::unique_ptr<TrainingStore> store, const TrainRecipe& recipe,
                               const std::filesystem::path& folder, bool resumed)
    : m_store(std::move(store))
    , m_resumed(resumed)
    , m_pointSteps(std::max<std::int64_t>(1, recipe.steps / mostPoints))
    , m_checkpointSteps(recipe.checkpointSteps)
{
    std::error_code ignored;
    m_info.name = recipe.name;
    m_info.folder = std::filesystem::weakly_canonical(folder, ignored).string();
    m_info.identity = recipe.identity;
    m_info.recipe = recipe.text;
    m_info.stage = nameOf(recipe.stage);
    m_info.steps = recipe.steps;
}

Result<std::unique_ptr<TrainRecording>> TrainRecording::open(const std::filesystem::path& library,
                                                             const TrainRecipe& recipe,
                                                             const std::filesystem::path& folder,
                                                             bool resumed)
{
    auto store = TrainingStore::open(library);
    if (!store)
        return Unexpected(store.error());
    return std::unique_ptr<TrainRecording>(
        new TrainRecording(std::move(*store), recipe, folder, resumed));
}

void TrainRecording::step(const TrainProgress& progress)
{
    m_info.state = {progress.parameters, progress.device, progress.threads,
                    progress.seconds,    progress.step,   progress.tokens};
    const bool last = progress.step == progress.steps;
    if (progress.step % m_pointSteps == 0 || last)
        m_points.push_back({progress.step, progress.tokens, progress.loss, progress.accuracy,
                            progress.rate, progress.gradientNorm, progress.tokensPerSecond});
    if (last || progress.step % m_checkpointSteps == 0 || Clock::now() - m_stored >= storeEvery)
        flush();
}

Result<void> TrainRecording::store()
{
    if (m_id.value == 0) {
        const auto id = m_store->begin(m_info, m_resumed);
        if (!id)
            return Unexpected(id.error());
        m_id = *id;
    }
    return m_store->append(m_id, m_info.state, m_points);
}

void TrainRecording::flush()
{
    m_stored = Clock::now();
    if (const auto stored = store(); !stored)
        return warn(stored.error());
    m_points.clear();
}

void TrainRecording::finish(const Result<TrainProgress>& outcome)
{
    if (m_info.state.step == 0)
        return; // not even begun, or done before
    flush();
    if (m_id.value == 0)
        return;
    const bool stopped = !outcome && outcome.error().code == ErrorCode::Cancelled;
    const RunStatus status = outcome   ? RunStatus::Finished
                             : stopped ? RunStatus::Stopped
                                       : RunStatus::Failed;
    if (const auto done = m_store->finish(
            m_id, status, status == RunStatus::Failed ? outcome.error().message : std::string());
        !done)
        warn(done.error());
}

void TrainRecording::warn(const Error& error)
{
    if (!std::exchange(m_warned, true))
        std::fprintf(stderr, "halftone-cli: note: the training goes on, but its curves: %s\n",
                     error.message.c_str());
}

} // namespace halftone::cli
