// halftone-cli tasks: the questions that models are trained and measured on.
#include "base/counted.h"
#include "commands.h"
#include "exchange/atomicfile.h"
#include "jsonoutput.h"
#include "tasks/answers.h"
#include "tasks/datasets.h"
#include "tasks/generators.h"
#include "textinput.h"
#include "tracetext.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace halftone::cli {

namespace {

// --- list -------------------------------------------------------------------

std::string rangeText(int least, int most)
{
    return least == most ? std::to_string(least)
                         : std::to_string(least) + " to " + std::to_string(most);
}

Result<ExitCode> listTasks(bool json, Output& out)
{
    if (json) {
        auto all = nlohmann::ordered_json::array();
        for (const GeneratedTask& task : generatedTasks()) {
            nlohmann::ordered_json one;
            one["name"] = task.name;
            one["summary"] = task.summary;
            one["difficulty_unit"] = task.difficultyUnit;
            one["minimum"] = task.least;
            one["maximum"] = task.most;
            one["usual_minimum"] = task.usualLeast;
            one["usual_maximum"] = task.usualMost;
            one["rule"] = nameOf(task.rule);
            all.push_back(std::move(one));
        }
        writeLine(out, std::move(all));
        return ExitCode::Done;
    }
    out << "Made from a seed ('tasks make NAME'):\n";
    for (const GeneratedTask& task : generatedTasks())
        out << "  " << task.name << ": " << task.summary << "\n      "
            << rangeText(task.least, task.most) << " " << task.difficultyUnit << ", usually "
            << rangeText(task.usualLeast, task.usualMost) << '\n';
    out << "Read from files ('tasks check FILE'):\n";
    for (const DatasetKind& kind : datasetKinds())
        out << "  " << kind.name << ": " << kind.shape << '\n';
    return ExitCode::Done;
}

// --- make -------------------------------------------------------------------

struct MakeOptions
{
    TaskRequest request = {.task = {}, .split = Split::Test, .options = {}};
    bool noForks = false;
    bool noThink = false;
    bool json = false;
    std::string out;
};

void writeText(Output& out, const TaskSet& set)
{
    for (const TaskItem& item : set.items)
        out << item.id << " (" << item.difficulty << " " << set.difficultyUnit << ")\n  "
            << item.prompt << "\n  " << item.chain << "\n  " << item.answer << '\n';
}

Result<ExitCode> makeTasks(MakeOptions options, Output& out)
{
    options.request.options.forks = !options.noForks;
    options.request.options.think = !options.noThink;
    const auto set = generate(options.request);
    if (!set)
        return Unexpected(set.error());
    if (!options.out.empty() && options.out != "-") {
        const auto written =
            writeFile(options.out, [&](std::ostream& stream) { writeTasks(stream, *set); });
        if (!written)
            return Unexpected(written.error());
    } else if (options.json || options.out == "-") {
        writeTasks(out, *set);
    } else {
        writeText(out, *set);
    }
    return ExitCode::Done;
}

// --- check ------------------------------------------------------------------

struct CheckOptions
{
    std::string file;
    std::string format;
    std::string answers;
    bool json = false;
};

/// Texts by id, from lines of {"id": …, "text": …}.
using Answers = std::map<std::string, std::string, std::less<>>;

Result<Answers> readAnswers(const std::string& path)
{
    const auto text = readText(path);
    if (!text)
        return Unexpected(text.error());
    Answers answers;
    std::string_view rest = *text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos)
            continue;
        const auto json = nlohmann::json::parse(line, nullptr, false);
        const auto isText = [&](const char* key) {
            return json.contains(key) && json[key].is_string();
        };
        if (!json.is_object() || !isText("id") || !isText("text"))
            return failure(ErrorCode::InvalidInput,
                           path + ", line " + std::to_string(number) +
                               R"(: an answer is an object {"id": "…", "text": "…"}.)");
        if (!answers.emplace(json["id"], json["text"]).second)
            return failure(ErrorCode::InvalidInput,
                           path + ", line " + std::to_string(number) + ": there is an answer to " +
                               json["id"].get<std::string>() + " already.");
    }
    return answers;
}

