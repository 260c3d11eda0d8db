// Gumbel noise on Soft Thinking's mixture (eric-ai-lab/Soft-Thinking's noise option; "LLMs are
// Single-threaded Reasoners", Wu et al., 2025, found it the best of those that they tried).
//
//   w: the `max-topk` most probable of the filtered tokens, renormalised;  g_i ~ Gumbel(0, 1)
//   u_i = ln w_i + f g_i;  weights softmax(u / tau),  tau = `gumbel-temperature`
//
// With f = 1 the heaviest component is an exact categorical draw from w (the Gumbel-max trick), so
// </think> is drawn as well, where plain Soft Thinking waits until it is the most probable token.
// SofT-GRPO (zz1358m/SofT-GRPO-master) trains with noise that it cuts off, u_i = ln(w_i + 1e-6) +
// f clamp(g_i, -1.5, 3), and infers with the same: then the draw is not exact.

#include "base/topheap.h"
#include "reasoning/mixture_p.h"
#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"
#include "sampling/draws.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

constexpr std::string_view modeName = "gumbel";

struct GumbelNoise
{
    double temperature = 1; // 0: the heaviest alone
    double factor = 1;
    bool truncated = false; // as SofT-GRPO

    [[nodiscard]] double perturbed(double weight, double gumbel) const
    {
        return truncated ? std::log(weight + 1e-6) + factor * std::clamp(gumbel, -1.5, 3.0)
                         : std::log(weight) + factor * gumbel;
    }
};

/// Puts noise on a mixture's weights, drawn in its order.
void perturb(std::vector<WeightedToken>& mixture, const GumbelNoise& noise, StepRng& rng)
{
    for (WeightedToken& token : mixture)
        token.probability = noise.perturbed(token.probability, gumbelDraw(rng));
    const WeightedToken best =
        *std::min_element(mixture.begin(), mixture.end(), ranksBefore<WeightedToken>);
    if (noise.temperature == 0) {
        mixture.assign(1, {best.id, 1});
        return;
    }
    double sum = 0;
    for (WeightedToken& token : mixture) {
        token.probability = std::exp((token.probability - best.probability) / noise.temperature);
        sum += token.probability;
    }
    for (WeightedToken& token : mixture)
        token.probability /= sum;
}

class GumbelRule : public StepRule
{
public:
    GumbelRule(const SamplingSettings& sampling, std::size_t components, const GumbelNoise& noise)
        : m_sampling(sampling)
        , m_components(components)
        , m_noise(noise)
    {
    }

    std::string_view name() const override { return modeName; }

    void decide(const StepContext& context, std::span<double>, StepRng& rng,
                Decision& decision) const override
    {
        filterLogits(context.row, m_sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(m_sampling.temperature);
        decision.stream = weightsStream;
        StepRng draws({rng.key().seed, rng.key().step, decision.stream});
        takeHeaviest(decision.filtered, m_components, decision.mixture);
        perturb(decision.mixture, m_noise, draws);
        decision.feed(decision.mixture);
        endAtMarker(context, decision);
    }

private:
    SamplingSettings m_sampling;
    std::size_t m_components;
    GumbelNoise m_noise;
};

std::vector<ParameterSpec> gumbelParameters()
{
    ParameterSpec temperature;
    temperature.name = "gumbel-temperature";
    temperature.label = "Noise temperature";
    temperature.maximum = 100;
    temperature.defaultValue = 0.5;
    temperature.help = "Divides the noisy log-weights before they become weights again: low ones "
                       "leave the drawn token almost alone, 0 feeds it as a token. Default 0.5: "
                       "Soft-Thinking's and Randomized-Soft-Thinking's scripts; models that were "
                       "trained by SofT-GRPO want 0.1.";

    ParameterSpec truncation;
    truncation.name = "gumbel-truncation";
    truncation.label = "Noise cut-off";
    truncation.type = ParameterType::Choice;
    truncation.choices = {"none", "soft-grpo"};
    truncation.defaultValue = std::string("none");
    truncation.help = "none: whole Gumbel noise, so that the heaviest component is an exact draw. "
                      "soft-grpo: noise between -1.5 and 3 on ln(w + 0.000001), as SofT-GRPO's "
                      "code has it in training and inference; the draw is not exact then.";

    ParameterSpec factor;
    factor.name = "gumbel-factor";
    factor.label = "Noise factor";
    factor.maximum = 10;
    factor.defaultValue = 1.0;
    factor.help = "Multiplies the noise; 0 turns it off. With another factor than 1 the heaviest "
                  "component is no exact draw. Default 1: SofT-GRPO's noise_factor.";

    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    setDefault(specs, "min-p", 0.0, "Soft-Thinking's script for Gumbel noise");
    specs.push_back(
        componentsParameter(15, "Randomized-Soft-Thinking's scripts (5 in Soft-Thinking's and for "
                                "models that were trained by SofT-GRPO)"));
    for (ParameterSpec* spec : {&temperature, &truncation, &factor}) {
        spec->group = "Noise on weights";
        specs.push_back(std::move(*spec));
    }
    return specs;
}

Result<std::unique_ptr<StepRule>> gumbelRule(const ParameterValues& values, const ModeContext&)
{
    const GumbelNoise noise{.temperature = realOf(values, "gumbel-temperature"),
                            .factor = realOf(values, "gumbel-factor"),
                            .truncated = textOf(values, "gumbel-truncation") == "soft-grpo"};
    return thinkingSampling(values).map([&](const SamplingSettings& sampling) {
        return std::unique_ptr<StepRule>(
            std::make_unique<GumbelRule>(sampling, componentsOf(values), noise));
    });
}

} // namespace

Mode gumbelMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Soft Thinking with Gumbel noise";
    mode.summary = "Feeds a mixture whose heaviest token is drawn by Gumbel noise on the weights "
                   "while thinking; the answer is discrete.";
    mode.source = "Soft Thinking's Gumbel option (eric-ai-lab/Soft-Thinking b97407c), with the "
                  "defaults of \"LLMs are Single-threaded Reasoners\" (Wu et al., 2025; "
                  "WJMacro/Randomized-Soft-Thinking 2f34db3) and the options of SofT-GRPO "
                  "(zz1358m/SofT-GRPO-master 2b9d8ec)";
    mode.parameters = gumbelParameters();
    mode.makeRule = gumbelRule;
    mode.thinks = true;
    return mode;
}

} // namespace halftone
