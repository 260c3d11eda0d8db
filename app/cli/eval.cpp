// halftone-cli eval: a plan of settings over the items of a data set, and what came of it.
#include "base/counted.h"
#include "commands.h"
#include "eval/accuracytable.h"
#include "eval/planrun.h"
#include "eval/reporttext.h"
#include "eval/standing.h"
#include "eval/storedevaluation.h"
#include "jsonoutput.h"
#include "libraryoptions.h"
#include "longcall.h"
#include "modeloptions.h"
#include "tracetext.h"
#include "whentext.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace halftone::cli {

namespace {

struct EvalOptions
{
    std::string plan; // path
    ModelChoice model;
    LibraryChoice library;
    std::vector<std::int64_t> evaluations; // to report
    std::optional<std::string> baseline;   // in place of that of the stored plan
    bool resume = false;
    bool json = false;
    bool csv = false;
    bool latex = false;
    bool table = false;
    ReportTable part = ReportTable::Settings; // of CSV and LaTeX
};

void addFormats(CLI::App& command, EvalOptions& options)
{
    auto* json = command.add_flag("--json", options.json, "Prints the report as one JSON object");
    auto* csv = command.add_flag("--csv", options.csv, "Prints a table of the report as CSV");
    auto* latex =
        command.add_flag("--latex", options.latex, "Prints a table of the report for LaTeX");
    auto* table = command.add_flag("--table", options.table,
                                   "Prints pass@1 of all of them in one table, as Markdown");
    json->excludes(csv)->excludes(latex)->excludes(table);
    csv->excludes(latex)->excludes(table);
    latex->excludes(table);
    std::vector<std::string> names;
    for (const auto& [name, part] : reportTables())
        names.push_back(name);
    command
        .add_option_function<std::string>(
            "--part",
            [&options](const std::string& chosen) {
                for (const auto& [name, part] : reportTables())
                    if (name == chosen)
                        options.part = part;
            },
            "Which table of CSV and LaTeX: settings (default), entropies, difficulties, "
            "comparisons or frontier")
        ->type_name("NAME")
        ->check(CLI::IsMember(names));
}

void print(const EvalOptions& options, const std::vector<EvaluationReport>& reports, Output& out)
{
    if (options.csv || options.table) {
        out << (options.csv ? reportAsCsv(reports, options.part) : accuracyTable(reports));
        return;
    }
    for (const EvaluationReport& report : reports) {
        if (!options.json && &report != &reports.front())
            out << '\n';
        out << (options.json    ? reportAsJson(report)
                : options.latex ? reportAsLatex(report, options.part)
                                : reportAsText(report));
    }
}

Result<EvaluationReport> reportOf(const EvaluationStore& store, const SessionStore& runs,
                                  EvaluationId id, const std::optional<std::string>& baseline)
{
    auto stored = readEvaluation(store, id);
    if (!stored)
        return Unexpected(stored.error());
    if (baseline)
        if (auto changed = compareWith(stored->plan, *baseline); !changed)
            return Unexpected(changed.error());
    EvaluationReport report = makeReport(*stored);
    if (stored->items)
        if (auto added = addFrontiers(report, stored->samples, *stored->items, runs); !added)
            return Unexpected(added.error());
    return report;
}

Result<ExitCode> report(const EvalOptions& options, const std::vector<EvaluationId>& ids,
                        Output& out)
{
    const auto store =
        EvaluationStore::open(options.library.path(), SessionStore::Access::ReadOnly);
    if (!store)
        return Unexpected(store.error());
    const auto runs = SessionStore::open(options.library.path(), SessionStore::Access::ReadOnly);
    if (!runs)
        return Unexpected(runs.error());
    std::vector<EvaluationReport> reports;
    for (const EvaluationId id : ids) {
        auto one = reportOf(**store, **runs, id, options.baseline);
        if (!one)
            return Unexpected(one.error());
        reports.push_back(std::move(*one));
    }
    print(options, reports, out);
    return ExitCode::Done;
}

Result<std::shared_ptr<const Engine>> load(ModelChoice choice, const std::string& named)
{
    if (choice.model.empty())
        choice.model = named;
    return choice.load();
}

/// A request for each data set of the plan, with its models.
Result<std::vector<EvaluationRequest>> readRequests(const EvalOptions& options)
{
    auto plans = readPlans(options.plan);
    if (!plans)
        return Unexpected(plans.error());
    auto requests = requestsFor(std::move(*plans), options.library.path(), options.resume);
    if (!requests)
        return requests;
    const EvaluationPlan& plan = requests->front().plan;
    const auto engine = load(options.model, plan.model);
    if (!engine)
        return Unexpected(engine.error());
    std::shared_ptr<const Engine> partner;
    if (!plan.partner.empty()) {
        auto loaded = load({plan.partner, options.model.device, options.model.threads}, {});
        if (!loaded)
            return Unexpected(loaded.error());
        partner = std::move(*loaded);
    }
    for (EvaluationRequest& request : *requests) {
        request.engine = *engine;
        request.partner = partner;
    }
    return requests;
}

Result<ExitCode> run(const EvalOptions& options, Output& out)
{
    if (options.plan.empty())
        return usageError("Name a plan, a JSON file, or 'report' and the number of an "
                          "evaluation.");
    auto requests = readRequests(options);
    if (!requests)
        return Unexpected(requests.error());
    // One that is gone on with is reported as the plan says by now.
    EvalOptions reported = options;
    reported.baseline = requests->front().plan.baseline;
    LongCall call;
    const auto done = evaluateAll(std::move(*requests), call.progress(), call.cancelToken());
    if (!done)
        return Unexpected(done.error());
    return report(reported, *done, out);
}

/// "12 samples", "5 of 12 samples", "5 of at least 12 samples".
std::string doneOf(const EvaluationInfo& info, const std::optional<EvaluationStanding>& standing)
{
    if (!standing)
        return counted(info.samplesDone, "sample") + ", its plan cannot be read";
    if (standing->finished)
        return counted(info.samplesDone, "sample");
    return std::to_string(info.samplesDone) + (standing->atLeast ? " of at least " : " of ") +
           counted(standing->samplesPlanned, "sample");
}

/// Those in the library, newest first.
Result<ExitCode> list(const EvalOptions& options, Output& out)
{
    std::error_code ignored;
    std::vector<EvaluationInfo> found;
    // Before the first run the user's own library is not there, and that is no error.
    if (!options.library.file.empty() || std::filesystem::exists(options.library.path(), ignored)) {
        auto listed = EvaluationStore::open(options.library.path(), SessionStore::Access::ReadOnly)
                          .and_then([](const auto& store) { return store->evaluations(); });
        if (!listed)
            return Unexpected(listed.error());
        found = std::move(*listed);
    }
    auto all = nlohmann::ordered_json::array();
    for (const EvaluationInfo& info : found) {
        const std::optional<EvaluationStanding> standing = standingOf(info);
        if (!options.json) {
            out << info.id.value << "  " << whenText(info.createdMs) << "  "
                << printableLine(info.name) << "  " << printableLine(info.model) << "  "
                << doneOf(info, standing) << "  session " << info.session.value << '\n';
            continue;
        }
        nlohmann::ordered_json json;
        json["evaluation"] = info.id.value;
        json["created_ms"] = info.createdMs;
        json["name"] = info.name;
        json["model"] = info.model;
        json["fingerprint"] = info.fingerprint;
        json["samples"] = info.samplesDone;
        if (standing) {
            json["samples_planned"] = standing->samplesPlanned;
            json["samples_planned_at_least"] = standing->atLeast;
            json["finished"] = standing->finished;
        }
        json["session"] = info.session.value;
        all.push_back(std::move(json));
    }
    if (options.json)
        writeLine(out, std::move(all));
    return ExitCode::Done;
}

} // namespace

