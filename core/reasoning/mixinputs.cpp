// Mixture of Inputs ("Text Generation Beyond Discrete Token Sampling", Zhuang et al., 2025;
// EvanZhuang/mixinputs): a token is drawn as usual, and what is fed is what one should believe of
// the input after seeing that draw: the distribution as a prior, the token as an observation.
//
//   y: a draw from softmax(z / T) after the filters
//   pi: softmax(z) of the `mix-top` most probable, renormalised;  H = H(pi) / ln(mix-top)
//   w_i = (H pi_i + (1 + beta - H) 1[i = y]) / (1 + beta)
//
// A sure distribution feeds the drawn token, an unsure one mixes more of the others in. It does so
// in the answer too. The code looks for y among the `mix-top` tokens only, so that its weights do
// not sum to 1 when y is not one of them; here y is a component of its own then.
//
// The trace's text is the drawn tokens, and it is they that end the thinking or the run.

#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

constexpr std::string_view modeName = "mix-inputs";

struct InputMix
{
    int top = 20;
    double beta = 1;
    bool withDraw = true; // else pi alone is fed

    /// Makes the prior's probabilities the mixture's weights.
    void weigh(Distribution& prior, TokenId drawn) const
    {
        std::vector<WeightedToken>& tokens = prior.tokens;
        if (!withDraw)
            return;
        const double unsure = std::min(1.0, prior.entropy() / std::log(static_cast<double>(top)));
        for (WeightedToken& token : tokens)
            token.probability *= unsure / (1 + beta);
        auto observed = std::find_if(tokens.begin(), tokens.end(),
                                     [drawn](const auto& token) { return token.id == drawn; });
        if (observed == tokens.end())
            observed = tokens.insert(observed, {drawn, 0});
        observed->probability += (1 + beta - unsure) / (1 + beta);
    }
};

class MixInputsRule : public StepRule
{
public:
    MixInputsRule(const PhaseSampling& sampling, const InputMix& mix)
        : m_sampling(sampling)
        , m_mix(mix)
        , m_prior({.topK = mix.top})
    {
    }

    std::string_view name() const override { return modeName; }
    bool decidesAnswer() const override { return true; }

    void decide(const StepContext& context, std::span<double>, StepRng& rng,
                Decision& decision) const override
    {
        const SamplingSettings& sampling = m_sampling.of(context.phase);
        filterLogits(context.row, sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(sampling.temperature);
        const TokenId drawn = draw(decision.filtered, rng.uniform());
        Distribution prior;
        filterLogits(context.row, m_prior, prior);
        m_mix.weigh(prior, drawn);
        decision.feed(prior.tokens);
        decision.sampled = drawn;
        if (decision.input != StepInput::token(drawn))
            tellOfMarker(context, decision);
    }

private:
    /// A marker within a mixture is a draw like any other, but the phase must hear of it.
    static void tellOfMarker(const StepContext& context, Decision& decision)
    {
        if (context.phase == Phase::Think && decision.sampled == context.markers.thinkEnd)
            decision.events.push_back({EventKind::ThinkingEnded,
                                       "the model chose its end-of-thinking marker, which was fed "
                                       "in a mixture"});
        if (context.phase == Phase::Answer && decision.sampled == context.markers.thinkStart)
            decision.events.push_back(
                {EventKind::ThinkingStarted, "a think marker was fed in a mixture"});
    }

    PhaseSampling m_sampling;
    InputMix m_mix;
    SamplingSettings m_prior;
};

std::vector<ParameterSpec> mixInputsParameters()
{
    ParameterSpec beta;
    beta.name = "mix-beta";
    beta.label = "Weight of the draw";
    beta.maximum = 100;
    beta.defaultValue = 1.0;
    beta.help = "How many observations the drawn token counts for against the distribution: low "
                "values mix more of the others in, high ones feed the drawn token almost alone. "
                "Default 1: Mixture of Inputs (0.5 to 2 there).";

    ParameterSpec top;
    top.name = "mix-top";
    top.label = "Tokens mixed in";
    top.unit = "tokens";
    top.type = ParameterType::Integer;
    top.minimum = 2;
    top.maximum = static_cast<double>(Distribution::sortedTokens);
    top.defaultValue = std::int64_t{20};
    top.help = "So many of the most probable tokens are mixed in, by their raw probabilities: "
               "neither temperature nor filters touch them. Default 20: Mixture of Inputs.";

    ParameterSpec weights;
    weights.name = "mix-weights";
    weights.label = "Mixture of";
    weights.type = ParameterType::Choice;
    weights.choices = {"draw-and-distribution", "distribution"};
    weights.defaultValue = std::string("draw-and-distribution");
    weights.help = "draw-and-distribution: as the paper. distribution: the most probable tokens by "
                   "their raw probabilities alone, whatever was drawn; the paper's direct mixture, "
                   "which fares far worse there.";

    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    setDefault(specs, "top-p", 0.8, "Mixture of Inputs (0.4 to 0.8 there)");
    for (ParameterSpec* spec : {&beta, &top, &weights}) {
        spec->group = "Mixture";
        specs.push_back(std::move(*spec));
    }
    return specs;
}

Result<std::unique_ptr<StepRule>> mixInputsRule(const ParameterValues& values, const ModeContext&)
{
    const auto sampling = phaseSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    const InputMix mix{.top = static_cast<int>(integerOf(values, "mix-top")),
                       .beta = realOf(values, "mix-beta"),
                       .withDraw = textOf(values, "mix-weights") == "draw-and-distribution"};
    return std::make_unique<MixInputsRule>(*sampling, mix);
}

} // namespace

Mode mixInputsMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Mixture of Inputs";
    mode.summary = "Draws a token a step and feeds it mixed with the most probable others, the "
                   "more so the less sure the model is; in the answer too.";
    mode.source = "\"Text Generation Beyond Discrete Token Sampling\" (Zhuang et al., 2025), as in "
                  "EvanZhuang/mixinputs 7aef34b";
    mode.parameters = mixInputsParameters();
    mode.makeRule = mixInputsRule;
    return mode;
}

} // namespace halftone