struct Tally
{
    std::int64_t items = 0;
    std::int64_t readable = 0; // an answer could be read
    std::int64_t right = 0;
};

void addTo(nlohmann::ordered_json& json, const Tally& tally, bool answered)
{
    json["items"] = tally.items;
    if (answered) {
        json["readable"] = tally.readable;
        json["right"] = tally.right;
    }
}

std::string textOf(const Tally& tally, bool answered)
{
    if (!answered)
        return counted(tally.items, "item");
    return std::to_string(tally.right) + " of " + std::to_string(tally.items) + " right, " +
           std::to_string(tally.items - tally.readable) + " without an answer";
}

/// Items by difficulty and, where there are answers, what each is worth.
struct Report
{
    Tally all;
    std::map<int, Tally> byDifficulty;
    nlohmann::ordered_json verdicts = nlohmann::ordered_json::array();
};

Report reportOn(const TaskSet& set, const std::optional<Answers>& answers)
{
    Report report;
    for (const TaskItem& item : set.items) {
        Tally one{.items = 1};
        if (answers) {
            const auto given = answers->find(item.id);
            const Verdict verdict =
                given == answers->end() ? Verdict{} : checkAnswer(item, set.rule, given->second);
            one.readable = verdict.answer ? 1 : 0;
            one.right = verdict.right ? 1 : 0;
            nlohmann::ordered_json json;
            json["id"] = item.id;
            json["answer"] = nullptr;
            if (verdict.answer)
                json["answer"] = *verdict.answer;
            json["reference"] = item.answer;
            json["right"] = verdict.right;
            report.verdicts.push_back(std::move(json));
        }
        for (Tally* tally : {&report.all, &report.byDifficulty[item.difficulty]}) {
            tally->items += one.items;
            tally->readable += one.readable;
            tally->right += one.right;
        }
    }
    return report;
}

Result<void> checkIds(const TaskSet& set, const Answers& answers, const std::string& file)
{
    std::size_t known = 0;
    for (const TaskItem& item : set.items)
        known += answers.count(item.id);
    if (known < answers.size())
        return failure(ErrorCode::InvalidInput,
                       file + " answers " +
                           counted(static_cast<std::int64_t>(answers.size() - known), "question") +
                           " that the set does not have; its ids are like " +
                           (set.items.empty() ? "none" : set.items[0].id) + ".");
    return {};
}

Result<ExitCode> checkTasks(const CheckOptions& options, Output& out)
{
    const auto set = readTasks(options.file, datasetFormat(options.format));
    if (!set)
        return Unexpected(set.error());
    std::optional<Answers> answers;
    if (!options.answers.empty()) {
        auto read = readAnswers(options.answers);
        if (!read)
            return Unexpected(read.error());
        if (const auto right = checkIds(*set, *read, options.answers); !right)
            return Unexpected(right.error());
        answers = std::move(*read);
    }
    Report report = reportOn(*set, answers);
    const bool answered = answers.has_value();
    if (options.json) {
        nlohmann::ordered_json json;
        json["name"] = set->name;
        json["rule"] = nameOf(set->rule);
        json["difficulty_unit"] = set->difficultyUnit;
        addTo(json, report.all, answered);
        json["by_difficulty"] = nlohmann::ordered_json::array();
        for (const auto& [difficulty, tally] : report.byDifficulty) {
            nlohmann::ordered_json one;
            one["difficulty"] = difficulty;
            addTo(one, tally, answered);
            json["by_difficulty"].push_back(std::move(one));
        }
        if (answered)
            json["answers"] = std::move(report.verdicts);
        writeLine(out, std::move(json));
        return ExitCode::Done;
    }
    out << printableLine(set->name) << ": " << textOf(report.all, answered)
        << "; answers are read as " << nameOf(set->rule) << '\n';
    for (const auto& [difficulty, tally] : report.byDifficulty)
        out << "  " << difficulty << " " << printableLine(set->difficultyUnit) << ": "
            << textOf(tally, answered) << '\n';
    return ExitCode::Done;
}

// --- options ----------------------------------------------------------------