void addEval(CLI::App& program, Action& action)
{
    auto options = std::make_shared<EvalOptions>();
    CLI::App* command = program.add_subcommand(
        "eval", "Measures settings against each other over the items of a data set.");
    command->footer(
        "A plan is a JSON object: data (a file that 'tasks check' reads, questions such as "
        "{\"task\": \"graph\", \"count\": 1000}, or a list of these), settings (a list of "
        "{\"name\", \"mode\", \"parameters\", …}), seeds and more; core/eval/plan.md describes "
        "it. Every sample is a stored run, in a session of the evaluation's own; each data set is "
        "an evaluation of its own. What was stopped or killed goes on with --resume.");
    command->add_option("plan", options->plan, "The plan's file")->type_name("PLAN.json");
    options->model.addTo(*command);
    options->library.addTo(*command);
    command->add_flag("--resume", options->resume,
                      "Goes on with the newest evaluation of this plan; nothing is run twice");
    addFormats(*command, *options);
    command->callback([options, command, &action] {
        if (command->get_subcommands().empty())
            action = [options](Output& out) { return run(*options, out); };
    });

    CLI::App* reporting =
        command->add_subcommand("report", "Prints the reports of stored evaluations.");
    reporting->add_option("evaluation", options->evaluations, "The evaluations' numbers")
        ->type_name("N")
        ->check(CLI::PositiveNumber)
        ->required();
    options->library.addTo(*reporting);
    reporting
        ->add_option("--baseline", options->baseline,
                     "Compares every setting with this one alone, instead of as the plan says")
        ->type_name("SETTING");
    addFormats(*reporting, *options);
    reporting->callback([options, &action] {
        action = [options](Output& out) {
            std::vector<EvaluationId> ids;
            for (const std::int64_t number : options->evaluations)
                ids.push_back(EvaluationId{number});
            return report(*options, ids, out);
        };
    });

    CLI::App* listing = command->add_subcommand("list", "Lists the stored evaluations.");
    options->library.addTo(*listing);
    listing->add_flag("--json", options->json, "Prints them as a JSON array");
    listing->callback(
        [options, &action] { action = [options](Output& out) { return list(*options, out); }; });
}

} // namespace halftone::cli
