// Sessions that begin where another stands: its cache, prompt and steps up to there, copied.
#include "engine/sessionstate_p.h"

namespace halftone {

/// With this one's soft prompt, which need not be in its folder any more, and, unless other
/// settings are given, with its rules: making those may cost a pass over the vocabulary.
Result<std::unique_ptr<Session::State>>
Session::State::createChild(const std::optional<RunSettings>& other) const
{
    if (!other)
        return make(engine, settings, m_rules, softPrompt);
    if (other->softPrompt != settings.softPrompt)
        return failure(ErrorCode::InvalidArgument,
                       "A fork shares its parent's cache and so its soft prompt; start another run "
                       "for another one.");
    auto complete = completeSettings(*other);
    if (!complete)
        return Unexpected(complete.error());
    auto rules = makeRules(*engine, *complete);
    if (!rules)
        return Unexpected(rules.error());
    return make(engine, std::move(*complete), std::move(*rules), softPrompt);
}

/// With the first `stepCount` steps of this one and `rows` rows of its cache.
Result<std::unique_ptr<Session::State>>
Session::State::childAfter(std::size_t stepCount, std::int64_t rows,
                           const std::optional<RunSettings>& other) const
{
    auto child = createChild(other);
    if (!child)
        return child;
    auto cache = m_cache->fork(rows);
    if (!cache)
        return Unexpected(cache.error());
    State& state = **child;
    state.m_cache = std::move(*cache);
    state.m_promptOutput = m_promptOutput;
    state.prompt = prompt;
    state.steps.assign(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(stepCount));
    return child;
}

Result<std::unique_ptr<Session::State>>
Session::State::fork(StepIndex step, const std::optional<RunSettings>& other) const
{
    if (poison)
        return Unexpected(*poison);
    if (auto checked = checkStep(step); !checked)
        return Unexpected(checked.error());
    auto child = childAfter(step.index(), rowsBefore(step.index()), other);
    if (child)
        (*child)->standBefore(step.index(), standingBefore(step.index()));
    return child;
}

/// With the logits at hand, so that the rule decides on without another pass.
Result<std::unique_ptr<Session::State>> Session::State::forkHere() const
{
    auto child = childAfter(steps.size(), m_cache->rows(), {});
    if (!child)
        return child;
    State& state = **child;
    state.m_phase = m_phase;
    state.m_segment = m_segment;
    state.m_ruleState = m_ruleState;
    state.m_logits = m_logits;
    state.m_hidden = m_hidden;
    state.m_logitsReady = true;
    return child;
}

} // namespace halftone
