// Soft Thinking (Zhang et al., 2025; eric-ai-lab/Soft-Thinking): while thinking, the next input is
// the probability-weighted mean of the embeddings of the few most probable tokens.
//
//   p = softmax(z / T); top-k, top-p, min-p, renormalised after each; cut to the `max-topk` most
//   probable, renormalised:  x = sum w_i E[id_i],  sum w_i = 1
//
// The thinking ends when </think> is the heaviest component, or by cold stop: when the entropy of
// softmax(z / T), nothing filtered, was below a threshold for so many steps in a row. Either way
// </think> is fed as one token, and the answer phase's own rule takes over.

#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"
#include "sampling/topheap_p.h"

#include <algorithm>

namespace halftone {

namespace {

constexpr std::string_view modeName = "soft";

struct ColdStop
{
    double entropy = 0;          // nats; 0: off
    std::int64_t length = 0;     // steps; 0: off
    std::vector<TokenId> inject; // fed after </think>

    [[nodiscard]] std::string reason() const
    {
        return "entropy below " + toText(entropy) + " nats for " + toText(length) +
               (length == 1 ? " step" : " steps");
    }
};

class SoftRule : public StepRule
{
public:
    SoftRule(const SamplingSettings& sampling, std::size_t maxTopK, ColdStop coldStop)
        : m_sampling(sampling)
        , m_maxTopK(maxTopK)
        , m_coldStop(std::move(coldStop))
    {
    }

    std::string_view name() const override { return modeName; }

    /// How many steps in a row had low entropy.
    std::vector<double> initialState() const override { return {0}; }

    void decide(const StepContext& context, std::span<double> state, StepRng&,
                Decision& decision) const override
    {
        filterLogits(context.logits, m_sampling, decision.filtered);
        decision.scaledEntropy = scaledEntropy(context, m_sampling.temperature);
        mix(decision);

        double& coldSteps = state.front();
        coldSteps = decision.scaledEntropy < m_coldStop.entropy ? coldSteps + 1 : 0;
        if (!context.markers.thinkEnd)
            return;
        if (decision.sampled == *context.markers.thinkEnd) {
            decision.feed(*context.markers.thinkEnd);
        } else if (m_coldStop.length > 0 && coldSteps >= static_cast<double>(m_coldStop.length)) {
            decision.feed(*context.markers.thinkEnd);
            decision.forced = true;
            decision.enqueue = m_coldStop.inject;
            decision.events.push_back({EventKind::ColdStop, m_coldStop.reason()});
        }
    }

private:
    void mix(Decision& decision) const
    {
        const auto& tokens = decision.filtered.tokens;
        const std::size_t count = std::min(m_maxTopK, tokens.size());
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i)
            sum += tokens[i].probability;

        struct Component
        {
            TokenId id;
            float weight;
        };
        std::array<Component, Distribution::sortedTokens> components{};
        std::size_t used = 0;
        for (std::size_t i = 0; i < count; ++i)
            if (const auto weight = static_cast<float>(tokens[i].probability / sum); weight > 0)
                components[used++] = {tokens[i].id, weight};
        // Rounding to float32 may have made weights equal.
        std::sort(components.begin(), components.begin() + used, ranksBefore<Component>);

        decision.feed(components.front().id);
        if (used == 1)
            return;
        decision.input.kind = InputKind::Mixture;
        decision.input.ids.clear();
        decision.input.weights.clear();
        for (std::size_t i = 0; i < used; ++i) {
            decision.input.ids.push_back(components[i].id);
            decision.input.weights.push_back(components[i].weight);
        }
    }

    SamplingSettings m_sampling;
    std::size_t m_maxTopK;
    ColdStop m_coldStop;
};

std::vector<ParameterSpec> softParameters()
{
    ParameterSpec maxTopK;
    maxTopK.name = "max-topk";
    maxTopK.label = "Components";
    maxTopK.unit = "tokens";
    maxTopK.type = ParameterType::Integer;
    maxTopK.minimum = 1;
    maxTopK.maximum = static_cast<double>(Distribution::sortedTokens);
    maxTopK.defaultValue = std::int64_t{10};
    maxTopK.help = "How many of the filtered tokens at most are mixed; 1 is greedy. Default 10: "
                   "Soft-Thinking's README (5 to 20 there).";

    ParameterSpec entropy;
    entropy.name = "cold-stop-entropy";
    entropy.label = "Cold stop below";
    entropy.unit = "nats";
    entropy.type = ParameterType::Real;
    entropy.maximum = 20;
    entropy.defaultValue = 0.01;
    entropy.help = "A step is cold when its entropy, temperature applied and nothing filtered, is "
                   "below this; at temperature 0 every step is. 0 turns the cold stop off. Default "
                   "0.01: Soft-Thinking's README (0 to 0.1 there).";

    ParameterSpec length;
    length.name = "cold-stop-length";
    length.label = "Cold stop after";
    length.unit = "steps";
    length.type = ParameterType::Integer;
    length.maximum = 1'000'000'000;
    length.defaultValue = std::int64_t{256};
    length.help = "So many cold steps in a row end the thinking: </think> is fed. 0 turns the cold "
                  "stop off. Default 256: Soft-Thinking's README (256 to 1024 there).";

    ParameterSpec inject;
    inject.name = "cold-stop-inject";
    inject.label = "Cold stop adds";
    inject.type = ParameterType::Text;
    inject.defaultValue = std::string();
    inject.help = "Text that is fed after </think> when a cold stop ended the thinking, such as a "
                  "stem of the answer. Default: none, as Soft-Thinking.";

    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    for (ParameterSpec* spec : {&maxTopK, &entropy, &length, &inject}) {
        spec->group = "Thinking";
        specs.push_back(std::move(*spec));
    }
    for (ParameterSpec& spec : answerSamplingParameters())
        specs.push_back(std::move(spec));
    return specs;
}

Result<std::unique_ptr<StepRule>> softRule(const ParameterValues& values,
                                           const ModeContext& context)
{
    const auto sampling = thinkingSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    ColdStop coldStop{.entropy = realOf(values, "cold-stop-entropy"),
                      .length = integerOf(values, "cold-stop-length"),
                      .inject = {}};
    if (const std::string& text = textOf(values, "cold-stop-inject"); !text.empty()) {
        if (!context.encode)
            return failure(ErrorCode::InvalidArgument,
                           "cold-stop-inject is a text, but this model has no tokenizer to encode "
                           "it with; leave it empty.");
        auto ids = context.encode(text);
        if (!ids)
            return failure(ids.error().code,
                           "cold-stop-inject cannot be made into tokens: " + ids.error().message);
        coldStop.inject = std::move(*ids);
    }
    return std::make_unique<SoftRule>(
        *sampling, static_cast<std::size_t>(integerOf(values, "max-topk")), std::move(coldStop));
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
    mode.parameters = softParameters();
    mode.makeRule = softRule;
    return mode;
}

} // namespace halftone
