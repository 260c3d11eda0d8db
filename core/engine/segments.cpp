// The schedule's part in a session: which rules decide, and what a person changes on the way.
#include "engine/sessionstate_p.h"
#include "reasoning/modes.h"
#include "reasoning/tokenparameters.h"

namespace halftone {

Result<Session::State::Rules> Session::State::makeRules(const Engine& engine,
                                                        const Engine* partner,
                                                        const RunSettings& settings)
{
    if (auto made = checkModel(settings.schedule, engine.identity()); !made)
        return Unexpected(made.error());
    ModeContext context{engine.markers(), {}, &engine.identity(), engine.tokens().get()};
    if (const Tokenizer* tokenizer = engine.tokenizer(); tokenizer != nullptr)
        context.encode = [tokenizer](std::string_view text) {
            return tokenizer->encode(text, SpecialTokens::Omit);
        };
    std::vector<SegmentRules> rules;
    for (std::size_t segment = 0; segment <= settings.schedule.segments.size(); ++segment) {
        const auto now = settingsInSegment(settings, static_cast<std::int32_t>(segment));
        if (!now)
            return Unexpected(now.error());
        if (findMode(now->mode)->needsPartner && partner == nullptr)
            return failure(ErrorCode::InvalidArgument,
                           "The mode " + now->mode +
                               " takes turns between two models; choose a partner model too.");
        auto think = makeThinkingRule(*findMode(now->mode), now->parameters, context);
        if (!think)
            return Unexpected(think.error());
        auto answer = makeAnswerRule(now->parameters);
        if (!answer)
            return Unexpected(answer.error());
        auto adjust = logitAdjustments(now->parameters, context);
        if (!adjust)
            return Unexpected(adjust.error());
        auto start = forcedStart(now->parameters, context);
        if (!start)
            return Unexpected(start.error());
        rules.push_back(
            {std::move(*think), std::move(*answer), std::move(*adjust), std::move(*start)});
    }
    return std::make_shared<const std::vector<SegmentRules>>(std::move(rules));
}

std::int32_t Session::State::segmentAfter(std::int32_t segment, const StepRecord& record) const
{
    return segment + (endsWith(settings.schedule, segment, record, *engine->tokens()) ? 1 : 0);
}

/// Empty when `now` was decided as the step before it.
std::string Session::State::describeSwitch(const StepRecord& before, const StepRecord& now) const
{
    std::string text;
    if (before.segment != now.segment)
        text = halftone::describe(
            settings.schedule.segments[static_cast<std::size_t>(now.segment) - 1].when);
    if (before.mode != now.mode)
        text += (text.empty() ? "" : ": ") + before.mode + " to " + now.mode;
    return text;
}

Result<void> Session::State::change(const std::string& mode, const ParameterValues& values)
{
    if (steps.empty())
        return failure(ErrorCode::InvalidArgument,
                       "Nothing was decided yet; begin the run with other settings instead.");
    const auto next = static_cast<std::int64_t>(steps.size());
    RunSettings changed = settings;
    auto& segments = changed.schedule.segments;
    const Trigger here{.kind = TriggerKind::Step, .step = next, .entropy = 0, .text = {}};
    const auto at = static_cast<std::size_t>(m_segment);
    // Two changes before one step are one.
    const bool again = at > 0 && segments[at - 1].when == here;
    if (!again)
        segments.insert(segments.begin() + m_segment, {here, {}, {}});
    Segment& segment = segments[again ? at - 1 : at];
    if (!mode.empty())
        segment.mode = mode;
    for (const auto& [name, value] : values)
        segment.parameters[name] = value;

    auto complete = completeSettings(changed);
    if (!complete)
        return Unexpected(complete.error());
    auto rules = makeRules(*engine, partner.get(), *complete);
    if (!rules)
        return Unexpected(rules.error());
    Standing standing = standingBefore(steps.size());
    settings = std::move(*complete);
    m_rules = std::move(*rules);
    standAs(std::move(standing));
    return {};
}

} // namespace halftone
