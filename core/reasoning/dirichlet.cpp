// Soft Thinking with Dirichlet noise (eric-ai-lab/Soft-Thinking's noise option; "LLMs are
// Single-threaded Reasoners", Wu et al., 2025): the weights are drawn around the distribution.
//
//   p: softmax(z / T) after the filters;  g_i ~ Gamma(alpha p_i, 1);  w = g / sum g
//   then cut to the `max-topk` heaviest, renormalised
//
// Before the cut w ~ Dirichlet(alpha p): E w_i = p_i, Var w_i = p_i (1 - p_i) / (alpha + 1). Drawn
// for the tokens that the filters left alone: a Gamma variable of shape 0 does not exist, and the
// code's draws for filtered tokens are outside its domain. In logarithms throughout, since a small
// shape's draw is most often too small for a number.

#include "base/topheap.h"
#include "reasoning/mixture_p.h"
#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"
#include "sampling/draws.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

constexpr std::string_view modeName = "dirichlet";
/// What the paper's code takes for "no noise".
constexpr double quietAlpha = 1'000'000;

/// Log-weights of the `count` heaviest, not normalised; `drawn` is reused.
void drawHeaviest(const Distribution& p, double alpha, std::size_t count, StepRng& rng,
                  std::vector<WeightedToken>& drawn)
{
    TopHeap heap(drawn, std::min(count, p.tokens.size()));
    for (const WeightedToken& token : p.tokens)
        heap.offer({token.id, logGammaDraw(rng, alpha * token.probability)});
    heap.finish();
}

void exponentiate(std::vector<WeightedToken>& tokens)
{
    const double highest = tokens.front().probability;
    double sum = 0;
    for (WeightedToken& token : tokens) {
        token.probability = std::exp(token.probability - highest);
        sum += token.probability;
    }
    for (WeightedToken& token : tokens)
        token.probability /= sum;
}

class DirichletRule : public StepRule
{
public:
    DirichletRule(const SamplingSettings& sampling, std::size_t components, double alpha)
        : m_sampling(sampling)
        , m_components(components)
        , m_alpha(alpha)
    {
    }

    std::string_view name() const override { return modeName; }

    void decide(const StepContext& context, std::span<double>, StepRng& rng,
                Decision& decision) const override
    {
        filterLogits(context.row, m_sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(m_sampling.temperature);
        if (m_alpha >= quietAlpha) {
            takeHeaviest(decision.filtered, m_components, decision.mixture);
        } else {
            decision.filtered.complete(); // each token draws
            decision.stream = weightsStream;
            StepRng draws({rng.key().seed, rng.key().step, decision.stream});
            drawHeaviest(decision.filtered, m_alpha, m_components, draws, decision.mixture);
            exponentiate(decision.mixture);
        }
        decision.feed(decision.mixture);
        endAtMarker(context, decision);
    }

private:
    SamplingSettings m_sampling;
    std::size_t m_components;
    double m_alpha;
};

std::vector<ParameterSpec> dirichletParameters()
{
    ParameterSpec components = componentsParameter(15, "Randomized-Soft-Thinking's scripts");
    components.help =
        "How many tokens at most are mixed, the heaviest after the noise; 1 feeds the "
        "heaviest alone. Default 15: Randomized-Soft-Thinking's scripts.";

    ParameterSpec alpha;
    alpha.name = "dirichlet-alpha";
    alpha.label = "Concentration";
    alpha.minimum = 0.001;
    alpha.maximum = quietAlpha;
    alpha.defaultValue = 4.0;
    alpha.group = "Noise on weights";
    alpha.help = "How closely the drawn weights follow the distribution: their variance is p (1 - "
                 "p) / (alpha + 1). Low values leave one token almost alone; at 1000000 there is "
                 "no noise. Default 4: Randomized-Soft-Thinking's scripts.";

    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    setDefault(specs, "min-p", 0.0, "Randomized-Soft-Thinking's scripts");
    specs.push_back(std::move(components));
    specs.push_back(std::move(alpha));
    return specs;
}

Result<std::unique_ptr<StepRule>> dirichletRule(const ParameterValues& values, const ModeContext&)
{
    return thinkingSampling(values).map([&](const SamplingSettings& sampling) {
        return std::unique_ptr<StepRule>(std::make_unique<DirichletRule>(
            sampling, componentsOf(values), realOf(values, "dirichlet-alpha")));
    });
}

} // namespace

Mode dirichletMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Soft Thinking with Dirichlet noise";
    mode.summary = "Feeds a mixture whose weights are drawn around the distribution while "
                   "thinking; the answer is discrete.";
    mode.source = "Soft Thinking's Dirichlet option (eric-ai-lab/Soft-Thinking b97407c), with the "
                  "defaults of \"LLMs are Single-threaded Reasoners\" (Wu et al., 2025; "
                  "WJMacro/Randomized-Soft-Thinking 2f34db3)";
    mode.parameters = dirichletParameters();
    mode.makeRule = dirichletRule;
    mode.thinks = true;
    return mode;
}

} // namespace halftone
