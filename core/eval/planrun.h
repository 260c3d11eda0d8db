// A whole plan, however many data sets it names, evaluated one data set after another: what the
// command line and the window both do between reading a plan and reporting on it.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "eval/evaluation.h"
#include "eval/plan.h"

#include <filesystem>
#include <vector>

namespace halftone {

/// A request for each data set, with its items, in the plan's order; their models are the caller's
/// to load. Fails as itemsOf() does.
[[nodiscard]] Result<std::vector<EvaluationRequest>>
requestsFor(std::vector<EvaluationPlan>, const std::filesystem::path& library, bool resume);

/// Checks all of them before the first is begun. Progress counts the samples of all; when it is
/// cancelled or fails, all that was stored stays, and can be resumed. Engine thread.
[[nodiscard]] Result<std::vector<EvaluationId>>
evaluateAll(std::vector<EvaluationRequest>, const ProgressFn& = {}, const CancelToken& = {});

} // namespace halftone
