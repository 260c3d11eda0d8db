// Thinking to a budget: discrete draws, and the thinking ends when the budget is used up. With a
// predictor, budget guidance (Li et al., 2025; UMass-Embodied-AGI/BudgetGuidance 89e428d) steers it
// there instead. At the first step and after every line break, b = max(1, budget - steps taken):
//
//   a_v = Gamma CDF(ln(b + 1); alpha_v, lambda_v): how likely the thinking ends in time after v
//   a_v = 0 unless lambda_v >= 10, alpha_v > 1 and exp((alpha_v - 1) / lambda_v) - 1 >= 0.9
//   p   = softmax(z) a, renormalised; the most probable token when that is 0 everywhere
//
// and the token is drawn from p with neither temperature nor filters, as the authors' code has it
// (`guide-filters` applies them). Between line breaks and in the answer the settings hold.

#include "base/counted.h"
#include "reasoning/budget_p.h"
#include "reasoning/modes_p.h"
#include "reasoning/predictor_p.h"
#include "reasoning/samplingparameters_p.h"
#include "reasoning/words_p.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace halftone {

namespace {

constexpr std::string_view modeName = "budget";

// The published gates: sure enough of a length, and of one that is above 0.
constexpr double leastRate = 10;
constexpr double leastLength = 0.9;

struct Guidance
{
    LengthPredictor predictor;
    std::int64_t budget = 0; // steps
    bool filters = false;
    std::vector<bool> newlines; // by id: holds a line break
};

class BudgetRule : public StepRule
{
public:
    BudgetRule(const SamplingSettings& sampling, std::optional<Guidance> guidance)
        : m_sampling(sampling)
        , m_guidance(std::move(guidance))
    {
    }

    std::string_view name() const override { return modeName; }
    bool needsHidden() const override { return m_guidance.has_value(); }

    /// Steps thought.
    std::vector<double> initialState() const override { return {0}; }

    void decide(const StepContext& context, std::span<double> state, StepRng& rng,
                Decision& decision) const override
    {
        const auto thought = static_cast<std::int64_t>(state[0]);
        state[0] += 1;
        if (m_guidance && isGuided(context, thought)) {
            guide(context, std::max<std::int64_t>(1, m_guidance->budget - thought), decision);
        } else {
            filterLogits(context.row, m_sampling, decision.filtered);
            decision.scaledEntropy = context.row.scaledEntropy(m_sampling.temperature);
        }
        decision.feed(draw(decision.filtered, rng.uniform()));
    }

private:
    [[nodiscard]] bool isGuided(const StepContext& context, std::int64_t thought) const
    {
        return thought == 0 || (context.previous != nullptr &&
                                m_guidance->newlines[context.previous->sampled.index()]);
    }

    /// Fills the distribution with the guided one.
    void guide(const StepContext& context, std::int64_t left, Decision& decision) const
    {
        // softmax(z + ln a) is softmax(z) a, renormalised.
        const std::span<const float> before = context.logits();
        std::vector<float> logits(before.begin(), before.end());
        const auto gammas = m_guidance->predictor.predict(context.hidden);
        const double x = std::log(static_cast<double>(left) + 1);
        std::int64_t open = 0;
        bool possible = false;
        for (std::size_t v = 0; v < logits.size(); ++v) {
            const LengthPredictor::Gamma& gamma = gammas[v];
            const double inTime = passes(gamma) ? gammaCdf(x, gamma.shape, gamma.rate) : 0;
            open += inTime > 0 ? 1 : 0;
            logits[v] = inTime > 0 ? logits[v] + static_cast<float>(std::log(inTime))
                                   : -std::numeric_limits<float>::infinity();
            possible = possible || std::isfinite(logits[v]);
        }
        std::string detail =
            toText(left) + " of " + counted(m_guidance->budget, "step") + " left: ";
        if (possible) {
            const SamplingSettings settings =
                m_guidance->filters ? m_sampling : SamplingSettings{.temperature = 1};
            LogitsPass guided(logits);
            filterLogits(guided, settings, decision.filtered);
            decision.scaledEntropy = guided.scaledEntropy(settings.temperature);
            detail += toText(open) + " of " + toText(static_cast<std::int64_t>(logits.size())) +
                      " tokens pass, drawn at entropy " + shortNumber(decision.filtered.entropy()) +
                      " nats";
        } else {
            filterLogits(context.row, {.temperature = 0}, decision.filtered);
            detail += "no token passes, the most probable one";
        }
        // So that a re-run with another file differs here, whatever is drawn.
        detail += "; predictor " + m_guidance->predictor.fingerprint();
        decision.events.push_back({EventKind::Guided, std::move(detail)});
    }

