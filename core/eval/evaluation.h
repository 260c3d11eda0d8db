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
    TaskSet items;
    std::filesystem::path library;
    /// Goes on with the newest evaluation of this very plan, these items and this model: what is
    /// stored is not run again. Fails with NotFound where there is none, and with InvalidArgument
    /// where the items or the model are no longer the same.
    bool resume = false;
};

/// Before anything is run it checks that every prompt can be fed; progress counts samples. When it
/// is cancelled or fails, what was stored stays, and can be resumed. Engine thread.
[[nodiscard]] Result<EvaluationId> evaluate(EvaluationRequest, const ProgressFn& = {},
                                            const CancelToken& = {});

} // namespace halftone
