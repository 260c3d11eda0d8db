#include "train/mixing.h"

#include "base/topheap.h"
#include "sampling/draws.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

/// exp(logs) over its sum.
void setWeights(TokenMixture& mixture, const std::vector<double>& logs)
{
    const double largest = *std::max_element(logs.begin(), logs.end());
    double sum = 0;
    for (const double log : logs)
        sum += std::exp(log - largest);
    for (std::size_t i = 0; i < logs.size(); ++i)
        mixture[i].second = static_cast<float>(std::exp(logs[i] - largest) / sum);
    std::erase_if(mixture, [](const auto& part) { return part.second <= 0; });
}

struct Probable
{
    std::int32_t token;
    float probability;
};

} // namespace

TokenMixture evenMixture(std::vector<std::int32_t> tokens)
{
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    TokenMixture mixture;
    for (const std::int32_t token : tokens)
        mixture.emplace_back(token, 1.0F / static_cast<float>(tokens.size()));
    return mixture;
}

TokenMixture topMixture(std::span<const float> probabilities, std::int32_t top)
{
    std::vector<Probable> best;
    TopHeap<Probable> heap(best, static_cast<std::size_t>(top));
    for (std::size_t i = 0; i < probabilities.size(); ++i)
        heap.offer({static_cast<std::int32_t>(i), probabilities[i]});
    heap.finish();
    double sum = 0;
    for (const Probable& one : best)
        sum += static_cast<double>(one.probability);
    TokenMixture mixture;
    for (const Probable& one : best)
        if (one.probability > 0)
            mixture.emplace_back(one.token,
                                 static_cast<float>(static_cast<double>(one.probability) / sum));
    return mixture;
}

TokenMixture perturbed(TokenMixture mixture, const SoftSettings& settings, StepRng& rng)
{
    if (mixture.size() < 2)
        return mixture;
    std::vector<double> logs;
    for (const auto& [token, weight] : mixture) {
        const auto w = static_cast<double>(weight);
        switch (settings.noise) {
        case MixtureNoise::Dirichlet:
            logs.push_back(logGammaDraw(rng, settings.concentration * w));
            break;
        case MixtureNoise::Gumbel:
            logs.push_back((std::log(w) + gumbelDraw(rng)) / settings.gumbelTemperature);
            break;
        case MixtureNoise::None:
        case MixtureNoise::Gaussian:
            return mixture;
        }
    }
    setWeights(mixture, logs);
    return mixture;
}

} // namespace halftone
