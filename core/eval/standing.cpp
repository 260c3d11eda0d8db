#include "eval/standing.h"

#include <algorithm>

namespace halftone {

std::int64_t itemsPlanned(const EvaluationPlan& plan)
{
    const std::int64_t made = plan.data.file.empty() ? plan.data.task.count : 0;
    return plan.items > 0 && made > 0 ? std::min(plan.items, made) : std::max(plan.items, made);
}

EvaluationStanding standingOf(const EvaluationInfo& info, const EvaluationPlan& plan)
{
    const std::int64_t samplesAnItem = std::ssize(plan.settings) * std::ssize(plan.seeds);
    const std::int64_t begun = info.itemsBegun * samplesAnItem;
    const std::int64_t items = itemsPlanned(plan);
    // A file may hold fewer items than the plan would take; questions are made as it says.
    const bool allBegun = !plan.data.file.empty() || info.itemsBegun == items;
    EvaluationStanding standing;
    standing.finished = info.samplesDone > 0 && info.samplesDone == info.samplesBegun &&
                        info.samplesDone == begun && allBegun;
    standing.samplesPlanned = items > 0 && !standing.finished ? items * samplesAnItem : begun;
    standing.atLeast = !standing.finished && items == 0;
    return standing;
}

std::optional<EvaluationStanding> standingOf(const EvaluationInfo& info)
{
    const auto plan = evaluationPlanFromJson(info.plan);
    if (!plan)
        return {};
    return standingOf(info, *plan);
}

} // namespace halftone
