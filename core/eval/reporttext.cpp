#include "eval/reporttext.h"

#include "base/counted.h"
#include "eval/reporttables_p.h"
#include "exchange/text_p.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <type_traits>

namespace halftone {

namespace {

using Row = std::vector<std::string>;

const std::string nothing = "–"; // where a number could not be said

std::string number(double value, int digits)
{
    if (std::isnan(value))
        return nothing;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

/// Of UTF-8: bytes that begin a character.
std::size_t widthOf(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

/// The first column to the left, the others to the right, two blanks between.
std::string aligned(const std::vector<Row>& rows)
{
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], widthOf(row[i]));
    }
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string blanks(widths[i] - widthOf(row[i]), ' ');
            const bool last = i + 1 == row.size();
            text += i == 0 ? row[i] + (last ? "" : blanks) : "  " + blanks + row[i];
        }
        text += '\n';
    }
    return text;
}

/// In quotation marks where a spreadsheet needs them.
std::string csvField(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

std::string allDigits(double value)
{
    std::string text;
    if (!std::isnan(value))
        appendNumber(text, value);
    return text;
}

std::string csvLine(const Row& row)
{
    std::string line;
    for (const std::string& field : row)
        line += (&field == &row.front() ? "" : ",") + csvField(field);
    return line + '\n';
}

std::string latexText(const std::string& text)
{
    std::string escaped;
    for (const char c : text) {
        if (c == '\\')
            escaped += "\\textbackslash{}";
        else if (c == '~' || c == '^')
            escaped += std::string("\\") + c + "{}";
        else if (std::string_view("&%$#_{}").find(c) != std::string_view::npos)
            escaped += std::string("\\") + c;
        else
            escaped += c;
    }
    return escaped;
}

/// What a cell says to a person.
std::string shownAs(const Cell& cell, int digits)
{
    return std::visit(
        [&](const auto& value) -> std::string {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::string>)
                return value;
            else if constexpr (std::is_same_v<T, std::int64_t>)
                return std::to_string(value);
            else if constexpr (std::is_same_v<T, double>)
                return number(value, digits);
            else if constexpr (std::is_same_v<T, Estimate>)
                return std::isnan(value.value) ? nothing
                                               : number(value.value, digits) + " [" +
                                                     number(value.interval.low, digits) + ", " +
                                                     number(value.interval.high, digits) + "]";
            else if constexpr (std::is_same_v<T, ItemMean>)
                return number(value.mean, digits) +
                       (std::isnan(value.standardError)
                            ? std::string()
                            : " ± " + number(value.standardError, digits));
            else
                return nothing;
        },
        cell);
}

/// Numbers in mathematics, intervals and errors small behind them.
std::string latexCell(const Cell& cell, int digits)
{
    if (const auto* text = std::get_if<std::string>(&cell))
        return latexText(*text);
    if (const auto* estimate = std::get_if<Estimate>(&cell);
        estimate && !std::isnan(estimate->value))
        return "$" + number(estimate->value, digits) + "$ {\\scriptsize $[" +
               number(estimate->interval.low, digits) + ", " +
               number(estimate->interval.high, digits) + "]$}";
    if (const auto* weight = std::get_if<ItemMean>(&cell);
        weight && !std::isnan(weight->standardError))
        return "$" + number(weight->mean, digits) + "$ {\\scriptsize $\\pm " +
               number(weight->standardError, digits) + "$}";
    const std::string shown = shownAs(cell, digits);
    return shown == nothing ? "--" : "$" + shown + "$";
}

/// The table of one report.
std::string asText(const Table& table)
{
    std::vector<Row> rows(1);
    for (std::size_t i = whoseColumns; i < table.columns.size(); ++i) {
        const Column& column = table.columns[i];
        rows.front().push_back(column.title + (column.kind == Column::Kind::Interval ? " [95 %]"
                                               : column.kind == Column::Kind::Error  ? " ± SE"
                                                                                     : ""));
    }
    for (const std::vector<Cell>& cells : table.rows) {
        rows.emplace_back();
        for (std::size_t i = whoseColumns; i < cells.size(); ++i)
            rows.back().push_back(shownAs(cells[i], table.columns[i].digits));
    }
    return aligned(rows);
}

