#include "benchmark.h"

#include "base/counted.h"
#include "format/modelfolder.h"
#include "generation.h"
#include "interrupt.h"
#include "longcall.h"
#include "model/modelconfig.h"
#include "store/runrecorder.h"
#include "streamprobe.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <numeric>
#include <optional>
#include <sys/resource.h>
#include <system_error>
#include <utility>
#include <vector>

namespace halftone::cli {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double roundSeconds = 0.5;

double secondsSince(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Of all threads: unlike the clock on the wall, other programs do not add to it.
double processorSeconds()
{
    struct timespec time = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Linear between the two values nearest to it; `part` 0.5 is the median.
double quantile(std::vector<double> values, double part)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const double place = part * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], place - static_cast<double>(below));
}

double median(std::vector<double> values)
{
    return quantile(std::move(values), 0.5);
}

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

/// What steps took together, the first of each run left out: it has no forward pass of its own.
struct StepSum
{
    double seconds = 0;
    double processorSeconds = 0;
    double steps = 0;

    StepSum& operator+=(const StepSum& other)
    {
        seconds += other.seconds;
        processorSeconds += other.processorSeconds;
        steps += other.steps;
        return *this;
    }
};

/// Of the runs without recording, or of those with.
struct KindSamples
{
    std::vector<double> stepSeconds; // a step, of each round
    std::vector<double> processorUs; // the same
    std::vector<double> forwardUs;
    std::vector<double> logitsUs;
    std::vector<double> decideUs;
    std::vector<double> recordUs;

    void addRun(const std::vector<StepRecord>& steps)
    {
        constexpr double nsPerUs = 1000;
        for (std::size_t i = 1; i < steps.size(); ++i) {
            const StepTimes& times = steps[i].times;
            forwardUs.push_back(static_cast<double>(times.forwardNs) / nsPerUs);
            logitsUs.push_back(static_cast<double>(times.logitsNs) / nsPerUs);
            decideUs.push_back(static_cast<double>(times.decideNs) / nsPerUs);
            recordUs.push_back(static_cast<double>(times.recordNs) / nsPerUs);
        }
    }
    void addRound(const StepSum& sum)
    {
        stepSeconds.push_back(sum.seconds / sum.steps);
        processorUs.push_back(1e6 * sum.processorSeconds / sum.steps);
    }
    [[nodiscard]] PhaseTimes phases() const
    {
        return {median(forwardUs), median(logitsUs), median(decideUs), median(recordUs)};
    }
};

struct Samples
{
    std::vector<double> prefillSeconds;
    std::vector<double> closeSeconds;
    KindSamples plain;
    KindSamples recorded;
    std::vector<double> recordingShares; // of each round
    std::int64_t runs = 0;               // of each kind
};

Result<BenchmarkPlan> fitted(BenchmarkPlan plan, const ModelIdentity& model)
{
    const std::int64_t context = model.cache.contextLimit;
    if (plan.promptTokens == 0)
        plan.promptTokens = std::clamp<std::int64_t>(context / 4, 1, 128);
    if (plan.steps == 0)
        plan.steps = std::clamp<std::int64_t>(context - plan.promptTokens, 2, 256);
    if (plan.promptTokens + plan.steps > context)
        return failure(ErrorCode::InvalidArgument,
                       counted(plan.promptTokens, "prompt token") + " and " +
                           counted(plan.steps, "step") + " do not fit the context of " +
                           model.name + ", which is " + std::to_string(context) + ".");
    return plan;
}

/// Ids that are spread over the vocabulary: what they say does not matter for the time.
std::vector<TokenId> promptOf(const BenchmarkPlan& plan, const ModelIdentity& model)
{
    constexpr std::int64_t stride = 7919;
    std::vector<TokenId> ids;
    for (std::int64_t i = 0; i < plan.promptTokens; ++i)
        ids.emplace_back(static_cast<std::int32_t>((i * stride) % model.vocabularySize));
    return ids;
}

Result<StepSum> runOnce(const Engine& engine, const BenchmarkPlan& plan,
                        const std::optional<fs::path>& library, Samples& samples)
{
    RunSettings settings;
    settings.mode = plan.mode;
    settings.maxSteps = plan.steps;
    settings.ignoreEnd = true;
    const auto session = engine.createSession(settings);
    if (!session)
        return Unexpected(session.error());

    const auto prefillBegin = Clock::now();
    if (auto fed = (*session)->prefill(promptOf(plan, engine.identity())); !fed)
        return Unexpected(fed.error());
    samples.prefillSeconds.push_back(secondsSince(prefillBegin));

    std::unique_ptr<RunRecorder> recorder;
    if (library) {
        auto started = RunRecorder::start(*library, (*session)->describe(), engine.tokens());
        if (!started)
            return Unexpected(started.error());
        recorder = std::move(*started);
        (*session)->setObserver(recorder.get());
    }
    // The prefill gave the first step's logits: the clock starts at the second.
    Clock::time_point begin;
    double processorBegin = 0;
    while (!(*session)->finished()) {
        if (interrupted())
            return failure(ErrorCode::Cancelled, "Stopped.");
        if (const auto step = (*session)->step(); !step)
            return Unexpected(step.error());
        if ((*session)->steps().size() == 1) {
            begin = Clock::now();
            processorBegin = processorSeconds();
        }
    }
    if (recorder) {
        const auto closeBegin = Clock::now();
        if (auto closed = recorder->finish(RunStatus::Finished, (*session)->stopReason(),
                                           (*session)->timings());
            !closed)
            return Unexpected(closed.error());
        samples.closeSeconds.push_back(secondsSince(closeBegin));
    }
    const StepSum sum{secondsSince(begin), processorSeconds() - processorBegin,
                      static_cast<double>((*session)->steps().size() - 1)};
    (library ? samples.recorded : samples.plain).addRun((*session)->steps());
    return sum;
}

