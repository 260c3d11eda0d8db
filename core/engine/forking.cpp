// Sessions that begin where another stands: its cache, prompt and steps up to there, copied.
#include "engine/sessionstate_p.h"

#include <algorithm>

namespace halftone {

/// With this one's soft prompt, which need not be in its folder any more, and, unless other
/// settings are given, with its rules: making those may cost a pass over the vocabulary.
Result<std::unique_ptr<Session::State>>
Session::State::createChild(const std::optional<RunSettings>& other) const
{
    if (!other)
        return make(engine, partner, settings, m_rules, softPrompt);
    if (other->softPrompt != settings.softPrompt)
        return failure(ErrorCode::InvalidArgument,
                       "A fork shares its parent's cache and so its soft prompt; start another run "
                       "for another one.");
    auto complete = completeSettings(*other);
    if (!complete)
        return Unexpected(complete.error());
    auto rules = makeRules(*engine, partner.get(), *complete);
    if (!rules)
        return Unexpected(rules.error());
    return make(engine, partner, std::move(*complete), std::move(*rules), softPrompt);
}

Result<std::unique_ptr<Session::State>>
Session::State::fork(StepIndex step, const std::optional<RunSettings>& other) const
{
    if (poison)
        return Unexpected(*poison);
    if (auto checked = checkStep(step); !checked)
        return Unexpected(checked.error());
    auto child = createChild(other);
    if (!child)
        return child;
    State& state = **child;
    for (std::size_t lane = 0; lane < m_lanes.size(); ++lane) {
        auto fork = m_lanes[lane].fork(rowsBefore(step.index(), lane));
        if (!fork)
            return Unexpected(fork.error());
        state.m_lanes[lane] = std::move(*fork);
    }
    state.takeHistory(*this, step.index(), step.index());
    state.standBefore(step.index(), standingBefore(step.index()));
    return child;
}

/// With the one lane that decides in it, and its logits at hand if they are here, so that the rule
/// decides on without another pass.
Result<std::unique_ptr<Session::State>>
Session::State::forkForTrial(std::vector<double> ruleState) const
{
    auto child = createChild({});
    if (!child)
        return child;
    State& state = **child;
    const auto lane = static_cast<std::size_t>(rule().modelFor(ruleState));
    auto fork = m_lanes[lane].forkHere();
    if (!fork)
        return Unexpected(fork.error());
    state.m_lanes[lane] = std::move(*fork);
    // The last record, by which things are decided, and those that the lane still has to read.
    const std::size_t records = std::max<std::size_t>(1, missedBy(m_lanes[lane]));
    state.takeHistory(*this, stepCount(), std::min(records, steps.size()));
    state.m_phase = m_phase;
    state.m_segment = m_segment;
    state.m_ruleState = std::move(ruleState);
    return child;
}

/// The tokens of the other's first `stepCount` steps, and the last `records` of their records.
void Session::State::takeHistory(const State& other, std::size_t stepCount, std::size_t records)
{
    prompt = other.prompt;
    const auto end = other.steps.begin() + static_cast<std::ptrdiff_t>(stepCount);
    steps.assign(end - static_cast<std::ptrdiff_t>(records), end);
    const auto tokens = static_cast<std::ptrdiff_t>(prompt.size() + stepCount);
    m_history.assign(other.m_history.begin(), other.m_history.begin() + tokens);
}

} // namespace halftone
