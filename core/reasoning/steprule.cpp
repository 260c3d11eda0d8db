#include "reasoning/steprule.h"

#include <algorithm>

namespace halftone {

bool TokenMarkers::isEnd(TokenId id) const
{
    return std::find(endTokens.begin(), endTokens.end(), id) != endTokens.end();
}

void Decision::clear()
{
    input.kind = InputKind::Token;
    input.ids.clear();
    input.weights.clear();
    input.vector.clear();
    sampled = TokenId{};
    forced = false;
    filtered.tokens.clear();
    filtered.tailSize = 0;
    scaledEntropy = 0;
    events.clear();
    enqueue.clear();
}

void Decision::feed(TokenId id)
{
    input.kind = InputKind::Token;
    input.ids.assign(1, id);
    input.weights.assign(1, 1.0F);
    input.vector.clear();
    sampled = id;
}

double scaledEntropy(const StepContext& context, double temperature)
{
    return temperature == 1 ? context.raw.entropy : scaledEntropy(context.logits, temperature);
}

} // namespace halftone
