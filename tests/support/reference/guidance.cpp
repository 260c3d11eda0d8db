// Budget guidance: at the first step and after line breaks the distribution at T = 1 is weighted by
// the probability that the thinking ends within b more steps,
//
//   a_v = P(ln(L + 1) <= ln(b + 1)),  ln(L + 1) ~ Gamma(alpha_v, lambda_v),
//   0 unless lambda >= 10, alpha > 1 and exp((alpha - 1) / lambda) - 1 >= 0.9
//
// with the integral taken by Simpson's rule over the density.
#include "draws.h"
#include "rules.h"

#include <algorithm>
#include <cmath>

namespace halftone::test::reference {

namespace {

double integratedDensity(double x, double shape, double rate)
{
    const auto density = [&](double t) {
        return t <= 0 ? 0
                      : std::exp(shape * std::log(rate) + (shape - 1) * std::log(t) - rate * t -
                                 std::lgamma(shape));
    };
    constexpr int steps = 20'000;
    const double h = x / steps;
    double sum = density(0) + density(x);
    for (int i = 1; i < steps; ++i)
        sum += (i % 2 == 1 ? 4 : 2) * density(i * h);
    return sum * h / 3;
}

class GuidanceRule : public Rule
{
public:
    explicit GuidanceRule(Guidance options)
        : m_options(std::move(options))
    {
    }

    Decided decide(const Seen& seen) override
    {
        const int thought = m_thought++;
        Decided decided;
        decided.weights.resize(seen.logits.size());
        std::vector<double> p;
        if (m_options.predictor && (thought == 0 || m_options.newlines.contains(seen.previous))) {
            p = guided(seen.logits, m_options.predictor->gammas(seen.hidden),
                       std::max(1, m_options.budget - thought));
            decided.scaledEntropy = entropy(p);
            decided.events = {EventKind::Guided};
        } else {
            p = filtered(seen.logits, m_options.sampling);
            decided.scaledEntropy =
                m_options.sampling.temperature == 0
                    ? 0
                    : entropy(softmax(seen.logits, m_options.sampling.temperature));
        }
        StepRng rng({seen.seed, static_cast<std::uint64_t>(seen.step), 0});
        decided.feed(drawn(p, rng.uniform()));
        return decided;
    }

private:
    Guidance m_options;
    int m_thought = 0;
};

} // namespace

std::vector<std::pair<double, double>> Predictor::gammas(std::span<const float> h) const
{
    const std::size_t size = bias.size();
    std::vector<double> u;
    for (std::size_t i = 0; i < size; ++i) {
        double sum = double{bias[i]};
        for (std::size_t k = 0; k < h.size(); ++k)
            sum += double{weight[i * h.size() + k]} * double{h[k]};
        u.push_back(std::max(0.0, sum));
    }
    const auto head = [&](const std::vector<float>& rows, std::size_t v) {
        double sum = 0;
        for (std::size_t i = 0; i < size; ++i)
            sum += double{rows[v * size + i]} * u[i];
        return std::log1p(std::exp(-std::abs(sum))) + std::max(0.0, sum); // softplus
    };
    std::vector<std::pair<double, double>> result;
    for (std::size_t v = 0; v < alpha.size() / size; ++v)
        result.emplace_back(head(alpha, v), head(lambda, v));
    return result;
}

std::vector<double> guided(std::span<const float> logits,
                           const std::vector<std::pair<double, double>>& gammas, double left)
{
    std::vector<double> p = softmax(logits, 1);
    const std::vector<double> raw = p;
    double sum = 0;
    for (std::size_t v = 0; v < p.size(); ++v) {
        const auto [shape, rate] = gammas[v];
        const bool open = rate >= 10 && shape > 1 && std::exp((shape - 1) / rate) - 1 >= 0.9;
        p[v] *= open ? integratedDensity(std::log(left + 1), shape, rate) : 0;
        sum += p[v];
    }
    if (sum == 0) {
        const auto best = std::max_element(raw.begin(), raw.end()) - raw.begin();
        std::fill(p.begin(), p.end(), 0);
        p[static_cast<std::size_t>(best)] = sum = 1;
    }
    for (double& value : p)
        value /= sum;
    return p;
}

RulePtr guidance(const Guidance& options)
{
    return std::make_unique<GuidanceRule>(options);
}

} // namespace halftone::test::reference
