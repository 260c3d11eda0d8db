// What several evaluations have shown, side by side: the table of a model card.
#pragma once

#include "eval/report.h"

#include <span>
#include <string>

namespace halftone {

/// Markdown: pass@1 with its 95 % interval, a row a model and setting, a column a data set, both in
/// the order in which they first come. Of two evaluations of one model, setting and data set the
/// later one counts. Where there was no item, a dash.
[[nodiscard]] std::string accuracyTable(std::span<const EvaluationReport>);

} // namespace halftone
