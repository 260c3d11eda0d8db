#include "engine/phases_p.h"

namespace halftone {

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
    Phase phase = settings.mode == "discrete" ? Phase::Answer : Phase::Think;
    for (const TokenId id : prompt) {
        if (id == markers.thinkStart)
            phase = Phase::Think;
        else if (id == markers.thinkEnd)
            phase = Phase::Answer;
    }
    return phase;
}

Phase phaseAfterInput(Phase phase, const StepInput& input, const TokenMarkers& markers)
{
    const auto token = onlyToken(input);
    if (token && token == markers.thinkStart)
        return Phase::Think;
    if (token && token == markers.thinkEnd)
        return Phase::Answer;
    return phase;
}

std::optional<TokenId> onlyToken(const StepInput& input)
{
    if (input.kind == InputKind::Token && input.ids.size() == 1)
        return input.ids.front();
    return std::nullopt;
}

} // namespace halftone
