#include "eval/storedevaluation.h"

#include "eval/items.h"

#include <utility>

namespace halftone {

Result<StoredEvaluation> readEvaluation(const EvaluationStore& store, EvaluationId id)
{
    auto info = store.evaluation(id);
    if (!info)
        return Unexpected(info.error());
    auto plan = evaluationPlanFromJson(info->plan);
    if (!plan)
        return failure(ErrorCode::InvalidInput,
                       "The plan of evaluation " + std::to_string(id.value) +
                           " cannot be read, so there is no report of it: " + plan.error().message);
    auto samples = store.samples(id);
    if (!samples)
        return Unexpected(samples.error());
    StoredEvaluation stored{std::move(*info), std::move(*plan), std::move(*samples), {}, {}};
    auto items = itemsOf(stored.plan);
    if (!items) {
        stored.lack = items.error().message;
    } else if (digestOf(*items) != stored.info.dataDigest) {
        stored.lack = stored.plan.data.file + " has changed since they were asked.";
    } else {
        stored.plan.rule = items->rule;
        stored.items = std::move(*items);
    }
    return stored;
}

EvaluationReport makeReport(const StoredEvaluation& stored, const CancelToken& cancel)
{
    EvaluationReport report = makeReport(stored.info, stored.plan, stored.samples, cancel);
    if (stored.items)
        report.difficultyUnit = stored.items->difficultyUnit;
    else
        report.notes.push_back("The items are not at hand, so that votes are counted by the "
                               "answers' words and nothing is said of graphs: " +
                               stored.lack);
    return report;
}

} // namespace halftone
