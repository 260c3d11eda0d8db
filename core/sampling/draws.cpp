#include "sampling/draws.h"

#include <cmath>
#include <numbers>

namespace halftone {

namespace {

/// In (0, 1): a logarithm of it is finite.
double openUniform(StepRng& rng)
{
    return (static_cast<double>(rng.bits() >> 12) + 0.5) * 0x1.0p-52;
}

} // namespace

double normalDraw(StepRng& rng)
{
    const double radius = std::sqrt(-2 * std::log(openUniform(rng)));
    return radius * std::cos(2 * std::numbers::pi * rng.uniform());
}

double gumbelDraw(StepRng& rng)
{
    return -std::log(-std::log(openUniform(rng)));
}

double logGammaDraw(StepRng& rng, double shape)
{
    const double boost = shape < 1 ? std::log(openUniform(rng)) / shape : 0;
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    for (;;) {
        const double x = normalDraw(rng);
        const double root = 1 + c * x;
        if (root <= 0)
            continue;
        const double v = root * root * root;
        if (std::log(openUniform(rng)) < 0.5 * x * x + d - d * v + d * std::log(v))
            return std::log(d * v) + boost;
    }
}

void addNormalNoise(RngKey key, float scale, std::span<float> x)
{
    StepRng rng(key);
    for (float& value : x)
        value += scale * static_cast<float>(normalDraw(rng));
}

} // namespace halftone
