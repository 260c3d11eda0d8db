#include "engine/recording_p.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

double filteredProbability(const Distribution& distribution, TokenId id, std::size_t rank)
{
    // Temperature and filters keep the order, so the token is most often found at its raw rank.
    const auto& tokens = distribution.tokens;
    return rank < tokens.size() && tokens[rank].id == id ? tokens[rank].probability
                                                         : distribution.probability(id);
}

float weightOf(const StepInput& input, TokenId id)
{
    const auto found = std::find(input.ids.begin(), input.ids.end(), id);
    return found != input.ids.end()
               ? input.weights[static_cast<std::size_t>(found - input.ids.begin())]
               : 0;
}

double entropyOf(const std::vector<float>& weights)
{
    double sum = 0;
    for (const float weight : weights)
        if (weight > 0)
            sum -= weight * std::log(static_cast<double>(weight));
    return std::max(0.0, sum);
}

} // namespace

void recordDecision(std::span<const float> logits, const LogitsSummary& raw,
                    const Decision& decision, StepRecord& record)
{
    record.input = decision.input;
    record.sampled = decision.sampled;
    record.forced = decision.forced;
    record.events.insert(record.events.end(), decision.events.begin(), decision.events.end());

    record.entropy = raw.entropy;
    record.varentropy = raw.varentropy;
    record.pMax = raw.pMax;
    record.effectiveTokens = std::exp(raw.entropy);

    double mass = 0;
    const auto add = [&](TokenId id, float logit) {
        const double probability = raw.probability(logit);
        mass += probability;
        record.candidates.push_back({id, static_cast<float>(probability),
                                     static_cast<float>(filteredProbability(
                                         decision.filtered, id, record.candidates.size())),
                                     weightOf(decision.input, id)});
    };
    record.candidates.reserve(raw.top.size() + decision.input.ids.size());
    for (const TokenLogit& token : raw.top)
        add(token.id, token.logit);
    for (const TokenId id : decision.input.ids) {
        const auto isThis = [id](const Candidate& candidate) { return candidate.id == id; };
        if (std::none_of(record.candidates.begin(), record.candidates.end(), isThis))
            add(id, logits[id.index()]);
    }
    record.residualMass = std::max(0.0, 1 - mass);

    record.scaledEntropy = decision.scaledEntropy;
    record.filteredEntropy = decision.filtered.entropy();
    record.filteredSupport = static_cast<std::int64_t>(decision.filtered.support());
    record.mixtureEntropy = decision.input.kind == InputKind::Token ? 0
                            : decision.dense.empty() ? entropyOf(decision.input.weights)
                                                     : entropyOf(decision.dense); // all of it
}

} // namespace halftone
