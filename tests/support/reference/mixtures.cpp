// The modes that feed mixtures while thinking. With p the filtered distribution:
//
//   soft        the K heaviest of p, renormalised (Zhang et al., 2025)
//   gumbel      softmax((ln w + f g) / tau) over soft's w; SofT-GRPO: (w + 1e-6), g in [-1.5, 3]
//   dirichlet   g_i ~ Gamma(alpha p_i), renormalised, then the K heaviest, renormalised
//   mean        p (Butt et al., 2025, before their noise)
//   mix inputs  H (pi + beta 1[y]) / (1 + beta) + (1 - H) 1[y]: y drawn from p, pi the `top` most
//               probable at T = 1, H = H(pi) / ln top (Zhuang et al., 2025)
//
// All but the last end the thinking when </think> is the heaviest component.
#include "draws.h"
#include "rules.h"

#include <algorithm>
#include <cmath>

namespace halftone::test::reference {

namespace {

using Weights = std::vector<std::pair<int, double>>;

void renormalise(Weights& weights)
{
    double sum = 0;
    for (const auto& [id, weight] : weights)
        sum += weight;
    for (auto& component : weights)
        component.second /= sum;
}

std::vector<double> byId(const Weights& weights, std::size_t size)
{
    std::vector<double> result(size, 0);
    for (const auto& [id, weight] : weights)
        result[static_cast<std::size_t>(id)] = weight;
    return result;
}

/// A rule that only has to say what it mixes.
class Mixing : public Rule
{
public:
    Mixing(SamplingSettings sampling, Ids ids)
        : m_sampling(std::move(sampling))
        , m_ids(ids)
    {
    }

    Decided decide(const Seen& seen) override
    {
        Decided decided;
        decided.scaledEntropy =
            m_sampling.temperature == 0 ? 0 : entropy(softmax(seen.logits, m_sampling.temperature));
        StepRng rng({seen.seed, static_cast<std::uint64_t>(seen.step), 2});
        decided.weights =
            byId(mix(filtered(seen.logits, m_sampling), rng, decided), seen.logits.size());
        decided.shown = components(decided.weights).front();
        if (decided.shown == m_ids.thinkEnd)
            decided.feed(m_ids.thinkEnd);
        return decided;
    }

private:
    virtual Weights mix(const std::vector<double>& p, StepRng& rng, Decided& decided) = 0;

    SamplingSettings m_sampling;
    Ids m_ids;
};

class SoftRule : public Mixing
{
public:
    SoftRule(const SamplingSettings& sampling, int components, Ids ids)
        : Mixing(sampling, ids)
        , m_components(components)
    {
    }

private:
    Weights mix(const std::vector<double>& p, StepRng&, Decided&) override
    {
        return mixture(p, m_components);
    }

    int m_components;
};

class GumbelRule : public Mixing
{
public:
    GumbelRule(const Gumbel& options, Ids ids)
        : Mixing(options.sampling, ids)
        , m_options(options)
    {
    }

private:
    Weights mix(const std::vector<double>& p, StepRng& rng, Decided& decided) override
    {
        decided.stream = 2;
        Weights weights = mixture(p, m_options.components);
        for (auto& component : weights) {
            double g = reference::gumbel(rng);
            double w = component.second;
            if (m_options.truncated) {
                g = std::min(3.0, std::max(-1.5, g));
                w += 1e-6;
            }
            component.second = std::pow(w * std::exp(m_options.factor * g), 1 / m_options.tau);
        }
        renormalise(weights);
        return weights;
    }

    Gumbel m_options;
};

class DirichletRule : public Mixing
{
public:
    DirichletRule(const Dirichlet& options, Ids ids)
        : Mixing(options.sampling, ids)
        , m_options(options)
    {
    }

private:
    Weights mix(const std::vector<double>& p, StepRng& rng, Decided& decided) override
    {
        decided.stream = 2;
        Weights weights = mixture(p, static_cast<int>(p.size()));
        for (auto& component : weights)
            component.second = logGamma(rng, m_options.alpha * component.second);
        std::stable_sort(weights.begin(), weights.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        const double highest = weights.front().second;
        for (auto& component : weights)
            component.second = std::exp(component.second - highest);
        renormalise(weights);
        weights.resize(std::min(weights.size(), static_cast<std::size_t>(m_options.components)));
        renormalise(weights);
        return weights;
    }

    Dirichlet m_options;
};

class MixInputsRule : public Rule
{
public:
    MixInputsRule(const MixInputs& options, Ids ids)
        : m_options(options)
        , m_ids(ids)
    {
    }

    Decided decide(const Seen& seen) override
    {
        const SamplingSettings& sampling = m_options.sampling.of(seen.answers);
        Decided decided;
        decided.scaledEntropy =
            sampling.temperature == 0 ? 0 : entropy(softmax(seen.logits, sampling.temperature));
        StepRng rng({seen.seed, static_cast<std::uint64_t>(seen.step), 0});
        const int y = drawn(filtered(seen.logits, sampling), rng.uniform());
        const std::vector<double> pi =
            byId(mixture(softmax(seen.logits, 1), m_options.top), seen.logits.size());
        const double h = std::min(1.0, entropy(pi) / std::log(m_options.top));
        for (std::size_t id = 0; id < pi.size(); ++id) {
            const double one = static_cast<int>(id) == y ? 1 : 0;
            decided.weights.push_back(h * (pi[id] + m_options.beta * one) / (1 + m_options.beta) +
                                      (1 - h) * one);
        }
        decided.shown = y;
        // A marker that is fed as a token speaks for itself.
        if (components(decided.weights) == std::vector{y})
            return decided;
        if (!seen.answers && y == m_ids.thinkEnd)
            decided.events.push_back(EventKind::ThinkingEnded);
        if (seen.answers && y == m_ids.thinkStart)
            decided.events.push_back(EventKind::ThinkingStarted);
        return decided;
    }

private:
    MixInputs m_options;
    Ids m_ids;
};

} // namespace

RulePtr soft(const SamplingSettings& sampling, int components, Ids ids)
{
    return std::make_unique<SoftRule>(sampling, components, ids);
}

RulePtr gumbel(const Gumbel& options, Ids ids)
{
    return std::make_unique<GumbelRule>(options, ids);
}

RulePtr dirichlet(const Dirichlet& options, Ids ids)
{
    return std::make_unique<DirichletRule>(options, ids);
}

RulePtr mean(const SamplingSettings& sampling, Ids ids)
{
    return soft(sampling, 1'000'000'000, ids); // of all that there are
}

RulePtr mixInputs(const MixInputs& options, Ids ids)
{
    return std::make_unique<MixInputsRule>(options, ids);
}

} // namespace halftone::test::reference
