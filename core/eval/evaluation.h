// Runs a plan over its items: batches of runs that advance together, each an ordinary stored run in
// one session of the library, a new one taking the place of each that has ended.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "engine/engine.h"
#include "eval/plan.h"
#include "store/evaluationstore.h"
#include "tasks/task.h"

#include <filesystem>
#include <memory>

namespace halftone {

struct EvaluationRequest
{
    std::shared_ptr<const Engine> engine;
    std::shared_ptr<const Engine> partner; // null where no setting takes one
    EvaluationPlan plan;
    TaskSet items; // itemsOf() the plan
    std::filesystem::path library;
    /// Goes on with the newest evaluation of this very plan, these items and this model: what is
    /// stored is not run again. Fails with NotFound where there is none, and with InvalidArgument
    /// where the items or the model are no longer the same.
    bool resume = false;
    /// The evaluation of the data set before this one, where a plan has several: to be resumed is
    /// then what was begun after it, and where nothing was, a new one is begun.
    EvaluationId after;
    /// This one is to be resumed, though a newer one may be of the same plan; 0: the newest.
    EvaluationId resumed;
};

/// What evaluate() would otherwise find out after hours: that every setting can be run and every
/// prompt be fed.
[[nodiscard]] Result<void> checkEvaluation(const EvaluationRequest&, const CancelToken& = {});

/// Checks it first; progress counts samples. When it is cancelled or fails, what was stored stays,
/// and can be resumed. Engine thread.
[[nodiscard]] Result<EvaluationId> evaluate(EvaluationRequest, const ProgressFn& = {},
                                            const CancelToken& = {});

} // namespace halftone
