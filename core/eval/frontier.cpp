#include "eval/frontier.h"

#include "eval/outcome.h"
#include "eval/statistics.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <string>
#include <utility>

namespace halftone {

namespace {

/// Both ends of every arrow: "gorp" and "zorp" of "gorp zorp .", "Every gorp is a zorp.".
std::set<std::string> nodesIn(const std::string& prompt)
{
    std::istringstream words(prompt);
    std::set<std::string> nodes;
    std::vector<std::string> sentence;
    for (std::string word; words >> word;) {
        const bool ends = word.ends_with('.');
        if (ends)
            word.pop_back();
        if (!word.empty() && !(sentence.empty() && word == "Every"))
            sentence.push_back(word);
        if (!ends)
            continue;
        if (sentence.size() > 1)
            nodes.insert({sentence.front(), sentence.back()});
        sentence.clear();
    }
    return nodes;
}

/// Gives each name its token, as it stands behind a space.
class NodeTokens
{
public:
    NodeTokens(const Tokenizer& tokenizer, const TokenTable& pieces)
        : m_tokenizer(tokenizer)
        , m_pieces(pieces)
    {
    }

    [[nodiscard]] std::optional<TokenId> of(const std::string& name) const
    {
        const auto ids = m_tokenizer.encode(" " + name, SpecialTokens::Omit);
        if (!ids || ids->size() != 1)
            return {};
        // A vocabulary may have one token for all that it does not know.
        std::string piece = m_pieces.piece(ids->front());
        piece.erase(0, piece.find_first_not_of(' '));
        return piece == name ? std::optional(ids->front()) : std::nullopt;
    }

