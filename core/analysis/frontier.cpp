#include "analysis/frontier.h"

#include "trace/thought.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

/// The names that a token may stand for where it is chosen.
class Names
{
public:
    Names(const std::string& begun, const std::string& piece, bool wholeWords)
        : m_wholeWords(wholeWords)
    {
        constexpr std::string_view blanks = " \t\r\n";
        const std::size_t begin = piece.find_first_not_of(blanks);
        if (begin == std::string::npos)
            return;
        const std::size_t end = piece.find_first_of(blanks, begin);
        // A blank before it ends the word that was begun.
        m_word = (begin == 0 ? begun : std::string()) + piece.substr(begin, end - begin);
    }

    [[nodiscard]] bool hold(const std::string& name) const
    {
        return !m_word.empty() && (m_wholeWords ? name == m_word : name.starts_with(m_word));
    }
    [[nodiscard]] bool holdAnyOf(const std::vector<std::string>& names) const
    {
        return std::ranges::any_of(names, [this](const std::string& name) { return hold(name); });
    }

private:
    bool m_wholeWords;
    std::string m_word;
};

/// Of weights that sum to `total`.
double effectiveNumber(const std::vector<double>& weights, double total)
{
    double entropy = 0;
    for (const double weight : weights)
        if (weight > 0)
            entropy -= weight / total * std::log(weight / total);
    return std::exp(entropy);
}

} // namespace

FrontierTrace::FrontierTrace(PromptGraph graph, std::shared_ptr<const TokenTable> tokens)
    : m_graph(std::move(graph))
    , m_tokens(std::move(tokens))
    , m_reader(m_graph.form, !m_tokens->joiner().empty())
{
}

void FrontierTrace::append(std::span<const StepRecord> records)
{
    for (const StepRecord& record : records) {
        FrontierStep& step = m_steps.emplace_back();
        if (record.phase != Phase::Think)
            continue;
        const bool hidden = record.input.kind == InputKind::Hidden;
        const HopReader::Place place =
            hidden ? m_reader.readThought() : m_reader.read(m_tokens->piece(record.sampled));
        if (!isThought(record) || !place.hop || *place.hop >= std::ssize(m_graph.frontier))
            continue;
        step.hop = place.hop;
        step.begun = place.begun;
        Weights raw;
        for (const Candidate& candidate : record.candidates)
            raw.emplace_back(candidate.id, candidate.raw);
        step.raw = sharesOf(step, raw);
        if (hidden)
            continue;
        Weights fed;
        for (std::size_t i = 0; i < record.input.ids.size(); ++i)
            fed.emplace_back(record.input.ids[i], record.input.weights[i]);
        step.fed = sharesOf(step, fed);
    }
}

Reach FrontierTrace::reachOf(std::size_t step, TokenId token) const
{
    if (step >= m_steps.size() || !m_steps[step].hop)
        return Reach::None;
    const Names names(m_steps[step].begun, m_tokens->piece(token), !m_tokens->joiner().empty());
    const auto hop = static_cast<std::size_t>(*m_steps[step].hop);
    if (!names.holdAnyOf(m_graph.frontier[hop]))
        return Reach::None;
    // Items as their authors give them need not say which ways are best, or not to the last hop.
    return hop >= m_graph.optimal.size() || names.holdAnyOf(m_graph.optimal[hop]) ? Reach::Optimal
                                                                                  : Reach::Decoy;
}

FrontierShares FrontierTrace::sharesOf(const FrontierStep& step, const Weights& weights) const
{
    const auto hop = static_cast<std::size_t>(*step.hop);
    const std::vector<std::string>& frontier = m_graph.frontier[hop];
    FrontierShares shares{0, 0, 0, 0, 0, 1, FrontierShares::none};
    std::vector<double> byNode(frontier.size());
    for (const auto& [token, weight] : weights) {
        const Names names(step.begun, m_tokens->piece(token), !m_tokens->joiner().empty());
        shares.unrecorded -= weight;
        const auto node = std::ranges::find_if(
            frontier, [&](const std::string& name) { return names.hold(name); });
        if (node != frontier.end()) {
            byNode[static_cast<std::size_t>(node - frontier.begin())] += weight;
            shares.frontier += weight;
            if (hop < m_graph.optimal.size())
                (names.holdAnyOf(m_graph.optimal[hop]) ? shares.optimal : shares.decoys) += weight;
        } else {
            (names.holdAnyOf(m_graph.nodes) ? shares.otherNodes : shares.elsewhere) += weight;
        }
    }
    shares.unrecorded = std::max(0.0, shares.unrecorded); // weights are rounded
    if (hop >= m_graph.optimal.size())
        shares.optimal = shares.decoys = FrontierShares::none;
    if (step.begun.empty() && shares.frontier > 0)
        shares.effectiveNodes = effectiveNumber(byNode, shares.frontier);
    return shares;
}

} // namespace halftone
