#include "engine/phases_p.h"

#include "reasoning/modes.h"

#include <algorithm>

namespace halftone {

namespace {

bool startsThinking(const StepRecord& step)
{
    return std::any_of(step.events.begin(), step.events.end(), [](const StepEvent& event) {
        return event.kind == EventKind::ThinkingStarted;
    });
}

} // namespace

Phase phaseAfterPrompt(const RunSettings& settings, std::span<const TokenId> prompt,
                       const TokenMarkers& markers)
{
    switch (settings.start) {
    case StartPhase::Think:
        return Phase::Think;
    case StartPhase::Answer:
        return Phase::Answer;
    case StartPhase::Auto:
        break;
    }
    const Mode* mode = findMode(settings.mode);
    Phase phase = mode != nullptr && mode->thinks ? Phase::Think : Phase::Answer;
    for (const TokenId id : prompt) {
        if (id == markers.thinkStart)
            phase = Phase::Think;
        else if (id == markers.thinkEnd)
            phase = Phase::Answer;
    }
    return phase;
}

Phase phaseAfterStep(Phase phase, const StepRecord& step, const TokenMarkers& markers)
{
    const auto token = onlyToken(step.input);
    if ((token && token == markers.thinkStart) || startsThinking(step))
        return Phase::Think;
    if ((token && token == markers.thinkEnd) || endsThinking(step))
        return Phase::Answer;
    return phase;
}

bool endsThinking(const StepRecord& step)
{
    return std::any_of(step.events.begin(), step.events.end(), [](const StepEvent& event) {
        return event.kind == EventKind::ThinkingEnded || event.kind == EventKind::ColdStop ||
               event.kind == EventKind::Budget;
    });
}

std::optional<TokenId> onlyToken(const StepInput& input)
{
    if (input.kind == InputKind::Token && input.ids.size() == 1)
        return input.ids.front();
    return std::nullopt;
}

} // namespace halftone
