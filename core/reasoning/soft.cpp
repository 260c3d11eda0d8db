// Soft Thinking (Zhang et al., 2025; eric-ai-lab/Soft-Thinking): while thinking, the next input is
// the probability-weighted mean of the embeddings of the few most probable tokens.
//
//   p = softmax(z / T); top-k, top-p, min-p, renormalised after each; cut to the `max-topk` most
//   probable, renormalised:  x = sum w_i E[id_i],  sum w_i = 1
//
// The thinking ends when </think> is the heaviest component, which is then fed as one token, or by
// the budget's cold stop.

#include "reasoning/mixture_p.h"
#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"

namespace halftone {

namespace {

constexpr std::string_view modeName = "soft";

class SoftRule : public StepRule
{
public:
    SoftRule(const SamplingSettings& sampling, std::size_t components)
        : m_sampling(sampling)
        , m_components(components)
    {
    }

    std::string_view name() const override { return modeName; }

    void decide(const StepContext& context, std::span<double>, StepRng&,
                Decision& decision) const override
    {
        filterLogits(context.row, m_sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(m_sampling.temperature);
        takeHeaviest(decision.filtered, m_components, decision.mixture);
        decision.feed(decision.mixture);
        endAtMarker(context, decision);
    }

private:
    SamplingSettings m_sampling;
    std::size_t m_components;
};

Result<std::unique_ptr<StepRule>> softRule(const ParameterValues& values, const ModeContext&)
{
    return thinkingSampling(values).map([&](const SamplingSettings& sampling) {
        return std::unique_ptr<StepRule>(
            std::make_unique<SoftRule>(sampling, componentsOf(values)));
    });
}

} // namespace

Mode softMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Soft Thinking";
    mode.summary = "Feeds a mixture of the most probable tokens while thinking; the answer is "
                   "discrete.";
    mode.source = "Soft Thinking (Zhang et al., 2025), as in eric-ai-lab/Soft-Thinking b97407c";
    mode.parameters = thinkingSamplingParameters();
    mode.parameters.push_back(componentsParameter(10, "Soft-Thinking's README (5 to 20 there)"));
    mode.makeRule = softRule;
    mode.thinks = true;
    mode.coldStop = {256};
    return mode;
}

} // namespace halftone