    [[nodiscard]] std::optional<std::vector<std::vector<TokenId>>>
    of(const std::vector<std::vector<std::string>>& hops) const
    {
        std::vector<std::vector<TokenId>> all;
        for (const std::vector<std::string>& names : hops) {
            all.emplace_back();
            for (const std::string& name : names) {
                const auto id = of(name);
                if (!id)
                    return {};
                all.back().push_back(*id);
            }
        }
        return all;
    }

private:
    const Tokenizer& m_tokenizer;
    const TokenTable& m_pieces;
};

std::vector<std::optional<std::size_t>> hopsOf(const std::vector<TokenId>& chain,
                                               const std::vector<std::vector<TokenId>>& frontier)
{
    std::vector<std::optional<std::size_t>> hops;
    for (const TokenId token : chain) {
        const auto hop = std::find_if(frontier.begin(), frontier.end(), [token](const auto& nodes) {
            return std::find(nodes.begin(), nodes.end(), token) != nodes.end();
        });
        hops.emplace_back();
        if (hop != frontier.end())
            hops.back() = static_cast<std::size_t>(hop - frontier.begin());
    }
    const bool nodesAlone =
        !hops.empty() && std::all_of(hops.begin(), hops.end(), [](const auto& hop) { return hop; });
    if (nodesAlone)
        for (std::size_t hop = *hops.back() + 1; hop < frontier.size(); ++hop)
            hops.emplace_back(hop);
    return hops;
}

bool holds(const std::vector<TokenId>& tokens, TokenId token)
{
    return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

/// The parts of a distribution in the order of HopWeights.
using Shares = std::array<double, 6>;
using Weights = std::vector<std::pair<TokenId, float>>;

Weights fedBy(const StepRecord& step)
{
    Weights weights;
    for (std::size_t i = 0; i < step.input.ids.size(); ++i)
        weights.emplace_back(step.input.ids[i], step.input.weights[i]);
    return weights;
}

Weights foreseenAt(const StepRecord& step)
{
    Weights weights;
    for (const Candidate& candidate : step.candidates)
        weights.emplace_back(candidate.id, candidate.raw);
    return weights;
}

Shares partsOf(const Weights& weights, const TokenGraph& graph, std::size_t hop)
{
    Shares parts{};
    auto& [frontier, optimal, decoys, otherNodes, elsewhere, unrecorded] = parts;
    unrecorded = 1;
    for (const auto& [token, weight] : weights) {
        const auto share = static_cast<double>(weight);
        unrecorded -= share;
        if (holds(graph.frontier[hop], token)) {
            frontier += share;
            if (hop < graph.optimal.size())
                (holds(graph.optimal[hop], token) ? optimal : decoys) += share;
        } else if (std::binary_search(graph.nodes.begin(), graph.nodes.end(), token)) {
            otherNodes += share;
        } else {
            elsewhere += share;
        }
    }
    unrecorded = std::max(0.0, unrecorded); // weights are rounded
    if (hop >= graph.optimal.size())
        optimal = decoys = std::numeric_limits<double>::quiet_NaN();
    return parts;
}

struct SharesMean
{
    Shares sum{};
    int count = 0;

    void add(const Shares& more)
    {
        for (std::size_t i = 0; i < sum.size(); ++i)
            sum[i] += more[i];
        ++count;
    }
    [[nodiscard]] Shares value() const
    {
        Shares mean = sum;
        for (double& part : mean)
            part /= count;
        return mean;
    }
};

struct HopMeans
{
    SharesMean fed;
    SharesMean raw;
};
using MeansByHop = std::map<std::size_t, HopMeans>;

/// Over the steps of one sample.
MeansByHop meansOf(const TokenGraph& graph, std::span<const StepRecord> steps)
{
    MeansByHop means;
    std::size_t thought = 0;
    for (const StepRecord& step : steps) {
        if (!isThought(step))
            continue;
        const bool hidden = step.input.kind == InputKind::Hidden;
        std::optional<std::size_t> hop;
        if (hidden && thought + 1 < graph.frontier.size())
            hop = thought + 1;
        else if (!hidden && thought < graph.hopOfThought.size())
            hop = graph.hopOfThought[thought];
        ++thought;
        if (!hop)
            continue;
        means[*hop].raw.add(partsOf(foreseenAt(step), graph, *hop));
        if (!hidden)
            means[*hop].fed.add(partsOf(fedBy(step), graph, *hop));
    }
    return means;
}

HopWeights weightsOf(const std::array<std::vector<double>, 6>& parts)
{
    const auto mean = [](const std::vector<double>& values) {
        return MeanWeight{halftone::mean(values), standardError(values), std::ssize(values)};
    };
    return {mean(parts[0]), mean(parts[1]), mean(parts[2]),
            mean(parts[3]), mean(parts[4]), mean(parts[5])};
}

} // namespace

std::optional<TokenGraph> tokenGraph(const TaskItem& item, const Tokenizer& tokenizer,
                                     const TokenTable& pieces)
{
    const NodeTokens tokens(tokenizer, pieces);
    auto frontier = tokens.of(item.frontier);
    auto optimal = tokens.of(item.optimal);
    const auto chain = tokenizer.encode(" " + item.chain, SpecialTokens::Omit);
    if (!frontier || !optimal || !chain)
        return {};
    std::set<TokenId> nodes;
    for (const std::vector<TokenId>& hop : *frontier)
        nodes.insert(hop.begin(), hop.end());
    for (const std::string& name : nodesIn(item.prompt)) {
        const auto id = tokens.of(name);
        if (!id)
            return {};
        nodes.insert(*id);
    }
    auto hops = hopsOf(*chain, *frontier);
    return TokenGraph{std::move(*frontier), std::move(*optimal),
                      std::vector<TokenId>(nodes.begin(), nodes.end()), std::move(hops)};
}

void FrontierMeter::add(const TokenGraph& graph, std::span<const std::vector<StepRecord>> samples)
{
    MeansByHop item;
    for (const std::vector<StepRecord>& steps : samples) {
        const MeansByHop sample = meansOf(graph, steps);
        m_samples += sample.empty() ? 0 : 1;
        for (const auto& [hop, means] : sample) {
            item[hop].raw.add(means.raw.value());
            if (means.fed.count > 0)
                item[hop].fed.add(means.fed.value());
        }
    }
    const auto keep = [](Parts& into, const SharesMean& mean) {
        const Shares shares = mean.value();
        for (std::size_t i = 0; i < shares.size(); ++i)
            if (mean.count > 0 && !std::isnan(shares[i]))
                into[i].push_back(shares[i]);
    };
    for (const auto& [hop, means] : item) {
        keep(m_hops[hop].fed, means.fed);
        keep(m_hops[hop].raw, means.raw);
    }
}

FrontierReport FrontierMeter::report() const
{
    FrontierReport report{m_samples, m_leftOut, {}};
    for (const auto& [hop, parts] : m_hops)
        report.hops.push_back({static_cast<int>(hop), weightsOf(parts.fed), weightsOf(parts.raw)});
    return report;
}

} // namespace halftone
