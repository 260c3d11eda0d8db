// Coconut, "chain of continuous thought" (Hao et al., 2024; facebookresearch/coconut): while
// thinking nothing is drawn; the last hidden state, after the final norm, is fed back as it is.
//
//   x_j = h_(j-1) for `latent-steps` steps, between markers that are fed by force; then the answer
//
// The first vector is the hidden state after the start marker, or after the prompt when there is
// none. The end marker is never predicted. What the hidden state would have been read out as is in
// the step's candidates; it is shown, not fed.
//
// A hidden state is not on the scale of the embeddings: a model learns to read it. The record's
// length over the table's mean row length says how far off it is.

#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"

#include <utility>

namespace halftone {

namespace {

constexpr std::string_view modeName = "latent";

struct LatentThought
{
    std::int64_t steps = 0;
    std::vector<TokenId> start;
    std::vector<TokenId> end; // empty: </think>, where the model has it
};

class LatentRule : public StepRule
{
public:
    LatentRule(const SamplingSettings& readout, LatentThought thought)
        : m_readout(readout)
        , m_thought(std::move(thought))
    {
    }

    std::string_view name() const override { return modeName; }
    bool needsHidden() const override { return true; }

    /// Steps since the thinking began, markers included.
    std::vector<double> initialState() const override { return {0}; }

    void decide(const StepContext& context, std::span<double> state, StepRng&,
                Decision& decision) const override
    {
        filterLogits(context.row, m_readout, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(m_readout.temperature);
        const auto before = static_cast<std::int64_t>(state[0]);
        state[0] += 1;

        const std::int64_t latent = before - std::ssize(m_thought.start);
        if (latent < 0) {
            decision.feed(m_thought.start[static_cast<std::size_t>(before)]);
            decision.forced = true;
            decision.events.push_back({EventKind::Forced, "the mode's start marker"});
            return;
        }
        // Without an end marker the last vector ends the thinking itself.
        const bool marked = !m_thought.end.empty() || context.markers.thinkEnd;
        if (latent < m_thought.steps || !marked)
            decision.feedHidden(context.hidden, decision.filtered.tokens.front().id);
        if (latent >= m_thought.steps - (marked ? 0 : 1))
            endThought(context.markers, decision);
    }

private:
    void endThought(const TokenMarkers& markers, Decision& decision) const
    {
        StepEvent reason{EventKind::ThinkingEnded,
                         m_thought.steps == 1
                             ? "the latent step was taken"
                             : "all " + toText(m_thought.steps) + " latent steps were taken"};
        if (m_thought.end.empty()) {
            decision.endThinking(markers, std::move(reason), {});
            return;
        }
        decision.events.push_back(std::move(reason));
        decision.feed(m_thought.end.front());
        decision.forced = true;
        decision.enqueue.assign(m_thought.end.begin() + 1, m_thought.end.end());
    }

    SamplingSettings m_readout;
    LatentThought m_thought;
};

std::vector<ParameterSpec> latentParameters()
{
    ParameterSpec steps;
    steps.name = "latent-steps";
    steps.label = "Latent steps";
    steps.unit = "steps";
    steps.type = ParameterType::Integer;
    steps.minimum = 1;
    steps.maximum = 10'000;
    steps.defaultValue = std::int64_t{6};
    steps.help =
        "So often the last hidden state is fed back before the answer. Default 6: Coconut, "
        "whose models are trained up to 6. A model that was not trained for it gets "
        "vectors that it has never seen, and its answers show it.";

    ParameterSpec start;
    start.name = "latent-start";
    start.label = "Start marker";
    start.type = ParameterType::Text;
    start.defaultValue = std::string();
    start.help = "Text that is fed by force before the latent steps, such as <|start-latent|> for "
                 "Coconut's own models when the prompt does not end with it. Default: none.";

    ParameterSpec end = start;
    end.name = "latent-end";
    end.label = "End marker";
    end.help = "Text that is fed by force after the latent steps, such as <|end-latent|> for "
               "Coconut's own models. Default: </think> where the model has it, else none.";

    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    setDefault(specs, "temperature", 0.0,
               "Coconut, which draws nothing while thinking and answers greedily; of the latent "
               "steps it shapes the readout that is shown");
    for (ParameterSpec* spec : {&steps, &start, &end}) {
        spec->group = "Latent steps";
        specs.push_back(std::move(*spec));
    }
    return specs;
}

Result<std::unique_ptr<StepRule>> latentRule(const ParameterValues& values,
                                             const ModeContext& context)
{
    const auto readout = thinkingSampling(values);
    if (!readout)
        return Unexpected(readout.error());
    auto start = encodeParameter(values, "latent-start", context);
    if (!start)
        return Unexpected(start.error());
    auto end = encodeParameter(values, "latent-end", context);
    if (!end)
        return Unexpected(end.error());
    return std::make_unique<LatentRule>(
        *readout,
        LatentThought{integerOf(values, "latent-steps"), std::move(*start), std::move(*end)});
}

} // namespace

Mode latentMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Latent steps (Coconut)";
    mode.summary = "Feeds the last hidden state back for a number of steps instead of tokens, then "
                   "answers. For models trained for it: to any other these are vectors that it has "
                   "never seen.";
    mode.source = "Coconut (Hao et al., 2024), as in facebookresearch/coconut 27273cb";
    mode.parameters = latentParameters();
    mode.makeRule = latentRule;
    mode.thinks = true;
    return mode;
}

} // namespace halftone
