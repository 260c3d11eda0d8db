// Discrete: one token a step, drawn from the filtered distribution. Also the answer phase of every
// mode, with settings of its own.

#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"

namespace halftone {

namespace {

constexpr std::string_view modeName = "discrete";

class DiscreteRule : public StepRule
{
public:
    explicit DiscreteRule(const SamplingSettings& sampling)
        : m_sampling(sampling)
    {
    }

    std::string_view name() const override { return modeName; }

    void decide(const StepContext& context, std::span<double>, StepRng& rng,
                Decision& decision) const override
    {
        filterLogits(context.row, m_sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(m_sampling.temperature);
        decision.feed(draw(decision.filtered, rng.uniform()));
    }

private:
    SamplingSettings m_sampling;
};

Result<std::unique_ptr<StepRule>> discreteRule(const SamplingSettings& sampling)
{
    return std::make_unique<DiscreteRule>(sampling);
}

} // namespace

Mode discreteMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Discrete";
    mode.summary = "Draws one token a step and feeds it: ordinary chain of thought.";
    mode.source =
        "Sampling as usual; defaults as Soft-Thinking's README, so that changing the mode "
        "changes nothing else";
    mode.parameters = thinkingSamplingParameters();
    mode.makeRule = [](const ParameterValues& values, const ModeContext&) {
        return thinkingSampling(values).and_then(discreteRule);
    };
    return mode;
}

Result<std::unique_ptr<StepRule>> makeAnswerRule(const ParameterValues& values)
{
    return answerSampling(values).and_then(discreteRule);
}

} // namespace halftone
