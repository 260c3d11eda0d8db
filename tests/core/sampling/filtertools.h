// Filtering in one call, and what it leaves in the form that the reference gives.
#pragma once

#include "sampling/filters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace halftone::test {

inline constexpr float infinity = std::numeric_limits<float>::infinity();

[[nodiscard]] inline Distribution filter(const std::vector<float>& logits,
                                         const SamplingSettings& settings)
{
    Distribution out;
    LogitsPass row(logits);
    filterLogits(row, settings, out);
    return out;
}

/// By id, as the tests' tables write them.
[[nodiscard]] inline std::vector<double> byId(const Distribution& distribution, std::size_t size)
{
    std::vector<double> p(size, 0);
    for (const WeightedToken& token : distribution.tokens)
        p[token.id.index()] = token.probability;
    return p;
}

[[nodiscard]] inline bool near(const std::vector<double>& a, const std::vector<double>& b,
                               double tolerance)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(),
                      [=](double x, double y) { return std::abs(x - y) <= tolerance; });
}

} // namespace halftone::test
