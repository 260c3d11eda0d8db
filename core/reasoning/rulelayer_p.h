// What a layer around a mode's rule has in common: everything but its own part of a decision is the
// rule's inside, whose counters come before the layer's own.
#pragma once

#include "reasoning/steprule.h"

#include <memory>
#include <utility>

namespace halftone {

class RuleLayer : public StepRule
{
public:
    std::string_view name() const override { return m_inside->name(); }
    std::vector<double> initialState() const override
    {
        std::vector<double> state = m_inside->initialState();
        state.insert(state.end(), m_ownCounters, 0);
        return state;
    }
    bool decidesAnswer() const override { return m_inside->decidesAnswer(); }
    bool needsHidden() const override { return m_inside->needsHidden(); }
    int modelFor(std::span<const double> state) const override
    {
        return m_inside->modelFor(state.first(state.size() - m_ownCounters));
    }
    void follow(int number, std::int64_t length, std::span<double> state) const override
    {
        m_inside->follow(number, length, inner(state));
    }
    TrialVerdict judge(std::span<const TriedContinuation> trials,
                       std::span<double> state) const override
    {
        return m_inside->judge(trials, inner(state));
    }

protected:
    RuleLayer(std::unique_ptr<StepRule> inside, std::size_t ownCounters)
        : m_inside(std::move(inside))
        , m_ownCounters(ownCounters)
    {
    }

    void decideInside(const StepContext& context, std::span<double> state, StepRng& rng,
                      Decision& decision) const
    {
        m_inside->decide(context, inner(state), rng, decision);
    }
    [[nodiscard]] std::span<double> own(std::span<double> state) const
    {
        return state.last(m_ownCounters);
    }

private:
    [[nodiscard]] std::span<double> inner(std::span<double> state) const
    {
        return state.first(state.size() - m_ownCounters);
    }

    std::unique_ptr<StepRule> m_inside;
    std::size_t m_ownCounters; // 0 at the start of a run
};

} // namespace halftone
