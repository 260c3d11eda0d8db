// Distributions over the next token, in float64.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace halftone::test {

/// ln softmax.
[[nodiscard]] inline std::vector<double> logProbabilities(std::span<const float> logits)
{
    double highest = -HUGE_VAL;
    for (const float logit : logits)
        highest = std::max(highest, double{logit});
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(double{logit} - highest);
    std::vector<double> result;
    for (const float logit : logits)
        result.push_back(double{logit} - highest - std::log(sum));
    return result;
}

/// KL(p ‖ q) of the distributions that these logits stand for, nats.
[[nodiscard]] inline double divergence(std::span<const float> p, std::span<const float> q)
{
    const std::vector<double> lp = logProbabilities(p);
    const std::vector<double> lq = logProbabilities(q);
    double sum = 0;
    for (std::size_t i = 0; i < lp.size(); ++i)
        sum += std::exp(lp[i]) * (lp[i] - lq[i]);
    return sum;
}

} // namespace halftone::test
