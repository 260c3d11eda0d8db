// Lets a rule decide on given logits, step after step, as a session would.
#pragma once

#include "reasoning/modes.h"
#include "reasoning/steprule.h"

#include <QTest>

#include <memory>
#include <optional>
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
        m_row.begin(logits);
        m_row.summarise(32, m_raw);
        m_decision.clear();
        StepRng rng({m_seed, static_cast<std::uint64_t>(m_step), 0});
        m_rule->decide({.row = m_row,
                        .raw = m_raw,
                        .step = StepIndex{m_step},
                        .phase = m_phase,
                        .markers = m_markers,
                        .hidden = m_hidden,
                        .previous = m_previous ? &*m_previous : nullptr,
                        .history = m_history,
                        .maxSteps = m_maxSteps},
                       m_state, rng, m_decision);
        m_history.push_back(m_decision.sampled);
        ++m_step;
        return m_decision;
    }
    [[nodiscard]] const std::vector<double>& state() const { return m_state; }
    void setPhase(Phase phase) { m_phase = phase; }
    void setHidden(std::vector<float> hidden) { m_hidden = std::move(hidden); }
    void setPrevious(StepRecord record) { m_previous = std::move(record); }
    void setMaxSteps(std::int64_t steps) { m_maxSteps = steps; }

private:
    std::unique_ptr<StepRule> m_rule;
    TokenMarkers m_markers;
    std::uint64_t m_seed;
    std::vector<double> m_state;
    std::int64_t m_step = 0;
    LogitsPass m_row;
    LogitsSummary m_raw;
    Decision m_decision;
    Phase m_phase = Phase::Think;
    std::vector<float> m_hidden;
    std::optional<StepRecord> m_previous;
    std::vector<TokenId> m_history;
    std::int64_t m_maxSteps = 256;
};

/// What modes ask of a model: ten tokens that read "[0]" to "[9]", four coordinates, no tokenizer.
inline ModeContext contextForTests()
{
    static const ModelIdentity model = [] {
        ModelIdentity identity;
        identity.vocabularySize = 10;
        identity.embeddingSize = 4;
        identity.meanEmbeddingNorm = 1;
        return identity;
    }();
    static const std::shared_ptr<const TokenTable> tokens = TokenTable::numbered(10);
    return {{}, {}, &model, tokens.get()};
}

inline std::vector<EventKind> kinds(const Decision& decision)
{
    std::vector<EventKind> result;
    for (const StepEvent& event : decision.events)
        result.push_back(event.kind);
    return result;
}

/// The thinking rule of a mode with its layers; fails the test when the parameters are refused.
inline Result<std::unique_ptr<StepRule>> makeRule(std::string_view mode,
                                                  const ParameterValues& given,
                                                  const ModeContext& context = contextForTests())
{
    const Mode* found = findMode(mode);
    return completeParameters(found->parameters, given)
        .and_then([&](const ParameterValues& values) {
            return makeThinkingRule(*found, values, context);
        });
}

} // namespace halftone::test
