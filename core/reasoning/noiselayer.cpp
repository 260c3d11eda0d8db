#include "reasoning/noiselayer_p.h"

#include "reasoning/rulelayer_p.h"

#include <cmath>
#include <string>
#include <utility>

namespace halftone {

namespace {

constexpr std::string_view sigmaName = "noise-sigma";

class NoisyRule : public RuleLayer
{
public:
    NoisyRule(std::unique_ptr<StepRule> rule, float scale)
        : RuleLayer(std::move(rule), 0)
        , m_scale(scale)
    {
    }

    void decide(const StepContext& context, std::span<double> state, StepRng& rng,
                Decision& decision) const override
    {
        decideInside(context, state, rng, decision);
        // The end of thinking has to be what the model knows, whether it was drawn or forced.
        const bool ends = context.markers.thinkEnd && decision.sampled == *context.markers.thinkEnd;
        if (context.phase != Phase::Think || decision.forced || ends ||
            decision.input.kind == InputKind::Hidden)
            return;
        decision.input.kind = InputKind::Noise;
        decision.input.noiseScale = m_scale;
    }

private:
    float m_scale; // standard deviation of a coordinate's noise
};

} // namespace

ParameterSpec noiseParameter(double defaultSigma, std::string_view source)
{
    ParameterSpec sigma;
    sigma.name = sigmaName;
    sigma.label = "Noise";
    sigma.unit = "RMS";
    sigma.maximum = 100;
    sigma.defaultValue = defaultSigma;
    sigma.group = "Noise";
    sigma.help =
        "Standard deviation of the Gaussian noise that is added to each coordinate of what "
        "is fed while thinking, as a multiple of the embedding table's mean RMS: the mean "
        "length of its rows over the square root of their size. Never on a </think>, never "
        "in the answer. Default " +
        toText(defaultSigma) + ": " + std::string(source) + ".";
    return sigma;
}

std::unique_ptr<StepRule> withNoise(std::unique_ptr<StepRule> rule, const ParameterValues& values,
                                    const ModeContext& context)
{
    const double sigma = values.contains(sigmaName) ? realOf(values, sigmaName) : 0;
    if (sigma == 0)
        return rule;
    const double rms =
        context.model->meanEmbeddingNorm / std::sqrt(double(context.model->embeddingSize));
    return std::make_unique<NoisyRule>(std::move(rule), static_cast<float>(sigma * rms));
}

} // namespace halftone
