// The tables of a report before they are laid out: one list of columns for a screen, a spreadsheet
// and a paper, so that all of them say the same.
#pragma once

#include "eval/reporttext.h"

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace halftone {

/// What a report could not say stays empty, and so does a number that is none.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, Estimate, ItemMean>;

struct Column
{
    enum class Kind
    {
        Plain,
        Interval, // of Estimates: three columns of a spreadsheet
        Error,    // of ItemMeans: likewise two
    };
    std::string title; // for a person
    std::string key;   // for a program, with the unit
    int digits = 0;    // behind the point, for a person
    Kind kind = Kind::Plain;
};

struct Table
{
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
};

/// The first columns of every table: which evaluation a row is of. One report's tables go without.
inline constexpr std::size_t whoseColumns = 2;

[[nodiscard]] Table tableOf(std::span<const EvaluationReport>, ReportTable);

} // namespace halftone
