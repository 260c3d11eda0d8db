// How long a mode may think: a layer around any rule. It ends the thinking when a number of steps is
// used up (a hard budget) or when the model has been sure for long enough (Soft Thinking's cold
// stop: Zhang et al., 2025), and leaves everything else to the rule inside.
#pragma once

#include "reasoning/modes.h"

namespace halftone {

/// think-budget alone, for a mode with a default of its own: what a mode lists itself is not listed
/// again by a layer.
[[nodiscard]] ParameterSpec thinkBudgetParameter();
/// budget-cut: whether a budget that a predictor steers to also ends the thinking.
[[nodiscard]] ParameterSpec cutParameter();
inline constexpr std::string_view predictorName = "predictor"; // its parameter, a file

/// think-budget, budget-inject, cold-stop-entropy, cold-stop-length, cold-stop-inject.
[[nodiscard]] std::vector<ParameterSpec> budgetParameters(const ColdStopDefaults&);

/// `rule` within its budget; the rule itself when there is none.
[[nodiscard]] Result<std::unique_ptr<StepRule>>
withinBudget(std::unique_ptr<StepRule> rule, const ParameterValues&, const ModeContext&);

} // namespace halftone
