#include "engine/mixtureprobe_p.h"

#include "sampling/divergence.h"

#include <numeric>
#include <vector>

namespace halftone {

Result<MixtureProbe> probeMixture(const LanguageModel& model, KvCache& cache,
                                  const StepInput& input, std::span<const float> x)
{
    const auto embedding = static_cast<std::size_t>(model.identity().embeddingSize);
    const auto vocabulary = static_cast<std::size_t>(model.identity().vocabularySize);
    const std::size_t parts = input.ids.size();
    // The parts' rows, heaviest first, then the mixture.
    std::vector<float> rows((parts + 1) * embedding);
    if (auto done = model.embedTokens(input.ids, std::span(rows).first(parts * embedding)); !done)
        return Unexpected(done.error());
    std::copy(x.begin(), x.end(), rows.end() - static_cast<std::ptrdiff_t>(embedding));
    std::vector<float> logits((parts + 1) * vocabulary);
    if (auto done = model.forwardAlternatives(rows, cache, logits); !done)
        return Unexpected(done.error());

    const auto after = [&](std::size_t row) {
        return probabilities(std::span(logits).subspan(row * vocabulary, vocabulary));
    };
    const std::vector<double> mixture = after(parts);
    const std::vector<double> first = after(0);
    const std::vector<double> second = after(1);
    const double weights =
        std::accumulate(input.weights.begin(), input.weights.end(), 0.0,
                        [](double sum, float weight) { return sum + static_cast<double>(weight); });
    std::vector<double> average(vocabulary);
    for (std::size_t part = 0; part < parts; ++part) {
        const std::vector<double> p = after(part);
        for (std::size_t i = 0; i < vocabulary; ++i)
            average[i] += static_cast<double>(input.weights[part]) / weights * p[i];
    }
    return MixtureProbe{static_cast<float>(jensenShannon(mixture, first)),
                        static_cast<float>(jensenShannon(mixture, second)),
                        static_cast<float>(jensenShannon(mixture, average)),
                        static_cast<float>(jensenShannon(first, second))};
}

} // namespace halftone
