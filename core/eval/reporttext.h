// A report as a person, a spreadsheet, a program and a paper read it. UTF-8; a line break at the
// end.
#pragma once

#include "eval/report.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace halftone {

enum class ReportTable : std::uint8_t
{
    Settings,     // a row a setting
    Entropies,    // of all, of correct and of wrong samples
    Difficulties, // a row a setting and difficulty
    Comparisons,  // a row a pair of settings
    Frontier      // a row a setting, hop and distribution
};

/// By name: "settings", "entropies", …
[[nodiscard]] const std::vector<std::pair<std::string, ReportTable>>& reportTables();

/// All tables that have rows, and the comparisons in sentences.
[[nodiscard]] std::string reportAsText(const EvaluationReport&);
/// A sentence a line, and how far they go.
[[nodiscard]] std::string comparisonsInWords(const EvaluationReport&);
/// One table, of several evaluations too. Intervals are in columns of their own.
[[nodiscard]] std::string reportAsCsv(std::span<const EvaluationReport>,
                                      ReportTable = ReportTable::Settings);
[[nodiscard]] inline std::string reportAsCsv(const EvaluationReport& report,
                                             ReportTable table = ReportTable::Settings)
{
    return reportAsCsv(std::span(&report, 1), table);
}
/// Everything as one object on one line; plan.md names the keys.
[[nodiscard]] std::string reportAsJson(const EvaluationReport&);
/// One table in the manner of booktabs, to be put into a document.
[[nodiscard]] std::string reportAsLatex(const EvaluationReport&,
                                        ReportTable = ReportTable::Settings);

} // namespace halftone
