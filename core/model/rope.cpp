#include "model/rope_p.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace halftone {

namespace {

constexpr std::int64_t rowsAtOnce = 256;

/// Llama 3.1: long waves are slowed by the factor, short ones are left, those between are mixed.
double llama3(const RopeConfig& rope, double frequency)
{
    const auto context = static_cast<double>(rope.originalContext);
    const double wavelength = 2 * std::numbers::pi / frequency;
    if (wavelength < context / rope.highFrequencyFactor)
        return frequency;
    if (wavelength > context / rope.lowFrequencyFactor)
        return frequency / rope.factor;
    const double smooth = (context / wavelength - rope.lowFrequencyFactor) /
                          (rope.highFrequencyFactor - rope.lowFrequencyFactor);
    return (1 - smooth) * frequency / rope.factor + smooth * frequency;
}

/// YaRN: pairs that turn more than betaFast times over the original context keep their frequency,
/// those that turn less than betaSlow times are slowed, between them it ramps.
void yarn(const RopeConfig& rope, std::int32_t headDim, std::vector<double>& frequencies)
{
    const auto pairTurning = [&](double turns) {
        return headDim *
               std::log(static_cast<double>(rope.originalContext) /
                        (turns * 2 * std::numbers::pi)) /
               (2 * std::log(rope.theta));
    };
    double low = pairTurning(rope.betaFast);
    double high = pairTurning(rope.betaSlow);
    if (rope.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, headDim - 1.0);
    if (low == high)
        high += 0.001; // as transformers does, against a division by zero
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
        const double slowed = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
        frequencies[i] *= slowed / rope.factor + (1 - slowed);
    }
}

} // namespace

std::vector<double> ropeFrequencies(const RopeConfig& rope, std::int32_t headDim)
{
    std::vector<double> frequencies(static_cast<std::size_t>(headDim / 2));
    for (std::size_t i = 0; i < frequencies.size(); ++i)
        frequencies[i] = std::pow(rope.theta, -2.0 * static_cast<double>(i) / headDim);
    switch (rope.scaling) {
    case RopeScaling::None:
        break;
    case RopeScaling::Linear:
        for (double& frequency : frequencies)
            frequency /= rope.factor;
        break;
    case RopeScaling::Llama3:
        for (double& frequency : frequencies)
            frequency = llama3(rope, frequency);
        break;
    case RopeScaling::Yarn:
        yarn(rope, headDim, frequencies);
        break;
    }
    return frequencies;
}

double ropeMagnitude(const RopeConfig& rope)
{
    if (rope.scaling != RopeScaling::Yarn)
        return 1;
    if (rope.attentionFactor)
        return *rope.attentionFactor;
    return rope.factor <= 1 ? 1 : 0.1 * std::log(rope.factor) + 1;
}

RopeTable::RopeTable(const RopeConfig& rope, std::int32_t headDim)
    : m_frequency(ropeFrequencies(rope, headDim))
    , m_magnitude(ropeMagnitude(rope))
{
}

void RopeTable::reserve(std::int64_t rows)
{
    if (rows <= m_rows)
        return;
    const std::int64_t wanted = (rows + rowsAtOnce - 1) / rowsAtOnce * rowsAtOnce;
    m_cos.resize(offset(wanted));
    m_sin.resize(offset(wanted));
    for (std::int64_t position = m_rows; position < wanted; ++position) {
        for (std::size_t i = 0; i < m_frequency.size(); ++i) {
            const double angle = static_cast<double>(position) * m_frequency[i];
            m_cos[offset(position) + i] = static_cast<float>(std::cos(angle) * m_magnitude);
            m_sin[offset(position) + i] = static_cast<float>(std::sin(angle) * m_magnitude);
        }
    }
    m_rows = wanted;
}

} // namespace halftone
