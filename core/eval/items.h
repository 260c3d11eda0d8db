// The items that a plan asks.
#pragma once

#include "base/result.h"
#include "eval/plan.h"

#include <string>

namespace halftone {

/// Reads the plan's file or makes its questions; no more than it takes, and judged by its rule
/// where it names one. Fails as readTasks() and generate() do, and with InvalidInput where there is
/// no item.
[[nodiscard]] Result<TaskSet> itemsOf(const EvaluationPlan&);
/// Over all that is asked, accepted and measured, lower-case hex: the same for the same items
/// alone.
[[nodiscard]] std::string digestOf(const TaskSet&);

} // namespace halftone
