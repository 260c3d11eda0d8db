// Halftone's own files: {"format": "halftone-tasks", "version": 1, …}, then an item a line.
#include "tasks/datasets_p.h"

#include <ostream>

namespace halftone {

namespace {

constexpr int version = 1;
constexpr std::size_t maxList = 10'000;

void writeLine(std::ostream& out, const nlohmann::ordered_json& json)
{
    out << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

} // namespace

const std::vector<std::pair<std::string, AnswerRule>>& answerRules()
{
    using enum AnswerRule;
    static const std::vector<std::pair<std::string, AnswerRule>> rules{
        {"last-word", LastWord}, {"hashes", Hashes},     {"boxed", Boxed},
        {"yes-no", YesNo},       {"sequence", Sequence}, {"expression", Expression},
    };
    return rules;
}

std::string_view nameOf(AnswerRule rule)
{
    for (const auto& [name, each] : answerRules())
        if (each == rule)
            return name;
    return {};
}

TaskSet readHeader(Record& record)
{
    TaskSet set;
    record.number("version", version, version);
    set.name = record.text("name");
    set.difficultyUnit = record.text("difficulty_unit");
    const std::string rule = record.text("rule");
    for (const auto& [name, each] : answerRules())
        if (name == rule) {
            set.rule = each;
            return set;
        }
    record.complain("has the rule \"" + rule + "\", which is none");
    return set;
}

TaskItem readItem(Record& record)
{
    TaskItem item;
    item.id = record.textOr("id", "");
    item.prompt = record.text("prompt");
    item.chain = record.textOr("chain", "");
    item.answer = record.text("answer");
    item.accepted = record.textsOr("accepted", maxList);
    item.difficulty = record.numberOr("difficulty", 0, 1'000'000, 0);
    item.frontier = record.textLists("frontier", maxList);
    item.optimal = record.textLists("optimal", maxList);
    return item;
}

void writeTasks(std::ostream& out, const TaskSet& set)
{
    writeLine(out, {{"format", "halftone-tasks"},
                    {"version", version},
                    {"name", set.name},
                    {"difficulty_unit", set.difficultyUnit},
                    {"rule", nameOf(set.rule)}});
    for (const TaskItem& item : set.items) {
        nlohmann::ordered_json json{{"id", item.id}, {"prompt", item.prompt}};
        if (!item.chain.empty())
            json["chain"] = item.chain;
        json["answer"] = item.answer;
        if (!item.accepted.empty())
            json["accepted"] = item.accepted;
        json["difficulty"] = item.difficulty;
        if (!item.frontier.empty())
            json["frontier"] = item.frontier;
        if (!item.optimal.empty())
            json["optimal"] = item.optimal;
        writeLine(out, json);
    }
}

} // namespace halftone
