#include "eval/figures.h"

#include "eval/itemsamples_p.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace halftone {

namespace {

constexpr double mostBins = 24; // before widths are rounded, by a factor of 2.5 at most
constexpr double fewestBins = 5;

Estimate tokensOf(const ItemSamples& items)
{
    std::vector<double> means;
    for (const auto& [item, samples] : items) {
        double tokens = 0;
        for (const StoredSample* sample : samples)
            tokens +=
                static_cast<double>(sample->outcome->thinkTokens + sample->outcome->answerTokens);
        means.push_back(tokens / static_cast<double>(samples.size()));
    }
    return {mean(means), bootstrapMean(means)};
}

std::vector<PassAt> passCurveOf(const ItemSamples& items, const std::vector<std::int64_t>& asked)
{
    std::int64_t most = 0;
    for (const auto& [item, samples] : items)
        most = std::max(most, std::ssize(samples));
    std::set<std::int64_t> ks;
    for (std::int64_t k = 1; k < most; k *= 2)
        ks.insert(k);
    for (const std::int64_t k : asked)
        if (k <= most)
            ks.insert(k);
    if (most > 0)
        ks.insert(most);
    std::vector<PassAt> curve;
    for (const std::int64_t k : ks)
        curve.push_back(passAtOf(items, k));
    return curve;
}

EntropyHistogram entropiesOf(const ItemSamples& items)
{
    std::vector<double> entropies[2]; // wrong, correct
    for (const auto& [item, samples] : items)
        for (const StoredSample* sample : samples)
            entropies[sample->outcome->correct ? 1 : 0].push_back(sample->outcome->entropy);
    return entropyHistogram(entropies[1], entropies[0]);
}

/// The greatest of 1, 2 and 5 times a power of ten that is `width` at most.
double roundWidth(double width)
{
    const double power = std::pow(10, std::floor(std::log10(width)));
    for (const double factor : {5.0, 2.0})
        if (factor * power <= width)
            return factor * power;
    return power;
}

} // namespace

EntropyHistogram entropyHistogram(std::span<const double> correct, std::span<const double> wrong)
{
    std::vector<double> all;
    for (const std::span<const double> group : {correct, wrong})
        std::copy_if(group.begin(), group.end(), std::back_inserter(all),
                     [](double value) { return std::isfinite(value); });
    EntropyHistogram histogram;
    if (all.empty())
        return histogram;
    // Where all samples were sure of every step there is nothing to divide.
    const double greatest = *std::max_element(all.begin(), all.end());
    const double most = greatest > 0 ? greatest : 1;
    const Quartiles spread = quartiles(all);
    const double freedman =
        2 * (spread.upper - spread.lower) / std::cbrt(static_cast<double>(all.size()));
    const double width = roundWidth(std::clamp(freedman, most / mostBins, most / fewestBins));
    const auto bins = static_cast<std::size_t>(std::floor(most / width)) + 1;
    for (std::size_t edge = 0; edge <= bins; ++edge)
        histogram.edges.push_back(width * static_cast<double>(edge));
    const auto count = [&](std::span<const double> values) {
        std::vector<std::int64_t> counts(bins);
        for (const double value : values) {
            if (!std::isfinite(value))
                continue;
            const auto above =
                std::upper_bound(histogram.edges.begin(), histogram.edges.end(), value);
            const auto bin = std::distance(histogram.edges.begin(), above) - 1;
            ++counts[static_cast<std::size_t>(
                std::clamp<std::ptrdiff_t>(bin, 0, static_cast<std::ptrdiff_t>(bins) - 1))];
        }
        return counts;
    };
    histogram.correct = count(correct);
    histogram.wrong = count(wrong);
    return histogram;
}

EvaluationFigures makeFigures(const EvaluationPlan& plan, std::span<const StoredSample> samples,
                              const CancelToken& cancel)
{
    EvaluationFigures figures;
    for (const EvaluationSetting& setting : plan.settings) {
        if (cancel.cancelled())
            return figures;
        const ItemSamples items = samplesOf(setting, samples);
        figures.settings.push_back(
            {setting.name, tokensOf(items), passCurveOf(items, plan.passAt), entropiesOf(items)});
    }
    return figures;
}

} // namespace halftone
