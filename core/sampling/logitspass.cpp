#include "sampling/logitspass.h"

#include "base/topheap.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

constexpr float minusInfinity = -std::numeric_limits<float>::infinity();
// exp() of anything lower is 0 in double.
constexpr double lowestExponent = -745.2;
constexpr std::size_t blockSize = 256;

bool valid(float logit)
{
    return logit <= std::numeric_limits<float>::max(); // false for NaN
}

/// Running sums over y = (logit - maximum) / T and w = exp(y).
struct Moments
{
    double maximum = -std::numeric_limits<double>::infinity();
    double w = 0;
    double wy = 0;
    double wyy = 0;

    /// Lets the sums refer to a higher maximum.
    void raise(double newMaximum, double temperature)
    {
        if (w > 0) {
            const double shift = (maximum - newMaximum) / temperature;
            const double scale = std::exp(shift);
            if (scale > 0) {
                wyy = scale * (wyy + 2 * shift * wy + shift * shift * w);
                wy = scale * (wy + shift * w);
                w *= scale;
            } else {
                w = wy = wyy = 0;
            }
        }
        maximum = newMaximum;
    }

    [[nodiscard]] bool empty() const { return !(w > 0); }
    [[nodiscard]] double entropy() const { return std::max(0.0, std::log(w) - wy / w); }
    [[nodiscard]] double varentropy() const
    {
        const double mean = wy / w;
        return std::max(0.0, wyy / w - mean * mean);
    }
};

Moments moments(std::span<const float> logits, double temperature)
{
    Moments sums;
    for (std::size_t begin = 0; begin < logits.size(); begin += blockSize) {
        const auto block = logits.subspan(begin, std::min(blockSize, logits.size() - begin));
        float highest = minusInfinity;
        for (const float logit : block)
            highest = logit > highest && valid(logit) ? logit : highest;
        if (highest == minusInfinity)
            continue;
        if (highest > sums.maximum)
            sums.raise(highest, temperature);

        double w = 0;
        double wy = 0;
        double wyy = 0;
        for (const float logit : block) {
            const double y = (logit - sums.maximum) / temperature;
            if (!(y > lowestExponent && y <= 0)) // leaves out what is not finite, too
                continue;
            const double weight = std::exp(y);
            w += weight;
            wy += weight * y;
            wyy += weight * y * y;
        }
        sums.w += w;
        sums.wy += wy;
        sums.wyy += wyy;
    }
    return sums;
}

} // namespace

double LogitsSummary::probability(float logit) const
{
    return std::exp(logit - logSumExp);
}

void summariseLogits(std::span<const float> logits, int topCount, LogitsSummary& out)
{
    const Moments sums = moments(logits, 1);
    out.logSumExp = sums.empty() ? 0 : sums.maximum + std::log(sums.w);
    out.entropy = sums.empty() ? 0 : sums.entropy();
    out.varentropy = sums.empty() ? 0 : sums.varentropy();
    out.pMax = sums.empty() ? 0 : 1 / sums.w;

    out.invalid = 0;
    const auto capacity = static_cast<std::size_t>(std::max(topCount, 0));
    TopHeap heap(out.top, std::min(capacity, logits.size()));
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const float logit = logits[i];
        if (!valid(logit))
            ++out.invalid;
        else if (logit > minusInfinity)
            heap.offer({TokenId{static_cast<std::int32_t>(i)}, logit});
    }
    heap.finish();
}

double scaledEntropy(std::span<const float> logits, double temperature)
{
    if (temperature == 0)
        return 0;
    const Moments sums = moments(logits, temperature);
    return sums.empty() ? 0 : sums.entropy();
}

} // namespace halftone
