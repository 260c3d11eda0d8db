// An evaluation's figures in words: which numbers stand on which axis, and what they mean.
#pragma once

#include "eval/figures.h"
#include "plots/estimateplot.h"

namespace halftone::ui {

[[nodiscard]] EstimateFigure accuracyAgainstTokens(const EvaluationReport&,
                                                   const EvaluationFigures&);
[[nodiscard]] EstimateFigure passAtKCurves(const EvaluationFigures&);
[[nodiscard]] EstimateFigure accuracyByDifficulty(const EvaluationReport&);
[[nodiscard]] EstimateFigure entropyAgainstDifficulty(const EvaluationReport&);
[[nodiscard]] EstimateFigure frontierByHop(const EvaluationReport&);

} // namespace halftone::ui
