// What the library costs: steps stored a second, what recording takes from the engine's thread,
// the time to open a long run, the size of the file. `bench_store [steps] [folder]`.
#include "quantiles.h"
#include "store/runrecorder.h"
#include "store/sessionstore.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <vector>

using namespace halftone;
using Clock = std::chrono::steady_clock;

namespace {

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A soft step as a run of 32 candidates and 10 components records it.
StepRecord softStep(std::int64_t step)
{
    StepRecord r;
    r.step = StepIndex{step};
    r.position = Position{step + 100};
    r.phase = Phase::Think;
    r.mode = "soft";
    r.input.kind = InputKind::Mixture;
    for (int i = 0; i < 10; ++i) {
        r.input.ids.push_back(TokenId{static_cast<std::int32_t>(step % 50'000) + i});
        r.input.weights.push_back(0.1F);
    }
    r.sampled = r.input.ids.front();
    r.entropy = 1.0 / static_cast<double>(step + 1);
    for (int i = 0; i < 32; ++i)
        r.candidates.push_back({TokenId{static_cast<std::int32_t>(step % 50'000) + i},
                                1.0F / static_cast<float>(i + 2), 0.1F, i < 10 ? 0.1F : 0.0F});
    r.filteredSupport = 30;
    r.rng = {1234567, static_cast<std::uint64_t>(step), 0};
    r.ruleState = {static_cast<double>(step)};
    r.cache = {step, step * 1024, step * 1024, 1 << 26};
    r.times = {1'000'000, 30'000, 5'000, 3'000};
    return r;
}

RunInfo someInfo()
{
    RunInfo info;
    info.prompt = "bench";
    info.model.name = "bench";
    return info;
}

template <class Value>
Value orExit(Result<Value> result)
{
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message.c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<Value>)
        return std::move(*result);
}

void appendInBatches(SessionStore& store, const TokenTable& tokens,
                     const std::vector<StepRecord>& steps, std::size_t batch)
{
    const RunId run = orExit(store.createRun(someInfo(), tokens));
    const auto start = Clock::now();
    for (std::size_t from = 0; from < steps.size(); from += batch)
        orExit(store.appendSteps(
            run, std::span(steps).subspan(from, std::min(batch, steps.size() - from))));
    std::printf("appendSteps, batches of %4zu      %9.0f steps/s\n", batch,
                static_cast<double>(steps.size()) / secondsSince(start));
    orExit(store.finishRun(run, RunStatus::Finished, StopReason::MaxSteps, {}));
}

/// The time that the engine's thread spends in stepTaken(), at a given pace.
void record(const std::filesystem::path& library, const std::shared_ptr<const TokenTable>& tokens,
            const std::vector<StepRecord>& steps, double stepsPerSecond)
{
    const auto recorder = orExit(RunRecorder::start(library, someInfo(), tokens));
    std::vector<double> costs;
    costs.reserve(steps.size());
    const auto start = Clock::now();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto before = Clock::now();
        recorder->stepTaken(steps[i]);
        costs.push_back(1e6 * secondsSince(before));
        if (stepsPerSecond > 0)
            std::this_thread::sleep_until(
                start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                            static_cast<double>(i + 1) / stepsPerSecond)));
    }
    orExit(recorder->finish(RunStatus::Finished, StopReason::MaxSteps, {}));
    const double seconds = secondsSince(start);
    double sum = 0;
    for (const double cost : costs)
        sum += cost;
    std::printf("RunRecorder at %6.0f steps/s      %9.0f steps/s; on the engine's thread: mean "
                "%.2f us, %s us\n",
                stepsPerSecond, static_cast<double>(costs.size()) / seconds,
                sum / static_cast<double>(costs.size()), Quantiles(costs).text().c_str());
}

void openLongRun(const std::filesystem::path& library, std::size_t expected)
{
    for (int repetition = 0; repetition < 3; ++repetition) {
        const auto start = Clock::now();
        const std::clock_t cpu = std::clock();
        const auto store = orExit(SessionStore::open(library, SessionStore::Access::ReadOnly));
        const auto sessions = orExit(store->sessions());
        const double listed = secondsSince(start);
        const RunId run = sessions.back().runs.front().id; // the first that was made
        const RunInfo info = orExit(store->run(run));
        const auto tokens = orExit(store->tokens(run));
        const auto steps = orExit(store->steps(run));
        const double opened = secondsSince(start);
        if (steps.size() != expected || tokens->size() == 0 || info.id != run)
            std::exit(1);
        std::printf("open and list / and read %zu steps  %.1f ms / %.0f ms (%.0f ms of CPU)\n",
                    steps.size(), 1e3 * listed, 1e3 * opened,
                    1e3 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
    }
}

} // namespace

int main(int argc, char** argv)
{
    const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
    const std::filesystem::path folder =
        (argc > 2 ? std::filesystem::path(argv[2]) : std::filesystem::temp_directory_path()) /
        ("bench_store-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const std::filesystem::path library = folder / "library.sqlite";

    std::vector<StepRecord> steps;
    for (std::size_t i = 0; i < count; ++i)
        steps.push_back(softStep(static_cast<std::int64_t>(i)));
    const auto tokens = TokenTable::numbered(50'000);
    {
        const auto store = orExit(SessionStore::open(library));
        appendInBatches(*store, *tokens, steps, 256);
    }
    std::printf("file with one run of %zu steps    %.1f MB, %.0f bytes a step\n", count,
                static_cast<double>(std::filesystem::file_size(library)) / 1e6,
                static_cast<double>(std::filesystem::file_size(library)) /
                    static_cast<double>(count));
    openLongRun(library, count);
    {
        const auto store = orExit(SessionStore::open(library));
        const std::vector<StepRecord> fewer(
            steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(count / 10));
        for (const std::size_t batch : {std::size_t{1}, std::size_t{16}, std::size_t{4096}})
            appendInBatches(*store, *tokens, fewer, batch);
    }
    const std::vector<StepRecord> paced(
        steps.begin(),
        steps.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, 3000)));
    record(library, tokens, paced, 1000);
    record(library, tokens, steps, 0);
    std::filesystem::remove_all(folder);
    return 0;
}
