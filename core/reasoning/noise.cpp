// Soft and fuzzy tokens ("Soft Tokens, Hard Truths", Butt et al., 2025): while thinking, the next
// input is the whole distribution's mean embedding plus Gaussian noise.
//
//   x = p E + s e,  p = softmax(z / T) over the full vocabulary,  e ~ N(0, I)
//
// T = 0.5 is what the paper calls soft; at T = 0.0001, fuzzy, p is all but the most probable token.
// The mode is the mean alone; the noise is the layer that other modes have as well, here with the
// paper's 0.33 as its default. Top-k, top-p and min-p are off, as in the paper, and can be set. The
// thinking ends when </think> has the greatest weight, which is then fed as one token.

#include "reasoning/mixture_p.h"
#include "reasoning/modes_p.h"
#include "reasoning/noiselayer_p.h"
#include "reasoning/samplingparameters_p.h"

namespace halftone {

namespace {

constexpr std::string_view modeName = "noise";

class MeanRule : public StepRule
{
public:
    explicit MeanRule(const SamplingSettings& sampling)
        : m_sampling(sampling)
    {
    }

    std::string_view name() const override { return modeName; }

    void decide(const StepContext& context, std::span<double>, StepRng&,
                Decision& decision) const override
    {
        filterLogits(context.row, m_sampling, decision.filtered);
        decision.filtered.complete();
        decision.scaledEntropy = context.row.scaledEntropy(m_sampling.temperature);
        std::vector<double> weights(context.logits().size());
        for (const WeightedToken& token : decision.filtered.tokens)
            weights[token.id.index()] = token.probability;
        decision.feedDense(weights);
        endAtMarker(context, decision);
    }

private:
    SamplingSettings m_sampling;
};

std::vector<ParameterSpec> noiseParameters()
{
    constexpr std::string_view paper = "\"Soft Tokens, Hard Truths\", which mixes the whole "
                                       "vocabulary";
    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    setDefault(specs, "temperature", 0.5,
               "\"Soft Tokens, Hard Truths\" for soft tokens; its fuzzy tokens have 0.0001");
    setDefault(specs, "top-k", std::int64_t{0}, paper);
    setDefault(specs, "top-p", 1.0, paper);
    setDefault(specs, "min-p", 0.0, paper);
    specs.push_back(noiseParameter(0.33, "\"Soft Tokens, Hard Truths\""));
    return specs;
}

} // namespace

Mode noiseMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Soft and fuzzy tokens";
    mode.summary = "Feeds the mean embedding of the whole distribution plus Gaussian noise while "
                   "thinking; the answer is discrete.";
    mode.source = "\"Soft Tokens, Hard Truths\" (Butt et al., 2025), from the paper: no code of "
                  "theirs is public";
    mode.parameters = noiseParameters();
    mode.makeRule = [](const ParameterValues& values, const ModeContext&) {
        return thinkingSampling(values).map([](const SamplingSettings& sampling) {
            return std::unique_ptr<StepRule>(std::make_unique<MeanRule>(sampling));
        });
    };
    mode.thinks = true;
    return mode;
}

} // namespace halftone
