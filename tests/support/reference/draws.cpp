#include "draws.h"

#include "referencesampling.h"

#include <cmath>

namespace halftone::test::reference {

namespace {

double aboveZero(StepRng& rng)
{
    return (static_cast<double>(rng.bits() / 4096) + 0.5) / 4503599627370496.0; // of 2^52
}

} // namespace

double normal(StepRng& rng)
{
    const double u = aboveZero(rng);
    const double angle = 2 * 3.14159265358979323846 * rng.uniform();
    return std::sqrt(-2 * std::log(u)) * std::cos(angle);
}

double gumbel(StepRng& rng)
{
    return -std::log(-std::log(aboveZero(rng)));
}

double logGamma(StepRng& rng, double shape)
{
    // Of a shape below 1: that of shape + 1 times u^(1 / shape).
    if (shape < 1) {
        const double power = std::log(aboveZero(rng)) / shape;
        return logGamma(rng, shape + 1) + power;
    }
    const double d = shape - 1.0 / 3;
    while (true) {
        const double x = normal(rng);
        const double v = std::pow(1 + x / std::sqrt(9 * d), 3);
        if (v > 0 && std::log(aboveZero(rng)) < x * x / 2 + d * (1 - v + std::log(v)))
            return std::log(d * v);
    }
}

int drawn(const std::vector<double>& p, double u)
{
    double sum = 0;
    int last = 0;
    for (const auto& [id, weight] : mixture(p, static_cast<int>(p.size()))) {
        sum += weight;
        last = id;
        if (u < sum)
            break;
    }
    return last;
}

} // namespace halftone::test::reference
