#include "reasoning/budget_p.h"

#include "base/counted.h"
#include "reasoning/rulelayer_p.h"

#include <algorithm>
#include <string>
#include <utility>

namespace halftone {

namespace {

struct Budget
{
    std::int64_t steps = 0; // 0: as many as the run has
    std::vector<TokenId> inject;
};

struct ColdStop
{
    double entropy = 0;      // nats; 0: off
    std::int64_t length = 0; // steps; 0: off
    std::vector<TokenId> inject;

    [[nodiscard]] bool isOn() const { return entropy > 0 && length > 0; }
};

/// Whether the rule inside ends the thinking with this step.
bool endsThinking(const TokenMarkers& markers, const Decision& decision)
{
    if (markers.thinkEnd && decision.input.kind == InputKind::Token &&
        decision.input.ids.front() == *markers.thinkEnd)
        return true;
    return std::any_of(decision.events.begin(), decision.events.end(), [](const StepEvent& event) {
        return event.kind == EventKind::ThinkingEnded;
    });
}

class BudgetedRule : public RuleLayer
{
public:
    BudgetedRule(std::unique_ptr<StepRule> rule, Budget budget, ColdStop coldStop)
        : RuleLayer(std::move(rule), ownCounters)
        , m_budget(std::move(budget))
        , m_coldStop(std::move(coldStop))
    {
    }

    void decide(const StepContext& context, std::span<double> state, StepRng& rng,
                Decision& decision) const override
    {
        decideInside(context, state, rng, decision);
        if (context.phase != Phase::Think || decision.again)
            return;
        double& thought = own(state)[0];
        double& coldSteps = own(state)[1];
        thought += 1;
        coldSteps = decision.scaledEntropy < m_coldStop.entropy ? coldSteps + 1 : 0;
        if (decision.trials || endsThinking(context.markers, decision))
            return;
        if (m_coldStop.isOn() && coldSteps >= static_cast<double>(m_coldStop.length))
            decision.endThinking(
                context.markers,
                {EventKind::ColdStop, "entropy below " + toText(m_coldStop.entropy) + " nats for " +
                                          counted(m_coldStop.length, "step")},
                m_coldStop.inject);
        else if (m_budget.steps > 0 && thought >= static_cast<double>(m_budget.steps))
            decision.endThinking(
                context.markers,
                {EventKind::Budget,
                 "the budget of " + counted(m_budget.steps, "step") + " is used up"},
                m_budget.inject);
    }

private:
    static constexpr std::size_t ownCounters = 2; // steps thought, cold steps in a row

    Budget m_budget;
    ColdStop m_coldStop;
};

/// Always, but for modes that let it be chosen.
bool cutsAtBudget(const ParameterValues& values)
{
    if (values.find("budget-cut") == values.end())
        return true;
    const std::string& choice = textOf(values, "budget-cut");
    return choice == "always" || (choice == "auto" && textOf(values, predictorName).empty());
}

ParameterSpec injectedText(std::string name, std::string label, std::string help)
{
    ParameterSpec spec;
    spec.name = std::move(name);
    spec.label = std::move(label);
    spec.type = ParameterType::Text;
    spec.defaultValue = std::string();
    spec.help = std::move(help);
    return spec;
}

} // namespace

ParameterSpec thinkBudgetParameter()
{
    ParameterSpec budget;
    budget.name = "think-budget";
    budget.label = "Thinking budget";
    budget.unit = "steps";
    budget.type = ParameterType::Integer;
    budget.maximum = 1'000'000'000;
    budget.defaultValue = std::int64_t{0};
    budget.group = "Budget";
    budget.help = "With the last of so many thinking steps the thinking ends: </think> is fed. 0 "
                  "sets no budget (the default).";
    return budget;
}

ParameterSpec cutParameter()
{
    ParameterSpec cut;
    cut.name = "budget-cut";
    cut.label = "Cut at the budget";
    cut.type = ParameterType::Choice;
    cut.choices = {"auto", "always", "never"};
    cut.defaultValue = cut.choices.front();
    cut.group = "Budget";
    cut.help = "Whether the thinking ends when the budget is used up. auto: unless a predictor "
               "steers to it, which Budget Guidance leaves at that.";
    return cut;
}

std::vector<ParameterSpec> budgetParameters(const ColdStopDefaults& coldStop)
{
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
    length.defaultValue = coldStop.length;
    length.help = "So many cold steps in a row end the thinking: </think> is fed. 0 turns the cold "
                  "stop off. Soft-Thinking's README has 256 (256 to 1024 there), and so have the "
                  "modes that mix as it does; elsewhere it is off by default.";

    std::vector<ParameterSpec> specs{
        thinkBudgetParameter(),
        injectedText("budget-inject", "Budget adds",
                     "Text that is fed after </think> when the budget ended the thinking, such as "
                     "a stem of the answer. Default: none."),
        entropy, length,
        injectedText("cold-stop-inject", "Cold stop adds",
                     "Text that is fed after </think> when a cold stop ended the thinking, such as "
                     "a stem of the answer. Default: none, as Soft-Thinking.")};
    for (ParameterSpec& spec : specs)
        spec.group = "Budget";
    return specs;
}

Result<std::unique_ptr<StepRule>> withinBudget(std::unique_ptr<StepRule> rule,
                                               const ParameterValues& values,
                                               const ModeContext& context)
{
    auto budgetInject = encodeParameter(values, "budget-inject", context);
    if (!budgetInject)
        return Unexpected(budgetInject.error());
    auto coldInject = encodeParameter(values, "cold-stop-inject", context);
    if (!coldInject)
        return Unexpected(coldInject.error());
    Budget budget{cutsAtBudget(values) ? integerOf(values, "think-budget") : 0,
                  std::move(*budgetInject)};
    ColdStop coldStop{realOf(values, "cold-stop-entropy"), integerOf(values, "cold-stop-length"),
                      std::move(*coldInject)};
    if (budget.steps == 0 && !coldStop.isOn())
        return rule;
    return std::make_unique<BudgetedRule>(std::move(rule), std::move(budget), std::move(coldStop));
}

} // namespace halftone
