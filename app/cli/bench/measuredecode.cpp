// How fast a prompt is read, and how fast one sequence decodes.
#include "bench/benchmark.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace halftone::cli {

namespace {

/// Seconds from which on the first prefill counts too. It finds memory that was not touched yet,
/// which does not show in a long one.
constexpr double longPrefill = 5;

} // namespace

Result<std::vector<PrefillFigures>> measurePrefill(const Workbench& bench)
{
    std::vector<PrefillFigures> figures;
    for (const std::int64_t tokens : bench.plan().prefill) {
        std::vector<double> rates;
        double seconds = 0;
        for (bool warm = false; !bench.plan().enough(rates.size(), seconds); warm = true) {
            if (auto wanted = bench.goOn("Measuring prefill"); !wanted)
                return Unexpected(wanted.error());
            const auto session = bench.engine().createSession(bench.settings());
            if (!session)
                return Unexpected(session.error());
            const std::vector<TokenId> prompt = bench.prompt(tokens);
            const Stopwatch watch = bench.stopwatch();
            if (auto fed = (*session)->prefill(prompt, bench.progress(), bench.cancel()); !fed)
                return Unexpected(fed.error());
            const double taken = watch.wallSeconds();
            if (!warm && taken < longPrefill)
                continue;
            seconds += taken;
            rates.push_back(static_cast<double>(tokens) / taken);
        }
        figures.push_back({tokens, quartiles(rates)});
    }
    return figures;
}

Result<DecodeFigures> measureDecode(const Workbench& bench, std::int64_t context)
{
    const std::string part = "Measuring decode at context " + std::to_string(context);
    auto session = bench.session(bench.settings(), context);
    if (!session)
        return Unexpected(session.error());
    if (const auto warmUp = bench.takeSteps(**session, lapSeconds, 2); !warmUp)
        return Unexpected(warmUp.error());

    DecodeFigures figures;
    figures.context = context;
    // GB/s of one reading, by the clock for ratios.
    const auto stream = [&] {
        const Elapsed elapsed = bench.stream()->read();
        constexpr double gigabytes = static_cast<double>(StreamProbe::bytes) / 1e9;
        figures.streamGbPerS.push_back(gigabytes / elapsed.wall);
        return gigabytes / elapsed.own;
    };
    const double gigabytes = static_cast<double>(bench.engine().model().weightBytesPerStep()) / 1e9;
    std::vector<double> rates;
    std::vector<double> shares;
    double steps = 0;
    double seconds = 0;
    double before = bench.stream() != nullptr ? stream() : 0;
    // A step grows with its context, so whole runs are measured: the plan's steps at least.
    while (steps + 1 < static_cast<double>(bench.plan().steps) ||
           !bench.plan().enough(rates.size(), seconds)) {
        if (auto wanted = bench.goOn(part); !wanted)
            return Unexpected(wanted.error());
        const auto lap = bench.takeSteps(**session, lapSeconds,
                                         std::numeric_limits<std::int64_t>::max(), &figures.phases);
        if (!lap)
            return Unexpected(lap.error());
        steps += lap->steps;
        seconds += lap->elapsed.wall;
        rates.push_back(lap->steps / lap->elapsed.wall);
        if (bench.stream() == nullptr)
            continue;
        const double after = stream();
        shares.push_back(lap->steps * gigabytes / lap->elapsed.own / ((before + after) / 2));
        before = after;
    }
    figures.tokensPerS = quartiles(rates);
    if (!shares.empty())
        figures.shareOfStream = quartiles(shares);
    return figures;
}

Result<SoftFigures> measureSoftSteps(const Workbench& bench)
{
    const std::int64_t context = bench.plan().contexts.front();
    // All steps are the thinking's: nothing ends it.
    RunSettings settings = bench.settings();
    settings.start = StartPhase::Think;
    settings.parameters["cold-stop-length"] = std::int64_t{0};
    if (const auto end = bench.engine().markers().thinkEnd)
        settings.parameters["ban"] = std::to_string(end->value);

    std::vector<std::unique_ptr<Session>> sessions;
    std::vector<Contender> contenders;
    for (const char* mode : {"discrete", "soft"}) {
        settings.mode = mode;
        auto session = bench.session(settings, context);
        if (!session)
            return Unexpected(session.error());
        contenders.emplace_back([&bench, steps = session->get()] {
            return bench.takeSteps(*steps, lapSeconds, std::numeric_limits<std::int64_t>::max());
        });
        sessions.push_back(std::move(*session));
    }
    const auto standings = compare(bench, "Measuring soft steps", contenders);
    if (!standings)
        return Unexpected(standings.error());
    return SoftFigures{standings->back().stepsPerS, standings->back().stepTimes};
}

} // namespace halftone::cli
