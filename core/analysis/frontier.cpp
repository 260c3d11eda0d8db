#include "analysis/frontier.h"

#include <algorithm>

namespace halftone {

namespace {

/// The word that a token would stand in: the one begun, unless it has a blank before it.
std::string wordWith(const std::string& begun, const std::string& piece)
{
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = piece.find_first_not_of(blanks);
    if (begin == std::string::npos)
        return {};
    const std::size_t end = piece.find_first_of(blanks, begin);
    return (begin == 0 ? begun : std::string()) + piece.substr(begin, end - begin);
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
        if (!place.hop || *place.hop >= std::ssize(m_graph.frontier))
            continue;
        step.hop = place.hop;
        step.begun = place.begun;
        step.raw = 0;
        for (const Candidate& candidate : record.candidates)
            if (reachOf(step, candidate.id) != Reach::None)
                step.raw += static_cast<double>(candidate.raw);
        if (hidden)
            continue;
        step.mixture = 0;
        for (std::size_t i = 0; i < record.input.ids.size(); ++i)
            if (reachOf(step, record.input.ids[i]) != Reach::None)
                step.mixture += static_cast<double>(record.input.weights[i]);
    }
}

Reach FrontierTrace::reachOf(std::size_t step, TokenId token) const
{
    return step < m_steps.size() ? reachOf(m_steps[step], token) : Reach::None;
}

Reach FrontierTrace::reachOf(const FrontierStep& step, TokenId token) const
{
    if (!step.hop)
        return Reach::None;
    const std::string word = wordWith(step.begun, m_tokens->piece(token));
    if (word.empty())
        return Reach::None;
    const bool whole = !m_tokens->joiner().empty();
    const auto isBegunBy = [&](const std::string& name) {
        return whole ? name == word : name.starts_with(word);
    };
    const auto hop = static_cast<std::size_t>(*step.hop);
    if (std::ranges::none_of(m_graph.frontier[hop], isBegunBy))
        return Reach::None;
    return m_graph.optimal.empty() || std::ranges::any_of(m_graph.optimal[hop], isBegunBy)
               ? Reach::Optimal
               : Reach::Decoy;
}

} // namespace halftone
