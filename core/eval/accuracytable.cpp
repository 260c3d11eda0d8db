#include "eval/accuracytable.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

namespace halftone {

namespace {

/// Of "PLAN NAME: DATA NAME" what is behind the colon.
std::string dataName(const EvaluationReport& report)
{
    const std::string& name = report.info.name;
    const auto colon = name.rfind(": ");
    return colon == std::string::npos ? name : name.substr(colon + 2);
}

template <class T>
void addOnce(std::vector<T>& all, const T& one)
{
    if (std::find(all.begin(), all.end(), one) == all.end())
        all.push_back(one);
}

std::string cellOf(const SettingReport& setting)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.3f [%.3f, %.3f]", setting.pass.value,
                  setting.pass.interval.low, setting.pass.interval.high);
    return text;
}

/// A bar would end the cell.
std::string escaped(const std::string& text)
{
    std::string result;
    for (const char c : text)
        result += c == '|' ? std::string("\\|") : std::string(1, c);
    return result;
}

struct Column
{
    std::string name;
    std::int64_t items = 0;
};

} // namespace

std::string accuracyTable(std::span<const EvaluationReport> reports)
{
    using Key = std::pair<std::string, std::string>; // model, setting
    std::vector<Key> rows;
    std::vector<std::string> models;
    std::vector<Column> columns;
    std::map<std::pair<Key, std::string>, std::string> cells;
    for (const EvaluationReport& report : reports) {
        const std::string data = dataName(report);
        auto column = std::find_if(columns.begin(), columns.end(),
                                   [&](const Column& one) { return one.name == data; });
        if (column == columns.end())
            column = columns.insert(columns.end(), Column{data});
        addOnce(models, report.info.model);
        for (const SettingReport& setting : report.settings) {
            const Key key{report.info.model, setting.name};
            addOnce(rows, key);
            column->items = std::max(column->items, setting.items);
            if (setting.items > 0)
                cells[{key, data}] = cellOf(setting);
        }
    }

    const bool several = models.size() > 1;
    std::string head = several ? "| model | setting |" : "| setting |";
    std::string line = several ? "|---|---|" : "|---|";
    for (const Column& column : columns) {
        head += " " + escaped(column.name) + " (n = " + std::to_string(column.items) + ") |";
        line += "---|";
    }
    std::string table = head + "\n" + line + "\n";
    for (const Key& key : rows) {
        table += several ? "| " + escaped(key.first) + " | " : "| ";
        table += escaped(key.second) + " |";
        for (const Column& column : columns) {
            const auto cell = cells.find({key, column.name});
            table += " " + (cell == cells.end() ? "–" : cell->second) + " |";
        }
        table += "\n";
    }
    return table;
}

} // namespace halftone
