#include "verify.h"

#include <algorithm>
#include <span>

namespace halftone::cli {

namespace {

/// A session before the run's first own step, with the steps before it fed as recorded.
Result<std::unique_ptr<Session>> sessionBefore(const RunModels& models, const Verification& what,
                                               std::span<const StepRecord> shared,
                                               const ProgressFn& progress,
                                               const CancelToken& cancel)
{
    const auto settings = runSettingsFromJson(what.run.info.settings);
    if (!settings)
        return Unexpected(settings.error());
    const RunInfo& first = what.parent ? *what.parent : what.run.info;
    auto session = sessionFor(models, first);
    if (!session)
        return session;
    if (const auto fed = feedRecorded(**session, first, shared, progress, cancel); !fed)
        return Unexpected(fed.error());
    if (!what.parent)
        return session;
    return (*session)->fork(what.run.info.origin->step, *settings);
}

} // namespace

Result<std::optional<FirstDifference>> verify(const RunModels& models, const Verification& what,
                                              const ProgressFn& progress, const CancelToken& cancel)
{
    const std::span<const StepRecord> steps(what.run.steps);
    const auto& origin = what.run.info.origin;
    if (origin && (origin->role == ForkRole::Trial || origin->role == ForkRole::ChosenTrial))
        return failure(ErrorCode::InvalidArgument,
                       "Run " + std::to_string(what.run.info.id.value) + " is a trial that run " +
                           std::to_string(origin->parent.value) +
                           " made and is taken again with it; verify that run.");
    const std::size_t shared = std::min(origin ? origin->step.index() : 0, steps.size());
    const auto session = sessionBefore(models, what, steps.first(shared), progress, cancel);
    if (!session)
        return Unexpected(session.error());

    for (const StepRecord& expected : steps.subspan(shared)) {
        progress({"Running again", expected.step.index() + 1, steps.size()});
        if (cancel.cancelled())
            return failure(ErrorCode::Cancelled, "Stopped.");
        if ((*session)->finished())
            return FirstDifference{expected.step, "the stored run goes on against an end (" +
                                                      std::string(name((*session)->stopReason())) +
                                                      ")"};
        const auto again =
            setByHand(expected) ? (*session)->stepWith(expected.input) : (*session)->step();
        if (!again)
            return Unexpected(again.error());
        if (std::string difference = describeDifference(expected, **again); !difference.empty())
            return FirstDifference{expected.step, std::move(difference)};
    }
    return std::nullopt;
}

} // namespace halftone::cli