/// The fields of a cell in a spreadsheet: one more for each bound or error.
void addFields(Row& row, const Cell& cell, Column::Kind kind)
{
    if (const auto* estimate = std::get_if<Estimate>(&cell)) {
        for (const double value :
             {estimate->value, estimate->interval.low, estimate->interval.high})
            row.push_back(allDigits(value));
    } else if (const auto* weight = std::get_if<ItemMean>(&cell)) {
        row.push_back(allDigits(weight->mean));
        row.push_back(allDigits(weight->standardError));
    } else if (const auto* value = std::get_if<double>(&cell)) {
        row.push_back(allDigits(*value));
    } else if (std::holds_alternative<std::monostate>(cell)) {
        row.insert(row.end(), kind == Column::Kind::Interval ? 3 : 1, "");
    } else {
        row.push_back(shownAs(cell, 0));
    }
}

/// Two digits that count, however small it is.
std::string shortP(double p)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2g", p);
    return text.data();
}

} // namespace

std::string comparisonsInWords(const EvaluationReport& report)
{
    const bool several = report.comparisons.size() > 1;
    std::string text;
    for (const Comparison& comparison : report.comparisons)
        text += sentenceOf(comparison) + " Exact p = " + shortP(comparison.p) +
                (several ? ", Holm's " + shortP(comparison.corrected) : "") + " (" +
                std::to_string(comparison.firstBetter) + " against " +
                std::to_string(comparison.secondBetter) + " items).\n";
    if (several)
        text += "Holm's p is corrected for the " + std::to_string(report.comparisons.size()) +
                " comparisons, and decides; each interval is of one comparison alone.\n";
    if (!report.baseline.empty())
        text += "Every setting is compared with the baseline, " + report.baseline + ".\n";
    else if (report.settings.size() > maxPairedSettings)
        text += "Of more than " + std::to_string(maxPairedSettings) +
                " settings the first is compared with each.\n";
    return text;
}

std::string reportAsText(const EvaluationReport& report)
{
    std::string text = "Evaluation " + std::to_string(report.info.id.value) + ", " +
                       report.info.name + ": " + report.info.model + ", " +
                       counted(report.samplesDone, "sample") + " in session " +
                       std::to_string(report.info.session.value) + ".\n";
    for (const auto& [name, which] : reportTables()) {
        const Table table = tableOf(std::span(&report, 1), which);
        // Of the comparisons there are sentences.
        if (!table.rows.empty() && which != ReportTable::Comparisons)
            text += '\n' + asText(table);
    }
    if (!report.comparisons.empty())
        text += '\n' + comparisonsInWords(report);
    for (const std::string& note : report.notes)
        text += '\n' + note + '\n';
    return text;
}

std::string reportAsCsv(std::span<const EvaluationReport> reports, ReportTable which)
{
    const Table table = tableOf(reports, which);
    Row head;
    for (const Column& column : table.columns) {
        head.push_back(column.key);
        if (column.kind == Column::Kind::Interval)
            head.insert(head.end(), {column.key + "_low", column.key + "_high"});
        else if (column.kind == Column::Kind::Error)
            head.push_back(column.key + "_standard_error");
    }
    std::string csv = csvLine(head);
    for (const std::vector<Cell>& cells : table.rows) {
        Row row;
        for (std::size_t i = 0; i < cells.size(); ++i)
            addFields(row, cells[i], table.columns[i].kind);
        csv += csvLine(row);
    }
    return csv;
}

std::string reportAsLatex(const EvaluationReport& report, ReportTable which)
{
    const Table table = tableOf(std::span(&report, 1), which);
    std::string text = "% needs \\usepackage{booktabs}\n\\begin{tabular}{l" +
                       std::string(table.columns.size() - whoseColumns - 1, 'r') + "}\n\\toprule\n";
    for (std::size_t i = whoseColumns; i < table.columns.size(); ++i)
        text += (i == whoseColumns ? "" : " & ") + latexText(table.columns[i].title);
    text += " \\\\\n\\midrule\n";
    for (const std::vector<Cell>& cells : table.rows) {
        for (std::size_t i = whoseColumns; i < cells.size(); ++i)
            text += (i == whoseColumns ? "" : " & ") + latexCell(cells[i], table.columns[i].digits);
        text += " \\\\\n";
    }
    return text + "\\bottomrule\n\\end{tabular}\n";
}

} // namespace halftone
