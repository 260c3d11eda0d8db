// What a person says of tokens, whatever the mode: adjusted logits and texts that end the run.
#include "engine/sessionstate_p.h"

#include <algorithm>
#include <string>

namespace halftone {

/// What the rule sees: the model's logits, or a copy with the segment's adjustments applied. They
/// follow from prompt and steps alone, so that a step taken again sees them again.
Result<LogitsPass*> Session::State::adjustedLogits()
{
    const LogitAdjustments& adjust = (*m_rules)[static_cast<std::size_t>(m_segment)].adjust;
    if (adjust.changesNothing())
        return &m_lanes[m_model].row();
    const auto history = std::span(m_history).subspan(adjust.countsPrompt ? 0 : prompt.size());
    if (!adjustLogits(lane().logits(), adjust, history, m_adjusted))
        return failure(ErrorCode::InvalidArgument,
                       "At step " + std::to_string(stepCount()) +
                           " every token that the model thinks possible is banned; ban fewer.");
    m_adjustedRow.begin(m_adjusted);
    return &m_adjustedRow;
}

/// Whether the text of the steps holds a stop text that `record` completes.
bool Session::State::completesStopText(const StepRecord& record) const
{
    if (settings.stop.empty())
        return false;
    const TokenTable& tokens = *engine->tokens();
    const auto longest =
        std::max_element(settings.stop.begin(), settings.stop.end(),
                         [](const auto& a, const auto& b) { return a.size() < b.size(); })
            ->size();
    const std::string_view joiner = tokens.joiner();
    std::string text = tokens.piece(record.sampled);
    const auto history = std::span(m_history).subspan(prompt.size());
    if (!history.empty())
        text.insert(0, joiner);
    const std::size_t added = text.size();
    for (std::size_t i = history.size(); i > 0 && text.size() < added + longest - 1; --i)
        text.insert(0,
                    (i > 1 ? std::string(joiner) : std::string()) + tokens.piece(history[i - 1]));
    const std::size_t before = text.size() - added;
    // One that ended before was there when a person let the run go on.
    return std::any_of(settings.stop.begin(), settings.stop.end(), [&](const std::string& each) {
        const std::size_t from = before + 1 > each.size() ? before + 1 - each.size() : 0;
        return text.find(each, from) != std::string::npos;
    });
}

} // namespace halftone
