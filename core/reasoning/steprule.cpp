#include "reasoning/steprule.h"

#include "base/counted.h"
#include "base/topheap.h"
#include "reasoning/parameters.h"

#include <algorithm>

namespace halftone {

namespace {

struct Component
{
    TokenId id;
    float weight;
};

/// How many components of a full-vocabulary mixture are recorded by name.
constexpr std::size_t namedComponents = 32;

} // namespace

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
    input.noiseScale = 0;
    sampled = TokenId{};
    forced = false;
    filtered.clear();
    scaledEntropy = 0;
    events.clear();
    enqueue.clear();
    dense.clear();
    mixture.clear();
    stream = tokenStream;
    stop = StopReason::None;
    trials.reset();
    again = false;
}

void Decision::feed(TokenId id)
{
    input.kind = InputKind::Token;
    input.ids.assign(1, id);
    input.weights.assign(1, 1.0F);
    input.vector.clear();
    input.noiseScale = 0;
    dense.clear();
    sampled = id;
}

void Decision::feed(std::span<WeightedToken> components)
{
    const auto weight = [](const WeightedToken& token) {
        return static_cast<float>(token.probability);
    };
    const auto end = std::remove_if(components.begin(), components.end(),
                                    [&](const auto& token) { return !(weight(token) > 0); });
    // Rounding to float32 may have made weights equal.
    std::sort(components.begin(), end, [&](const WeightedToken& a, const WeightedToken& b) {
        return ranksBefore(Component{a.id, weight(a)}, Component{b.id, weight(b)});
    });
    feed(components.front().id);
    if (end - components.begin() == 1)
        return;
    input.kind = InputKind::Mixture;
    input.ids.clear();
    input.weights.clear();
    for (auto token = components.begin(); token != end; ++token) {
        input.ids.push_back(token->id);
        input.weights.push_back(weight(*token));
    }
}

void Decision::feedDense(std::span<const double> weights)
{
    std::vector<Component> best;
    TopHeap<Component> heap(best, namedComponents);
    std::size_t used = 0;
    dense.resize(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
        dense[i] = static_cast<float>(weights[i]);
        if (dense[i] > 0) {
            heap.offer({TokenId{static_cast<std::int32_t>(i)}, dense[i]});
            ++used;
        }
    }
    heap.finish();
    std::vector<float> kept;
    kept.swap(dense);
    feed(best.front().id);
    if (used == 1)
        return;
    input.kind = InputKind::Mixture;
    input.ids.clear();
    input.weights.clear();
    for (const Component& component : best) {
        input.ids.push_back(component.id);
        input.weights.push_back(component.weight);
    }
    // Few components are a whole mixture, which needs no vector to be kept.
    if (used > best.size())
        dense.swap(kept);
}

void Decision::feedHidden(std::span<const float> hidden, TokenId shown)
{
    feed(shown);
    input.kind = InputKind::Hidden;
    input.ids.clear();
    input.weights.clear();
    input.vector.assign(hidden.begin(), hidden.end());
}

void Decision::endThinking(const TokenMarkers& markers, StepEvent reason,
                           const std::vector<TokenId>& injected)
{
    events.push_back(std::move(reason));
    if (markers.thinkEnd) {
        feed(*markers.thinkEnd);
        forced = true;
    }
    enqueue = injected;
}

TrialVerdict StepRule::judge(std::span<const TriedContinuation> trials, std::span<double>) const
{
    const auto best =
        std::min_element(trials.begin(), trials.end(),
                         [](const auto& a, const auto& b) { return a.perplexity < b.perplexity; });
    const int number = static_cast<int>(best - trials.begin()) + 1;
    return {number, "trial " + std::to_string(number) + " of " + std::to_string(trials.size()) +
                        ", perplexity " + toText(best->perplexity) + " over " +
                        counted(std::ssize(best->tokens), "step")};
}

} // namespace halftone
