#include "eval/frontier.h"

#include "analysis/frontier.h"
#include "eval/statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace halftone {

namespace {

/// In the order of HopWeights.
using Values = std::array<double, 10>;

Values valuesOf(const FrontierShares& shares, std::size_t frontierNodes)
{
    constexpr double none = FrontierShares::none;
    const double nodes = std::isnan(shares.frontier) ? none : static_cast<double>(frontierNodes);
    const bool fork = frontierNodes > 1;
    return {shares.frontier,
            shares.optimal,
            shares.decoys,
            shares.otherNodes,
            shares.elsewhere,
            shares.unrecorded,
            nodes,
            shares.effectiveNodes,
            fork ? nodes : none,
            fork ? shares.effectiveNodes : none};
}

/// Each over the values that are numbers.
class Means
{
public:
    void add(const Values& values)
    {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isnan(values[i])) {
                m_sums[i] += values[i];
                ++m_counts[i];
            }
    }
    [[nodiscard]] Values value() const
    {
        Values means;
        for (std::size_t i = 0; i < means.size(); ++i)
            means[i] = m_counts[i] > 0 ? m_sums[i] / m_counts[i] : FrontierShares::none;
        return means;
    }

private:
    Values m_sums{};
    std::array<int, std::tuple_size_v<Values>> m_counts{};
};

struct HopMeans
{
    Means fed;
    Means raw;
};

/// Over the steps of one sample.
std::map<int, HopMeans> meansOf(const FrontierTrace& trace)
{
    std::map<int, HopMeans> means;
    for (const FrontierStep& step : trace.steps()) {
        if (!step.hop)
            continue;
        const std::size_t nodes =
            trace.graph().frontier[static_cast<std::size_t>(*step.hop)].size();
        means[*step.hop].fed.add(valuesOf(step.fed, nodes));
        means[*step.hop].raw.add(valuesOf(step.raw, nodes));
    }
    return means;
}

HopWeights weightsOf(const std::array<std::vector<double>, std::tuple_size_v<Values>>& figures)
{
    const auto of = [&](std::size_t i) {
        return ItemMean{mean(figures[i]), standardError(figures[i]), std::ssize(figures[i])};
    };
    return {of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7), of(8), of(9)};
}

} // namespace

std::optional<PromptGraph> graphOf(const TaskItem& item)
{
    auto graph = promptGraph(item.prompt);
    if (graph) {
        graph->frontier = item.frontier;
        graph->optimal = item.optimal;
    }
    return graph;
}

void FrontierMeter::add(const PromptGraph& graph, std::span<const std::vector<StepRecord>> samples,
                        const std::shared_ptr<const TokenTable>& tokens)
{
    std::map<int, HopMeans> item;
    for (const std::vector<StepRecord>& steps : samples) {
        FrontierTrace trace(graph, tokens);
        trace.append(steps);
        const auto sample = meansOf(trace);
        m_samples += sample.empty() ? 0 : 1;
        for (const auto& [hop, means] : sample) {
            item[hop].fed.add(means.fed.value());
            item[hop].raw.add(means.raw.value());
        }
    }
    const auto keep = [](Figures& into, const Values& values) {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isnan(values[i]))
                into[i].push_back(values[i]);
    };
    for (const auto& [hop, means] : item) {
        keep(m_hops[hop].fed, means.fed.value());
        keep(m_hops[hop].raw, means.raw.value());
    }
}

FrontierReport FrontierMeter::report() const
{
    FrontierReport report{m_samples, m_leftOut, {}};
    for (const auto& [hop, figures] : m_hops)
        report.hops.push_back({hop, weightsOf(figures.fed), weightsOf(figures.raw)});
    return report;
}

} // namespace halftone
