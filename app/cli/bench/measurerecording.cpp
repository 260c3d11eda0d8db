// What recording costs.
#include "bench/benchmark.h"
#include "store/runrecorder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace halftone::cli {

namespace fs = std::filesystem;

namespace {

// Starting and closing a run costs the same for any number of steps: short runs would be measured
// by that.
constexpr double runSeconds = 0.1;
constexpr std::int64_t mostSteps = 256;
constexpr std::string_view part = "Measuring recording";

/// A folder that is gone with this object.
class TemporaryFolder
{
public:
    [[nodiscard]] static Result<TemporaryFolder> make()
    {
        std::error_code error;
        const fs::path parent = fs::temp_directory_path(error);
        std::string name = (parent / "halftone-bench-XXXXXX").string();
        if (error || ::mkdtemp(name.data()) == nullptr)
            return failure(ErrorCode::InvalidInput,
                           "No folder for the measured library can be made in " + parent.string() +
                               "; set TMPDIR to one that can be written.");
        return TemporaryFolder(name);
    }
    TemporaryFolder(TemporaryFolder&& other) noexcept
        : m_path(std::exchange(other.m_path, {}))
    {
    }
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    ~TemporaryFolder()
    {
        std::error_code ignored;
        if (!m_path.empty())
            fs::remove_all(m_path, ignored);
    }
    [[nodiscard]] fs::path library() const { return m_path / "library.sqlite"; }

private:
    explicit TemporaryFolder(fs::path path)
        : m_path(std::move(path))
    {
    }
    fs::path m_path;
};

/// Runs of one kind.
struct Kind
{
    bool recorded = false;
    std::vector<double> cpuUs = {}; // a step, of each run
    std::vector<double> closeMs = {};
    PhaseSamples phases = {};
};

/// A whole run, timed by the wall from its second step until its last is stored: the prefill gave
/// the first one's logits.
Result<Lap> runOnce(const Workbench& bench, std::int64_t steps, const fs::path& library, Kind& kind)
{
    RunSettings settings = bench.settings();
    settings.maxSteps = steps;
    const auto session = bench.session(settings, bench.plan().contexts.front());
    if (!session)
        return Unexpected(session.error());
    std::unique_ptr<RunRecorder> recorder;
    if (kind.recorded) {
        auto started = RunRecorder::start(library, (*session)->describe(), bench.engine().tokens());
        if (!started)
            return Unexpected(started.error());
        recorder = std::move(*started);
        (*session)->setObserver(recorder.get());
    }
    if (const auto first = (*session)->step(); !first)
        return Unexpected(first.error());
    const Stopwatch watch(false);
    const double processorBegin = processorSeconds();
    while (!(*session)->finished()) {
        if (auto wanted = bench.goOn(part); !wanted)
            return Unexpected(wanted.error());
        const auto step = (*session)->step();
        if (!step)
            return Unexpected(step.error());
        kind.phases.add((*step)->times);
    }
    if (recorder) {
        const Stopwatch closing(false);
        if (auto closed = recorder->finish(RunStatus::Finished, (*session)->stopReason(),
                                           (*session)->timings());
            !closed)
            return Unexpected(closed.error());
        kind.closeMs.push_back(1000 * closing.wallSeconds());
    }
    Lap lap;
    lap.steps = static_cast<double>((*session)->steps().size() - 1);
    if (lap.steps == 0)
        return nothingToMeasure(**session);
    lap.elapsed = watch.elapsed();
    kind.cpuUs.push_back(1e6 * (processorSeconds() - processorBegin) / lap.steps);
    return lap;
}

} // namespace

Result<RecordingFigures> measureRecording(const Workbench& bench)
{
    const auto folder = TemporaryFolder::make();
    if (!folder)
        return Unexpected(folder.error());
    Kind warmUp{.recorded = true};
    std::int64_t steps = bench.plan().steps;
    const auto lap = runOnce(bench, steps, folder->library(), warmUp);
    if (!lap)
        return Unexpected(lap.error());
    const std::int64_t room =
        bench.model().cache.contextLimit - promptTokens(bench.plan().contexts.front());
    const auto filling = static_cast<std::int64_t>(runSeconds * lap->steps / lap->elapsed.wall);
    steps = std::max(steps, std::min({filling, mostSteps, room}));

    Kind plain;
    Kind recorded{.recorded = true};
    const auto standings =
        compare(bench, part,
                {[&] { return runOnce(bench, steps, folder->library(), plain); },
                 [&] { return runOnce(bench, steps, folder->library(), recorded); }});
    if (!standings)
        return Unexpected(standings.error());
    return RecordingFigures{.runs = std::ssize(plain.cpuUs),
                            .steps = steps,
                            .plainTokensPerS = standings->front().stepsPerS,
                            .recordedTokensPerS = standings->back().stepsPerS,
                            .stepTimes = standings->back().stepTimes,
                            .cpuUs = median(plain.cpuUs),
                            .recordedCpuUs = median(recorded.cpuUs),
                            .recordedPhases = recorded.phases,
                            .closeMs = median(recorded.closeMs)};
}

} // namespace halftone::cli