void addList(CLI::App& tasks, Action& action)
{
    auto json = std::make_shared<bool>(false);
    CLI::App* command = tasks.add_subcommand("list", "Lists the tasks and the formats of files.");
    command->add_flag("--json", *json, "Prints the tasks as a JSON array");
    command->callback(
        [json, &action] { action = [json](Output& out) { return listTasks(*json, out); }; });
}

void addMake(CLI::App& tasks, Action& action)
{
    auto options = std::make_shared<MakeOptions>();
    TaskRequest& request = options->request;
    CLI::App* command = tasks.add_subcommand("make", "Makes questions of a task.");
    command->footer(
        "The same seed and number give the same question, however many are made; no question is "
        "in two splits.\n--json and --out write JSON lines: first {format, version, name, "
        "difficulty_unit, rule}, then an item a line: {id, prompt, chain, answer, accepted, "
        "difficulty, frontier, optimal}. accepted are other right answers; frontier has, by hop, "
        "the nodes that exactly so many hops reach, optimal those of them on a shortest way to "
        "the answer. 'tasks check' reads it.");
    command->add_option("TASK", request.task, "As 'tasks list' has them")->required();
    command->add_option("--count", request.count, "How many")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--seed", request.seed, "Of the questions")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--first", request.first, "Number of the first")
        ->type_name("N")
        ->capture_default_str();
    const std::map<std::string, Split> splits{
        {"train", Split::Train}, {"validation", Split::Validation}, {"test", Split::Test}};
    command
        ->add_option_function<std::string>(
            "--split",
            [options, splits](const std::string& name) {
                options->request.split = splits.at(name);
            },
            "train, validation or test (default)")
        ->type_name("NAME")
        ->check(CLI::IsMember({"train", "validation", "test"}));
    command
        ->add_option("--min-difficulty", request.options.leastDifficulty,
                     "In the task's unit; as usual for the task when not given")
        ->type_name("N");
    command
        ->add_option("--max-difficulty", request.options.mostDifficulty,
                     "In the task's unit; as usual for the task when not given")
        ->type_name("N");
    command->add_flag("--no-forks", options->noForks,
                      "walks, graph: one way only, so that nothing needs looking ahead");
    command->add_flag("--no-think", options->noThink, "Prompts without an open <think>");
    command->add_flag("--json", options->json, "Prints JSON lines");
    command->add_option("--out", options->out, "Writes JSON lines to a file; - is standard output")
        ->type_name("FILE");
    command->callback([options, &action] {
        action = [options](Output& out) { return makeTasks(*options, out); };
    });
}

void addCheck(CLI::App& tasks, Action& action)
{
    auto options = std::make_shared<CheckOptions>();
    CLI::App* command = tasks.add_subcommand(
        "check", "Reads a set of questions and, where they are given, judges answers to it.");
    command->footer("The set is a file of 'tasks make' or of a published data set ('tasks list'). "
                    "Answers are JSON lines {\"id\", \"text\"} of what a model wrote; a question "
                    "without one counts as wrong. --json prints {name, rule, difficulty_unit, "
                    "items, readable, right, by_difficulty, answers: [{id, answer, reference, "
                    "right}]}." +
                    std::string(jsonBytesHelp));
    command->add_option("FILE", options->file, "The set")->required();
    std::vector<std::string> formats;
    for (const DatasetKind& kind : datasetKinds())
        formats.emplace_back(kind.name);
    command
        ->add_option("--format", options->format,
                     "The file's format, when it is not to be told from its first record")
        ->type_name("NAME")
        ->check(CLI::IsMember(formats));
    command->add_option("--answers", options->answers, "Answers to judge; - is standard input")
        ->type_name("FILE");
    command->add_flag("--json", options->json, "Prints one JSON object");
    command->callback([options, &action] {
        action = [options](Output& out) { return checkTasks(*options, out); };
    });
}

} // namespace

void addTasks(CLI::App& program, Action& action)
{
    CLI::App* tasks =
        program.add_subcommand("tasks", "Makes questions with known answers, and judges answers.");
    tasks->require_subcommand(1);
    addList(*tasks, action);
    addMake(*tasks, action);
    addCheck(*tasks, action);
}

} // namespace halftone::cli
