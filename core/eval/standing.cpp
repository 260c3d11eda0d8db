#include "eval/standing.h"

namespace halftone {

EvaluationStanding standingOf(const EvaluationInfo& info, const EvaluationPlan& plan)
{
    const std::int64_t samplesAnItem = std::ssize(plan.settings) * std::ssize(plan.seeds);
    const std::int64_t begun = info.itemsBegun * samplesAnItem;
    EvaluationStanding standing;
    // Data may hold fewer items than the plan would take: then all of them are complete.
    standing.finished =
        info.samplesDone > 0 && info.samplesDone == info.samplesBegun && info.samplesDone == begun;
    standing.samplesPlanned =
        plan.items > 0 && !standing.finished ? plan.items * samplesAnItem : begun;
    standing.atLeast = !standing.finished && plan.items == 0;
    return standing;
}

} // namespace halftone
