#include "sampling/logitspass.h"

#include "sampling/selection_p.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

constexpr double lowestScale = std::numeric_limits<float>::min();
constexpr double highestScale = std::numeric_limits<float>::max();

std::size_t blockCount(std::size_t logits)
{
    return (logits + cpu::logitsPerBlock - 1) / cpu::logitsPerBlock;
}

float highestOf(std::span<const cpu::BlockPeak> peaks)
{
    float highest = minusInfinity;
    for (const cpu::BlockPeak& peak : peaks)
        highest = std::max(highest, peak.highest);
    return highest;
}

} // namespace

double LogitsSummary::probability(float logit) const
{
    return std::exp(logit - logSumExp);
}

LogitsPass::Temperature::Temperature(double temperature)
    : value(temperature)
    // What a float32 cannot hold is so steep that nothing is left beside the maximum, or so flat
    // that all is alike.
    , scale(static_cast<float>(std::clamp(1 / temperature, lowestScale, highestScale)))
    , rounding(scale > lowestScale && scale < highestScale ? 1 / temperature / double{scale} - 1
                                                           : 0)
{
}

ScaledSummary LogitsPass::Temperature::summary(std::span<const cpu::BlockPeak> peaks) const
{
    const float maximum = highestOf(peaks);
    if (maximum == minusInfinity)
        return {};
    double atMaximum = 0;
    cpu::SoftmaxSums all; // of those below
    for (std::size_t i = 0; i < peaks.size(); ++i) {
        const cpu::SoftmaxSums& own = sums[i];
        const double shift =
            (double{peaks[i].highest} - double{maximum}) * double{scale}; // of a block's ys
        if (shift == 0)
            atMaximum += own.atHighest;
        const double w = own.w + (shift == 0 ? 0 : own.atHighest);
        const double factor = std::exp(shift);
        if (!(factor > 0))
            continue; // the shift may be infinite
        all.w += factor * w;
        all.wy += factor * (own.wy + shift * w);
        all.wyy += factor * (own.wyy + 2 * shift * own.wy + shift * shift * w);
    }
    // To first order what the scale's own rounding took from every y: small, but one way.
    const double w = all.w + rounding * all.wy;
    const double wy = all.wy + rounding * (all.wy + all.wyy);
    // From 1 on, since beside a certain token the rest is small: so it keeps its digits.
    const double beside = atMaximum - 1 + w;
    const double mean = wy / (1 + beside);
    return {.maximum = maximum,
            .mass = 1 + beside,
            .entropy = std::max(0.0, std::log1p(beside) - mean),
            .varentropy = std::max(0.0, all.wyy / (1 + beside) - mean * mean)};
}

void LogitsPass::begin(std::span<const float> logits)
{
    m_logits = logits;
    const std::size_t blocks = blockCount(logits.size());
    m_peaks.resize(blocks);
    m_looked.assign(blocks, 0);
    m_complete = false;
    std::erase_if(m_temperatures, [](const Temperature& one) { return !one.asked; });
    for (Temperature& one : m_temperatures) {
        one.sums.resize(blocks);
        one.known.reset();
        one.asked = false;
    }
}

std::span<const float> LogitsPass::block(std::size_t index) const
{
    const std::size_t begin = index * cpu::logitsPerBlock;
    return m_logits.subspan(begin, std::min(cpu::logitsPerBlock, m_logits.size() - begin));
}

void LogitsPass::lookAt(std::size_t index, std::span<const float> block)
{
    m_peaks[index] = cpu::peakOf(block);
    for (Temperature& one : m_temperatures)
        one.sums[index] = cpu::softmaxSums(block, m_peaks[index].highest, one.scale);
    m_looked[index] = 1;
}

void LogitsPass::look(std::size_t begin, std::span<const float> part)
{
    const std::size_t end = begin + part.size();
    for (std::size_t index = blockCount(begin); index < m_looked.size(); ++index) {
        const std::size_t first = index * cpu::logitsPerBlock;
        const std::size_t size = block(index).size();
        if (first + size > end)
            break;
        lookAt(index, part.subspan(first - begin, size));
    }
}

void LogitsPass::lookAtTheRest()
{
    if (m_complete)
        return;
    for (std::size_t index = 0; index < m_looked.size(); ++index)
        if (m_looked[index] == 0)
            lookAt(index, block(index));
    m_complete = true;
}

std::span<const cpu::BlockPeak> LogitsPass::peaks()
{
    lookAtTheRest();
    return m_peaks;
}

float LogitsPass::highest()
{
    return highestOf(peaks());
}

ScaledSummary LogitsPass::scaled(double temperature)
{
    auto one = std::find_if(m_temperatures.begin(), m_temperatures.end(),
                            [&](const Temperature& each) { return each.value == temperature; });
    if (one == m_temperatures.end()) {
        one = m_temperatures.emplace(m_temperatures.end(), temperature);
        one->sums.resize(m_peaks.size());
        // Those that are still to be looked at are, at this temperature too.
        for (std::size_t index = 0; index < m_peaks.size(); ++index)
            if (m_looked[index] != 0)
                one->sums[index] =
                    cpu::softmaxSums(block(index), m_peaks[index].highest, one->scale);
    }
    lookAtTheRest();
    one->asked = true;
    if (!one->known)
        one->known = one->summary(m_peaks);
    return *one->known;
}

double LogitsPass::scaledEntropy(double temperature)
{
    return temperature == 0 ? 0 : scaled(temperature).entropy;
}

void LogitsPass::summarise(int topCount, LogitsSummary& out)
{
    const ScaledSummary summary = scaled(1);
    out.entropy = summary.entropy;
    out.varentropy = summary.varentropy;
    out.pMax = summary.mass > 0 ? 1 / summary.mass : 0;
    out.logSumExp = summary.mass > 0 ? summary.maximum + std::log(summary.mass) : 0;
    out.invalid = 0;
    for (const cpu::BlockPeak& peak : m_peaks)
        out.invalid += peak.invalid;
    takeBest(*this, static_cast<std::size_t>(std::max(topCount, 0)), out.top);
}

} // namespace halftone
