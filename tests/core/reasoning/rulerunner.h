// Lets a rule decide on given logits, step after step, as a session would.
#pragma once

#include "reasoning/modes.h"
#include "reasoning/steprule.h"

#include <QTest>

#include <memory>
#include <utility>
#include <vector>

namespace halftone::test {

class RuleRunner
{
public:
    explicit RuleRunner(std::unique_ptr<StepRule> rule, TokenMarkers markers = {},
                        std::uint64_t seed = 0)
        : m_rule(std::move(rule))
        , m_markers(std::move(markers))
        , m_seed(seed)
        , m_state(m_rule->initialState())
    {
    }

    const Decision& decide(const std::vector<float>& logits)
    {
        summariseLogits(logits, 32, m_raw);
        m_decision.clear();
        StepRng rng({m_seed, static_cast<std::uint64_t>(m_step), 0});
        m_rule->decide({logits, m_raw, StepIndex{m_step}, Phase::Think, m_markers}, m_state, rng,
                       m_decision);
        ++m_step;
        return m_decision;
    }
    [[nodiscard]] const std::vector<double>& state() const { return m_state; }

private:
    std::unique_ptr<StepRule> m_rule;
    TokenMarkers m_markers;
    std::uint64_t m_seed;
    std::vector<double> m_state;
    std::int64_t m_step = 0;
    LogitsSummary m_raw;
    Decision m_decision;
};

/// The thinking rule of a mode; fails the test when the parameters are refused.
inline Result<std::unique_ptr<StepRule>>
makeRule(std::string_view mode, const ParameterValues& given, const ModeContext& context = {})
{
    const Mode* found = findMode(mode);
    return completeParameters(found->parameters, given)
        .and_then([&](const ParameterValues& values) { return found->makeRule(values, context); });
}

} // namespace halftone::test
