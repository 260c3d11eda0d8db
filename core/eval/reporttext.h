// A report as a person, a spreadsheet, a program and a paper read it. UTF-8; a line break at the
// end.
#pragma once

#include "eval/report.h"

#include <span>
#include <string>

namespace halftone {

[[nodiscard]] std::string reportAsText(const EvaluationReport&);
/// A row a setting, and one for each of its difficulties. Of several evaluations one table.
[[nodiscard]] std::string reportAsCsv(std::span<const EvaluationReport>);
[[nodiscard]] inline std::string reportAsCsv(const EvaluationReport& report)
{
    return reportAsCsv(std::span(&report, 1));
}
/// One object on one line; plan.md names the keys.
[[nodiscard]] std::string reportAsJson(const EvaluationReport&);
/// A table in the manner of booktabs, to be put into a document.
[[nodiscard]] std::string reportAsLatex(const EvaluationReport&);

} // namespace halftone