/// Pairs of a run without recording and one with, every other pair in the other order. The two of a
/// pair saw much the same machine, and the median leaves out pairs of which that is not true.
Result<void> runRound(const Engine& engine, const BenchmarkPlan& plan, const fs::path& library,
                      Samples& samples)
{
    StepSum plain;
    StepSum recorded;
    std::vector<double> shares;
    while (plain.seconds < roundSeconds) {
        const bool recordedFirst = samples.runs % 2 == 1;
        std::array<StepSum, 2> sums; // without, with
        for (const bool records : {recordedFirst, !recordedFirst}) {
            const auto sum =
                runOnce(engine, plan, records ? std::optional(library) : std::nullopt, samples);
            if (!sum)
                return Unexpected(sum.error());
            sums[records ? 1 : 0] = *sum;
        }
        shares.push_back(1 - sums[0].seconds / sums[1].seconds); // of as many steps
        plain += sums[0];
        recorded += sums[1];
        ++samples.runs;
    }
    samples.recordingShares.push_back(median(shares));
    samples.plain.addRound(plain);
    samples.recorded.addRound(recorded);
    return {};
}

/// Every weight but an embedding table that is only looked up in, at the size it is computed in.
Result<std::int64_t> weightBytes(const fs::path& modelFolder)
{
    const auto folder = ModelFolder::open(modelFolder);
    if (!folder)
        return Unexpected(folder.error());
    const auto config =
        parseModelConfig(folder->configJson(), (modelFolder / "config.json").string());
    if (!config)
        return Unexpected(config.error());
    std::int64_t bytes = 0;
    for (const ExpectedTensor& tensor : expectedTensors(*config)) {
        if (!config->tiedHead && tensor.name.find("embed_tokens") != std::string::npos)
            continue;
        bytes += std::accumulate(tensor.shape.begin(), tensor.shape.end(),
                                 static_cast<std::int64_t>(sizeof(float)), std::multiplies<>());
    }
    return bytes;
}

std::int64_t peakMemory()
{
    struct rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    return std::int64_t{usage.ru_maxrss} * 1024;
}

} // namespace

Result<Benchmark> benchmark(const Engine& engine, const fs::path& modelFolder, BenchmarkPlan asked)
{
    const auto plan = fitted(asked, engine.identity());
    if (!plan)
        return Unexpected(plan.error());
    const auto bytes = weightBytes(modelFolder);
    if (!bytes)
        return Unexpected(bytes.error());
    const auto folder = TemporaryFolder::make();
    if (!folder)
        return Unexpected(folder.error());

    LongCall call;
    const ProgressFn progress = call.progress();
    Samples warmUp;
    if (const auto done = runOnce(engine, *plan, folder->library(), warmUp); !done)
        return Unexpected(done.error());
    Samples samples;
    for (int round = 0; round < plan->rounds; ++round) {
        progress({"Measuring", static_cast<std::uint64_t>(round),
                  static_cast<std::uint64_t>(plan->rounds)});
        if (const auto done = runRound(engine, *plan, folder->library(), samples); !done)
            return Unexpected(done.error());
    }

    Benchmark result;
    result.plan = *plan;
    result.runs = samples.runs;
    result.model = engine.identity();
    result.type = "f32";
    result.prefillTokensPerS =
        static_cast<double>(plan->promptTokens) / median(samples.prefillSeconds);
    result.decodeTokensPerS = 1 / median(samples.plain.stepSeconds);
    result.recordedTokensPerS = 1 / median(samples.recorded.stepSeconds);
    result.recordingShare = median(samples.recordingShares);
    result.recordingShareLow = quantile(samples.recordingShares, 0.25);
    result.recordingShareHigh = quantile(samples.recordingShares, 0.75);
    result.cpuUs = median(samples.plain.processorUs);
    result.recordedCpuUs = median(samples.recorded.processorUs);
    result.phases = samples.plain.phases();
    result.recordedPhases = samples.recorded.phases();
    result.closeMs = 1000 * median(samples.closeSeconds);
    result.weightBytesPerToken = *bytes;
    result.decodeGbPerS = static_cast<double>(*bytes) * result.decodeTokensPerS / 1e9;
    result.peakMemoryBytes = peakMemory();
    result.streamGbPerS = streamGbPerS(engine.identity().threads);
    return result;
}

} // namespace halftone::cli
