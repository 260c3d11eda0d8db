#include "engine/collapse.h"

#include "base/guard_p.h"
#include "reasoning/modes.h"
#include "sampling/divergence.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace halftone {

namespace {

// Beside the streams of steprule.h: no step draws from it.
constexpr std::uint32_t collapseStream = 3;

constexpr std::array<std::string_view, 3> targetNames{"heaviest", "second", "drawn"};

std::size_t chosenComponent(const StepRecord& step, CollapseTo to, std::uint64_t seed)
{
    switch (to) {
    case CollapseTo::Heaviest:
        break;
    case CollapseTo::Second:
        return 1;
    case CollapseTo::Drawn: {
        const std::vector<float>& weights = step.input.weights;
        const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
        StepRng rng({seed, static_cast<std::uint64_t>(step.step.value), collapseStream});
        double left = rng.uniform() * sum;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            left -= static_cast<double>(weights[i]);
            if (left < 0)
                return i;
        }
        break; // rounding left a grain
    }
    }
    return 0;
}

/// The run's settings at the step with discrete decisions at temperature 0: its limits and what it
/// says of tokens stay, and so does the phase in which it began.
Result<RunSettings> greedySettings(const RunSettings& run, std::span<const StepRecord> recorded,
                                   const StepRecord& step)
{
    auto settings = settingsInSegment(run, step.segment);
    if (!settings)
        return settings;
    const Mode& discrete = *findMode("discrete");
    settings->mode = discrete.name;
    settings->start =
        recorded.front().phase == Phase::Think ? StartPhase::Think : StartPhase::Answer;
    std::erase_if(settings->parameters, [&](const auto& parameter) {
        return std::none_of(discrete.parameters.begin(), discrete.parameters.end(),
                            [&](const ParameterSpec& s) { return s.name == parameter.first; });
    });
    settings->parameters["temperature"] = 0.0;
    settings->parameters["answer-temperature"] = 0.0;
    return completeSettings(*settings);
}

Result<void> check(std::span<const StepRecord> recorded, const CollapsePlan& plan)
{
    if (plan.step.value < 0 || plan.step.index() >= recorded.size())
        return failure(ErrorCode::InvalidArgument,
                       "The run has no step " + std::to_string(plan.step.value) + "; it has " +
                           std::to_string(recorded.size()) + ", counted from 0.");
    if (plan.steps < 1 || plan.steps > maxCollapseSteps)
        return failure(ErrorCode::InvalidArgument,
                       "From 1 to " + std::to_string(maxCollapseSteps) +
                           " steps can be taken after the collapsed one, not " +
                           std::to_string(plan.steps) + ".");
    if (std::string why = whyNotCollapsible(recorded[plan.step.index()]); !why.empty())
        return failure(ErrorCode::InvalidArgument, std::move(why));
    return {};
}

/// Takes the steps of both runs side by side: each pair's logits are compared before its decision.
Result<void> takeSteps(Session& original, Session& collapsed, Collapse& result,
                       const ProgressFn& progress, const CancelToken& cancel)
{
    const auto total = static_cast<std::size_t>(result.plan.steps);
    for (std::size_t i = 0; i <= total; ++i) {
        if (cancel.cancelled())
            return failure(ErrorCode::Cancelled, "Collapsing the step was cancelled.");
        const bool paired = i < result.original.size();
        if (paired && i == 0) {
            result.divergence.push_back(0);
        } else if (paired) {
            const auto before = original.nextLogits();
            if (!before)
                return Unexpected(before.error());
            const auto after = collapsed.nextLogits();
            if (!after)
                return Unexpected(after.error());
            result.divergence.push_back(
                jensenShannon(probabilities(*before), probabilities(*after)));
        }
        const auto step =
            i == 0 ? collapsed.stepWith(StepInput::token(result.token)) : collapsed.step();
        if (!step)
            return Unexpected(step.error());
        if (*step == nullptr) // cancelled while it tried continuations
            return failure(ErrorCode::Cancelled, "Collapsing the step was cancelled.");
        result.collapsed.push_back(**step);
        if (paired && i > 0 && !result.firstDifference &&
            (*step)->sampled != result.original[i].sampled)
            result.firstDifference = (*step)->step;
        if (progress)
            progress({"Taking the steps again", i + 1, total + 1});
        if (collapsed.finished())
            break;
        if (i + 1 < result.original.size()) {
            StepRecord fed = result.original[i];
            fed.stop = StopReason::None; // a person may have let the run go on after its end
            if (auto resumed = original.resume(std::span(&fed, 1), {}, cancel); !resumed)
                return resumed;
        }
    }
    return {};
}

} // namespace

std::string_view name(CollapseTo to)
{
    return targetNames[static_cast<std::size_t>(to)];
}

std::string whyNotCollapsible(const StepRecord& step)
{
    const std::string number = "Step " + std::to_string(step.step.value);
    if (step.input.kind == InputKind::Hidden)
        return number + " fed a hidden state, which is no mixture of tokens: there is nothing to "
                        "collapse.";
    if (step.input.ids.size() < 2)
        return number + " fed one token only: there is nothing to collapse.";
    return {};
}

Result<Collapse> collapse(const Session& session, std::span<const StepRecord> recorded,
                          const CollapsePlan& plan, const ProgressFn& progress,
                          const CancelToken& cancel)
{
    return guarded("collapsing a step", [&]() -> Result<Collapse> {
        if (auto checked = check(recorded, plan); !checked)
            return Unexpected(checked.error());
        const StepRecord& step = recorded[plan.step.index()];
        Collapse result;
        result.plan = plan;
        const std::size_t chosen = chosenComponent(step, plan.to, session.settings().seed);
        result.token = step.input.ids[chosen];
        result.weight = step.input.weights[chosen];
        const auto following = recorded.subspan(plan.step.index());
        const auto shown =
            following.first(std::min(following.size(), static_cast<std::size_t>(plan.steps) + 1));
        result.original.assign(shown.begin(), shown.end());
        if (plan.greedy) {
            auto settings = greedySettings(session.settings(), recorded, step);
            if (!settings)
                return Unexpected(settings.error());
            result.settings = std::move(*settings);
        }

        auto original = session.fork(plan.step);
        if (!original)
            return Unexpected(original.error());
        auto collapsed = session.fork(plan.step, result.settings);
        if (!collapsed)
            return Unexpected(collapsed.error());
        (*collapsed)->setTrialCancel(cancel);
        if (auto taken = takeSteps(**original, **collapsed, result, progress, cancel); !taken)
            return Unexpected(taken.error());
        return result;
    });
}

} // namespace halftone
