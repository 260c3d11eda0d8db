// Filler tokens (Pfau, Merrill and Bowman, "Let's Think Dot by Dot", 2024): instead of thoughts, so
// many tokens that say nothing are fed before the answer. What they change is computation alone, so
// a run of theirs is what a chain of thought is to be compared with.
//
// The text's tokens in turn, by force, then </think>; where the model has no such marker, the
// thinking ends with the last of them.

#include "base/counted.h"
#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"
#include "reasoning/tokentext_p.h"

#include <utility>

namespace halftone {

namespace {

constexpr std::string_view modeName = "filler";

class FillerRule : public StepRule
{
public:
    FillerRule(const SamplingSettings& sampling, std::vector<TokenId> text, std::int64_t count)
        : m_sampling(sampling)
        , m_text(std::move(text))
        , m_count(count)
    {
    }

    std::string_view name() const override { return modeName; }

    /// Tokens fed so far.
    std::vector<double> initialState() const override { return {0}; }

    void decide(const StepContext& context, std::span<double> state, StepRng&,
                Decision& decision) const override
    {
        filterLogits(context.row, m_sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(m_sampling.temperature);
        const auto fed = static_cast<std::int64_t>(state[0]);
        state[0] += 1;
        if (fed < m_count) {
            decision.feed(m_text[static_cast<std::size_t>(fed) % m_text.size()]);
            decision.forced = true;
            decision.events.push_back(
                {EventKind::Forced, "filler " + toText(fed + 1) + " of " + toText(m_count)});
        }
        const bool last = context.markers.thinkEnd ? fed >= m_count : fed + 1 >= m_count;
        if (last)
            decision.endThinking(
                context.markers,
                {EventKind::ThinkingEnded,
                 counted(m_count, "filler") + (m_count == 1 ? " was fed" : " were fed")},
                {});
    }

private:
    SamplingSettings m_sampling;
    std::vector<TokenId> m_text;
    std::int64_t m_count;
};

std::vector<ParameterSpec> fillerParameters()
{
    ParameterSpec count;
    count.name = "filler-count";
    count.label = "Fillers";
    count.unit = "tokens";
    count.type = ParameterType::Integer;
    count.minimum = 1;
    count.maximum = 1'000'000'000;
    count.defaultValue = std::int64_t{32};
    count.help = "How many tokens are fed before the answer. Default 32: Halftone's own; the paper "
                 "takes as many as the thoughts that they replace.";

    ParameterSpec text;
    text.name = "filler-text";
    text.label = "Filler";
    text.type = ParameterType::Text;
    text.defaultValue = std::string(".");
    text.help =
        "Whose tokens are fed, again and again in turn. Default one full stop, as in \"Let's "
        "Think Dot by Dot\" (Pfau et al., 2024).";

    std::vector<ParameterSpec> specs{count, text};
    for (ParameterSpec& spec : specs)
        spec.group = "Thinking";
    for (ParameterSpec& spec : thinkingSamplingParameters())
        specs.push_back(std::move(spec));
    return specs;
}

/// One token where one reads so: tokenizers that put a space before every text would make two of
/// ".".
Result<std::vector<TokenId>> fillerTokens(const ParameterValues& values, const ModeContext& context)
{
    if (const auto token = tokenOfText(context, textOf(values, "filler-text")))
        return std::vector{*token};
    return encodeParameter(values, "filler-text", context);
}

Result<std::unique_ptr<StepRule>> fillerRule(const ParameterValues& values,
                                             const ModeContext& context)
{
    const auto sampling = thinkingSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    auto text = fillerTokens(values, context);
    if (!text)
        return Unexpected(text.error());
    if (text->empty())
        return failure(ErrorCode::InvalidArgument,
                       "filler-text must be a text of at least one token; it was given as '" +
                           textOf(values, "filler-text") + "'.");
    return std::make_unique<FillerRule>(*sampling, std::move(*text),
                                        integerOf(values, "filler-count"));
}

} // namespace

Mode fillerMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Filler tokens";
    mode.summary = "Feeds tokens that say nothing in place of thoughts, then answers: what the "
                   "computation alone is worth.";
    mode.source = "Let's Think Dot by Dot (Pfau et al., 2024)";
    mode.parameters = fillerParameters();
    mode.makeRule = fillerRule;
    mode.thinks = true;
    return mode;
}

} // namespace halftone
