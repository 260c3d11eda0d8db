// The layers around every mode. Noise is put on what is fed while thinking, but not on </think> nor
// on anything forced. A budget ends the thinking with its last step, a cold stop with the last of
// so many steps in a row whose entropy is below its bound; a mode that ends it itself goes first.
#include "rules.h"

#include <algorithm>

namespace halftone::test::reference {

namespace {

class NoiseLayer : public Rule
{
public:
    NoiseLayer(RulePtr rule, double sigma, Ids ids)
        : m_rule(std::move(rule))
        , m_sigma(sigma)
        , m_ids(ids)
    {
    }

    Decided decide(const Seen& seen) override
    {
        Decided decided = m_rule->decide(seen);
        if (!seen.answers && !decided.forced && decided.shown != m_ids.thinkEnd &&
            !decided.weights.empty())
            decided.noise = m_sigma;
        return decided;
    }

private:
    RulePtr m_rule;
    double m_sigma;
    Ids m_ids;
};

class BudgetLayer : public Rule
{
public:
    BudgetLayer(RulePtr rule, Budget budget, Ids ids)
        : m_rule(std::move(rule))
        , m_budget(std::move(budget))
        , m_ids(ids)
    {
    }

    Decided decide(const Seen& seen) override
    {
        Decided decided = m_rule->decide(seen);
        if (seen.answers)
            return decided;
        ++m_thought;
        m_cold = decided.scaledEntropy < m_budget.coldEntropy ? m_cold + 1 : 0;
        if (endsItself(decided))
            return decided;
        if (m_budget.coldSteps > 0 && m_budget.coldEntropy > 0 && m_cold >= m_budget.coldSteps)
            cut(seen, EventKind::ColdStop, m_budget.coldInject, decided);
        else if (m_budget.steps > 0 && m_thought >= m_budget.steps)
            cut(seen, EventKind::Budget, m_budget.inject, decided);
        return decided;
    }

private:
    [[nodiscard]] bool endsItself(const Decided& decided) const
    {
        const bool says =
            std::count(decided.events.begin(), decided.events.end(), EventKind::ThinkingEnded) > 0;
        return says || (m_ids.thinkEnd >= 0 && !decided.weights.empty() && decided.noise == 0 &&
                        components(decided.weights) == std::vector{m_ids.thinkEnd});
    }

    void cut(const Seen& seen, EventKind why, const std::vector<int>& inject,
             Decided& decided) const
    {
        decided.events.push_back(why);
        decided.queue = inject;
        if (m_ids.thinkEnd < 0)
            return;
        decided.weights.resize(seen.logits.size()); // a hidden state has none
        decided.feed(m_ids.thinkEnd);
        decided.forced = true;
        decided.noise = 0;
    }

    RulePtr m_rule;
    Budget m_budget;
    Ids m_ids;
    int m_thought = 0;
    int m_cold = 0;
};

} // namespace

RulePtr withinBudget(RulePtr rule, const Budget& budget, Ids ids)
{
    return std::make_unique<BudgetLayer>(std::move(rule), budget, ids);
}

RulePtr withNoise(RulePtr rule, double sigma, Ids ids)
{
    return sigma == 0 ? std::move(rule) : std::make_unique<NoiseLayer>(std::move(rule), sigma, ids);
}

} // namespace halftone::test::reference
