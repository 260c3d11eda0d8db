// A report as a person, a spreadsheet, a program and a paper read it. UTF-8; a line break at the
// end.
#pragma once

#include "eval/report.h"

#include <string>

namespace halftone {

[[nodiscard]] std::string reportAsText(const EvaluationReport&);
/// A row a setting, and one for each of its difficulties.
[[nodiscard]] std::string reportAsCsv(const EvaluationReport&);
/// One object on one line; plan.md names the keys.
[[nodiscard]] std::string reportAsJson(const EvaluationReport&);
/// A table in the manner of booktabs, to be put into a document.
[[nodiscard]] std::string reportAsLatex(const EvaluationReport&);

} // namespace halftone
