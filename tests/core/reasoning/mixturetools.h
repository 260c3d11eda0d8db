// What tests of modes that mix tokens have in common.
#pragma once

#include "reasoning/parameters.h"
#include "reasoning/steprule.h"

#include <cmath>
#include <vector>

namespace halftone::test {

inline constexpr TokenId thinkEnd{4};

inline TokenMarkers mixtureMarkers()
{
    return {TokenId{3}, thinkEnd, {TokenId{2}}};
}

/// Parameters under which no temperature and no filter acts, and `more`.
inline ParameterValues unfiltered(ParameterValues more = {})
{
    ParameterValues values{
        {"temperature", 1.0}, {"top-k", std::int64_t{0}}, {"top-p", 1.0}, {"min-p", 0.0}};
    values.merge(more);
    return values;
}

inline std::vector<float> logitsOf(const std::vector<double>& probabilities)
{
    std::vector<float> logits;
    for (const double p : probabilities)
        logits.push_back(static_cast<float>(std::log(p)));
    return logits;
}

/// Pearson's sum over the tokens that can be drawn at all.
inline double chiSquare(const std::vector<int>& counts, const std::vector<double>& p, int draws)
{
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (p[i] > 0)
            sum += std::pow(counts[i] - p[i] * draws, 2) / (p[i] * draws);
    return sum;
}

} // namespace halftone::test
