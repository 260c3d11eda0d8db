#include "bench/workbench.h"

#include <utility>

namespace halftone::cli {

void PhaseSamples::add(const StepTimes& times)
{
    constexpr double nsPerUs = 1000;
    m_forward.push_back(static_cast<double>(times.forwardNs) / nsPerUs);
    m_logits.push_back(static_cast<double>(times.logitsNs) / nsPerUs);
    m_decide.push_back(static_cast<double>(times.decideNs) / nsPerUs);
    m_record.push_back(static_cast<double>(times.recordNs) / nsPerUs);
}

Workbench::Workbench(const Engine& engine, BenchmarkPlan plan, std::unique_ptr<StreamProbe> stream,
                     ProgressFn progress, CancelToken cancel)
    : m_engine(engine)
    , m_plan(std::move(plan))
    , m_stream(std::move(stream))
    , m_progress(std::move(progress))
    , m_cancel(std::move(cancel))
    , m_alone(engine.identity().device == "cpu" && engine.identity().threads == 1)
{
}

Result<void> Workbench::goOn(std::string_view part) const
{
    m_progress({part, 0, 0});
    if (m_cancel.cancelled())
        return failure(ErrorCode::Cancelled, "Stopped.");
    return {};
}

std::vector<TokenId> Workbench::prompt(std::int64_t tokens) const
{
    constexpr std::int64_t stride = 7919;
    std::vector<TokenId> ids;
    for (std::int64_t i = 0; i < tokens; ++i)
        ids.emplace_back(static_cast<std::int32_t>((i * stride) % model().vocabularySize));
    return ids;
}

RunSettings Workbench::settings() const
{
    RunSettings settings;
    settings.mode = m_plan.mode;
    settings.maxSteps = m_plan.steps;
    settings.ignoreEnd = true;
    return settings;
}

Result<std::unique_ptr<Session>> Workbench::session(const RunSettings& settings,
                                                    std::int64_t context) const
{
    auto session = m_engine.createSession(settings);
    if (!session)
        return session;
    if (auto fed = (*session)->prefill(prompt(promptTokens(context)), m_progress, m_cancel); !fed)
        return Unexpected(fed.error());
    return session;
}

Result<Lap> Workbench::takeSteps(Session& session, double seconds, std::int64_t most,
                                 PhaseSamples* phases) const
{
    Lap lap;
    while (lap.elapsed.wall < seconds && lap.steps < static_cast<double>(most)) {
        if (session.finished())
            if (auto rewound = session.rewind(StepIndex{0}); !rewound)
                return Unexpected(rewound.error());
        if (session.steps().empty())
            if (const auto first = session.step(); !first)
                return Unexpected(first.error());
        const double before = lap.steps;
        const Stopwatch watch = stopwatch();
        // One at least: the time may be over by now, and the run is not.
        while (!session.finished() && lap.steps < static_cast<double>(most) &&
               (lap.steps == before || lap.elapsed.wall + watch.wallSeconds() < seconds)) {
            const auto step = session.step();
            if (!step)
                return Unexpected(step.error());
            ++lap.steps;
            if (phases != nullptr)
                phases->add((*step)->times);
        }
        lap.elapsed += watch.elapsed();
        if (lap.steps == before)
            return nothingToMeasure(session);
    }
    return lap;
}

Unexpected nothingToMeasure(const Session& session)
{
    return failure(ErrorCode::InvalidArgument,
                   "The run ends with its first step (" + std::string(name(session.stopReason())) +
                       "), so there is nothing to measure; choose another mode.");
}

Result<std::vector<Standing>> compare(const Workbench& bench, std::string_view part,
                                      const std::vector<Contender>& contenders)
{
    std::vector<std::vector<double>> rates(contenders.size());
    std::vector<std::vector<double>> ratios(contenders.size());
    double seconds = 0;
    for (std::size_t round = 0; !bench.plan().enough(round, seconds); ++round) {
        std::vector<double> stepSeconds(contenders.size());
        for (std::size_t turn = 0; turn < contenders.size(); ++turn) {
            if (auto wanted = bench.goOn(part); !wanted)
                return Unexpected(wanted.error());
            const std::size_t i = round % 2 == 0 ? turn : contenders.size() - 1 - turn;
            const auto lap = contenders[i]();
            if (!lap)
                return Unexpected(lap.error());
            rates[i].push_back(lap->steps / lap->elapsed.wall);
            stepSeconds[i] = lap->elapsed.own / lap->steps;
            seconds += lap->elapsed.wall / static_cast<double>(contenders.size());
        }
        for (std::size_t i = 0; i < contenders.size(); ++i)
            ratios[i].push_back(stepSeconds[i] / stepSeconds[0]);
    }
    std::vector<Standing> standings;
    for (std::size_t i = 0; i < contenders.size(); ++i)
        standings.push_back({quartiles(rates[i]), quartiles(ratios[i])});
    return standings;
}

} // namespace halftone::cli
