// An evaluation as the library holds it, with its items where they are at hand: what every report
// of it is made from.
#pragma once

#include "eval/plan.h"
#include "eval/report.h"
#include "store/evaluationstore.h"

#include <optional>
#include <string>
#include <vector>

namespace halftone {

struct StoredEvaluation
{
    EvaluationInfo info;
    EvaluationPlan plan; // judged by the items' rule where they are at hand
    std::vector<StoredSample> samples;
    std::optional<TaskSet> items; // those that were asked, not what their file says by now
    std::string lack;             // without items: why, a sentence
};

/// Fails as the store does, and with InvalidInput where its plan cannot be read.
[[nodiscard]] Result<StoredEvaluation> readEvaluation(const EvaluationStore&, EvaluationId);
/// Notes what is lacking with the items.
[[nodiscard]] EvaluationReport makeReport(const StoredEvaluation&, const CancelToken& = {});

} // namespace halftone