    static bool passes(const LengthPredictor::Gamma& gamma)
    {
        return gamma.rate >= leastRate && gamma.shape > 1 && std::isfinite(gamma.rate) &&
               std::isfinite(gamma.shape) &&
               std::expm1((gamma.shape - 1) / gamma.rate) >= leastLength;
    }

    SamplingSettings m_sampling;
    std::optional<Guidance> m_guidance;
};

std::vector<bool> tokensWithNewlines(const ModeContext& context)
{
    std::vector<bool> newlines(static_cast<std::size_t>(context.model->vocabularySize));
    for (std::size_t id = 0; id < std::min(newlines.size(), context.tokens->size()); ++id)
        newlines[id] = context.tokens->piece(TokenId{static_cast<std::int32_t>(id)}).find('\n') !=
                       std::string::npos;
    return newlines;
}

std::vector<ParameterSpec> budgetModeParameters()
{
    ParameterSpec budget = thinkBudgetParameter();
    budget.defaultValue = std::int64_t{512};
    budget.help = "How many thinking steps there are to be: where the thinking is cut, and what a "
                  "predictor steers it to. 0 sets no budget. Default 512: Halftone's own.";

    ParameterSpec cut = cutParameter();

    ParameterSpec predictor;
    predictor.name = std::string(predictorName);
    predictor.label = "Predictor";
    predictor.type = ParameterType::Text;
    predictor.defaultValue = std::string();
    predictor.group = "Guidance";
    predictor.help = "A .safetensors file, trained for this model, that predicts how long the "
                     "thinking goes on: hidden.weight [H, D], hidden.bias [H], alpha.weight and "
                     "lambda.weight [V, H]. Default: none, and so no guidance.";

    ParameterSpec filters;
    filters.name = "guide-filters";
    filters.label = "Filter guided steps";
    filters.type = ParameterType::Boolean;
    filters.defaultValue = false;
    filters.group = "Guidance";
    filters.help = "Applies temperature and filters to guided steps too. Default off, as in the "
                   "authors' code, where they hold between line breaks alone.";

    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    for (ParameterSpec* spec : {&budget, &cut, &predictor, &filters})
        specs.push_back(std::move(*spec));
    return specs;
}

Result<std::optional<Guidance>> guidanceOf(const ParameterValues& values,
                                           const ModeContext& context)
{
    const std::string& path = textOf(values, predictorName);
    if (path.empty())
        return std::nullopt;
    const std::int64_t budget = integerOf(values, "think-budget");
    if (budget == 0)
        return failure(ErrorCode::InvalidArgument,
                       "think-budget must be at least 1 when there is a predictor, which steers to "
                       "it; it was given as 0.");
    return LengthPredictor::load(path, *context.model).map([&](LengthPredictor&& predictor) {
        return std::optional(Guidance{.predictor = std::move(predictor),
                                      .budget = budget,
                                      .filters = booleanOf(values, "guide-filters"),
                                      .newlines = tokensWithNewlines(context)});
    });
}

Result<std::unique_ptr<StepRule>> budgetRule(const ParameterValues& values,
                                             const ModeContext& context)
{
    const auto sampling = thinkingSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    auto guidance = guidanceOf(values, context);
    if (!guidance)
        return Unexpected(guidance.error());
    return std::make_unique<BudgetRule>(*sampling, std::move(*guidance));
}

} // namespace

Mode budgetMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Budget";
    mode.summary = "Draws tokens and thinks no longer than a budget; a predictor of the remaining "
                   "length can steer it there.";
    mode.source = "Budget Guidance (Li et al., 2025), as in UMass-Embodied-AGI/BudgetGuidance "
                  "89e428d, with a smaller predictor";
    mode.parameters = budgetModeParameters();
    mode.makeRule = budgetRule;
    mode.thinks = true;
    return mode;
}

} // namespace halftone
