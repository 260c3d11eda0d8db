#include "sampling/divergence.h"

#include <algorithm>
#include <cmath>

namespace halftone {

std::vector<double> probabilities(std::span<const float> logits)
{
    float largest = -INFINITY;
    for (const float logit : logits)
        if (std::isfinite(logit))
            largest = std::max(largest, logit);
    std::vector<double> p(logits.size());
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
        if (std::isfinite(logits[i])) {
            p[i] = std::exp(static_cast<double>(logits[i]) - static_cast<double>(largest));
            sum += p[i];
        }
    if (sum > 0)
        for (double& value : p)
            value /= sum;
    return p;
}

double jensenShannon(std::span<const double> p, std::span<const double> q)
{
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double mean = (p[i] + q[i]) / 2;
        if (p[i] > 0)
            sum += p[i] * std::log(p[i] / mean);
        if (q[i] > 0)
            sum += q[i] * std::log(q[i] / mean);
    }
    return std::max(0.0, sum / 2);
}

} // namespace halftone
