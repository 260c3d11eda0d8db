#include "sampling/logitspass.h"

#include "sampling/selection_p.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

/// The sums over all blocks so far.
class RunningSums
{
public:
    explicit RunningSums(double temperature)
        // What a float32 cannot hold is so steep that nothing is left beside the maximum, or so
        // flat that all is alike.
        : m_scale(static_cast<float>(std::clamp(1 / temperature, lowestScale, highestScale)))
        , m_rounding(m_scale > lowestScale && m_scale < highestScale
                         ? 1 / temperature / double{m_scale} - 1
                         : 0)
    {
    }

    void add(std::span<const float> block, const cpu::BlockPeak& peak)
    {
        if (peak.highest == minusInfinity)
            return;
        if (peak.highest > m_maximum)
            raise(peak.highest);
        const cpu::SoftmaxSums sums = cpu::softmaxSums(block, peak, m_maximum, m_scale);
        if (peak.highest == m_maximum)
            m_atMaximum += std::count(block.begin(), block.end(), m_maximum);
        m_sums.w += sums.w;
        m_sums.wy += sums.wy;
        m_sums.wyy += sums.wyy;
    }

    [[nodiscard]] ScaledSummary summary() const
    {
        if (m_maximum == minusInfinity)
            return {};
        // To first order what the scale's own rounding took from every y: small, but one way.
        const double w = m_sums.w + m_rounding * m_sums.wy;
        const double wy = m_sums.wy + m_rounding * (m_sums.wy + m_sums.wyy);
        // From 1 on, since beside a certain token the rest is small: so it keeps its digits.
        const double beside = static_cast<double>(m_atMaximum - 1) + w;
        const double mean = wy / (1 + beside);
        return {.maximum = m_maximum,
                .mass = 1 + beside,
                .entropy = std::max(0.0, std::log1p(beside) - mean),
                .varentropy = std::max(0.0, m_sums.wyy / (1 + beside) - mean * mean)};
    }

private:
    static constexpr double lowestScale = std::numeric_limits<float>::min();
    static constexpr double highestScale = std::numeric_limits<float>::max();

    /// Lets the sums refer to a higher maximum.
    void raise(float maximum)
    {
        const double w = static_cast<double>(m_atMaximum) + m_sums.w;
        if (w > 0) {
            const double shift = (double{m_maximum} - double{maximum}) * double{m_scale};
            const double factor = std::exp(shift);
            // Where nothing is left, an infinite shift must not make NaN of it.
            m_sums = factor > 0
                         ? cpu::SoftmaxSums{.w = factor * w,
                                            .wy = factor * (m_sums.wy + shift * w),
                                            .wyy = factor * (m_sums.wyy + 2 * shift * m_sums.wy +
                                                             shift * shift * w)}
                         : cpu::SoftmaxSums{};
        }
        m_maximum = maximum;
        m_atMaximum = 0;
    }

    float m_scale;
    double m_rounding; // y is this share of itself too small
    float m_maximum = minusInfinity;
    std::int64_t m_atMaximum = 0;
    cpu::SoftmaxSums m_sums; // of those below
};

} // namespace

double LogitsSummary::probability(float logit) const
{
    return std::exp(logit - logSumExp);
}

void summariseLogits(std::span<const float> logits, int topCount, LogitsSummary& out)
{
    RunningSums sums(1);
    out.invalid = 0;
    const auto capacity = static_cast<std::size_t>(std::max(topCount, 0));
    TopHeap best(out.top, std::min(capacity, logits.size()));
    overParts(logits, cpu::logitsPerBlock, [&](std::span<const float> block, std::size_t begin) {
        const cpu::BlockPeak peak = cpu::peakOf(block);
        out.invalid += peak.invalid;
        sums.add(block, peak);
        if (capacity == 0)
            return;
        // Most blocks have none that is better than the best so far.
        const float threshold = best.isFull() ? best.last().logit : minusInfinity;
        if (peak.highest > threshold)
            eachOfBlockAbove(block, begin, threshold, [&](TokenId id, float logit) {
                best.offer({id, logit});
            });
    });
    best.finish();

    const ScaledSummary summary = sums.summary();
    out.entropy = summary.entropy;
    out.varentropy = summary.varentropy;
    out.pMax = summary.mass > 0 ? 1 / summary.mass : 0;
    out.logSumExp = summary.mass > 0 ? summary.maximum + std::log(summary.mass) : 0;
}

ScaledSummary scaledSummary(std::span<const float> logits, double temperature)
{
    RunningSums sums(temperature);
    overParts(logits, cpu::logitsPerBlock, [&](std::span<const float> block, std::size_t) {
        sums.add(block, cpu::peakOf(block));
    });
    return sums.summary();
}

double scaledEntropy(std::span<const float> logits, double temperature)
{
    return temperature == 0 ? 0 : scaledSummary(logits, temperature).entropy;
}

} // namespace halftone
