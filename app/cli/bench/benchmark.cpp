#include "bench/benchmark.h"

#include "format/modelfolder.h"
#include "longcall.h"
#include "model/modelconfig.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <sys/resource.h>
#include <utility>

namespace halftone::cli {

namespace {

std::int64_t peakMemory()
{
    struct rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    return std::int64_t{usage.ru_maxrss} * 1024;
}

Result<void> measure(const Workbench& bench, Benchmark& result)
{
    const BenchmarkPlan& plan = bench.plan();
    /// Takes what a part measured, or passes on why not.
    const auto take = [](auto measured, auto& into) -> Result<void> {
        if (!measured)
            return Unexpected(measured.error());
        into = std::move(*measured);
        return {};
    };
    Result<void> done;
    if (plan.measures("prefill"))
        done = take(measurePrefill(bench), result.prefill);
    for (const std::int64_t context : plan.contexts)
        if (done && plan.measures("decode"))
            done = take(measureDecode(bench, context), result.decode.emplace_back());
    if (done && plan.measures("recording"))
        done = take(measureRecording(bench), result.recording);
    if (done && plan.measures("soft"))
        done = take(measureSoftSteps(bench), result.soft);
    if (done && plan.measures("batch"))
        done = take(measureBatches(bench), result.batch);
    if (done && plan.measures("probes"))
        done = take(measureProbes(bench), result.probes);
    return done;
}

} // namespace

Result<Benchmark> benchmark(const Engine& engine, const BenchmarkPlan& asked)
{
    const auto plan = fitted(asked, engine.identity());
    if (!plan)
        return Unexpected(plan.error());
    Benchmark result;
    result.plan = *plan;
    result.model = engine.identity();
    result.weightBytesPerToken = engine.model().weightBytesPerStep();
    const std::int64_t peakOfLoading = peakMemory();

    std::unique_ptr<StreamProbe> stream;
    if (result.weightBytesPerToken > 0 && plan->measures("decode")) {
        auto made = StreamProbe::make(result.model.threads);
        if (!made)
            return Unexpected(made.error());
        stream = std::move(*made);
    }
    const std::int64_t probeBytes = stream ? std::int64_t{StreamProbe::bytes} : 0;
    LongCall call;
    const Workbench bench(engine, *plan, std::move(stream), call.progress(), call.cancelToken());
    if (auto done = measure(bench, result); !done)
        return Unexpected(done.error());

    std::vector<double> readings;
    for (const DecodeFigures& decode : result.decode)
        readings.insert(readings.end(), decode.streamGbPerS.begin(), decode.streamGbPerS.end());
    if (!readings.empty())
        result.streamGbPerS = median(readings);
    result.peakMemoryBytes = std::max(peakOfLoading, peakMemory() - probeBytes);
    return result;
}

} // namespace halftone::cli
