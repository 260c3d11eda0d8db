// halftone-cli eval: a plan of settings over the items of a data set, and what came of it.
#include "base/counted.h"
#include "commands.h"
#include "eval/evaluation.h"
#include "eval/items.h"
#include "eval/reporttext.h"
#include "libraryoptions.h"
#include "longcall.h"
#include "modeloptions.h"
#include "textinput.h"

#include <CLI/App.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace halftone::cli {

namespace {

struct EvalOptions
{
    std::string plan; // path
    ModelChoice model;
    LibraryChoice library;
    std::int64_t evaluation = 0; // to report
    bool resume = false;
    bool json = false;
    bool csv = false;
    bool latex = false;
};

void addFormats(CLI::App& command, EvalOptions& options)
{
    auto* json = command.add_flag("--json", options.json, "Prints the report as one JSON object");
    auto* csv = command.add_flag("--csv", options.csv,
                                 "Prints the report as CSV, a row a setting and difficulty");
    auto* latex = command.add_flag("--latex", options.latex, "Prints the report's table for LaTeX");
    json->excludes(csv)->excludes(latex);
    csv->excludes(latex);
}

void print(const EvalOptions& options, const EvaluationReport& report, Output& out)
{
    out << (options.json    ? reportAsJson(report)
            : options.csv   ? reportAsCsv(report)
            : options.latex ? reportAsLatex(report)
                            : reportAsText(report));
}

Result<ExitCode> report(const EvalOptions& options, EvaluationId id, Output& out)
{
    const auto store =
        EvaluationStore::open(options.library.path(), SessionStore::Access::ReadOnly);
    if (!store)
        return Unexpected(store.error());
    const auto info = (*store)->evaluation(id);
    if (!info)
        return Unexpected(info.error());
    const auto plan = evaluationPlanFromJson(info->plan);
    if (!plan)
        return failure(ErrorCode::InvalidInput, "The plan of evaluation " +
                                                    std::to_string(id.value) +
                                                    " cannot be read: " + plan.error().message);
    const auto samples = (*store)->samples(id);
    if (!samples)
        return Unexpected(samples.error());
    print(options, makeReport(*info, *plan, *samples), out);
    return ExitCode::Done;
}

Result<EvaluationPlan> readPlan(const std::string& path)
{
    auto plan = readText(path).and_then(
        [](const std::string& text) { return evaluationPlanFromJson(text); });
    if (!plan)
        return failure(plan.error().code, path + ": " + plan.error().message);
    return plan;
}

/// What stands in a plan is seen from the plan's folder, as long as there is something.
std::string besidePlan(const std::string& plan, const std::string& named)
{
    const std::filesystem::path beside = std::filesystem::path(plan).parent_path() / named;
    std::error_code ignored;
    return std::filesystem::exists(beside, ignored) ? beside.string() : named;
}

Result<std::shared_ptr<const Engine>> load(const EvalOptions& options, const std::string& named)
{
    ModelChoice choice = options.model;
    if (choice.model.empty() && !named.empty())
        choice.model = besidePlan(options.plan, named);
    return choice.load();
}

Result<ExitCode> run(const EvalOptions& options, Output& out)
{
    if (options.plan.empty())
        return usageError("Name a plan, a JSON file, or 'report' and the number of an "
                          "evaluation.");
    auto plan = readPlan(options.plan);
    if (!plan)
        return Unexpected(plan.error());
    auto items = readItems(besidePlan(options.plan, plan->data), plan->rule);
    if (!items)
        return Unexpected(items.error());
    EvaluationRequest request;
    auto engine = load(options, plan->model);
    if (!engine)
        return Unexpected(engine.error());
    request.engine = std::move(*engine);
    if (!plan->partner.empty()) {
        EvalOptions second = options;
        second.model.model.clear();
        auto partner = load(second, plan->partner);
        if (!partner)
            return Unexpected(partner.error());
        request.partner = std::move(*partner);
    }
    request.plan = std::move(*plan);
    request.items = std::move(*items);
    request.library = options.library.path();
    request.resume = options.resume;
    Result<EvaluationId> done;
    {
        LongCall call;
        done = evaluate(std::move(request), call.progress(), call.cancelToken());
    }
    if (!done)
        return Unexpected(done.error());
    return report(options, *done, out);
}

} // namespace

void addEval(CLI::App& program, Action& action)
{
    auto options = std::make_shared<EvalOptions>();
    CLI::App* command = program.add_subcommand(
        "eval", "Measures settings against each other over the items of a data set.");
    command->footer(
        "A plan is a JSON object: data (a file of items, one {\"id\", \"prompt\", \"answer\"} a "
        "line), settings (a list of {\"name\", \"mode\", \"parameters\", …}), seeds and more; "
        "core/eval/plan.md describes it. Every sample is a stored run, in a session of the "
        "evaluation's own. An evaluation that was stopped or killed goes on with --resume.");
    command->add_option("plan", options->plan, "The plan's file")->type_name("PLAN.json");
    options->model.addTo(*command);
    options->library.addTo(*command);
    command->add_flag("--resume", options->resume,
                      "Goes on with the newest evaluation of this plan; nothing is run twice");
    addFormats(*command, *options);
    command->callback([options, &action] {
        if (options->evaluation == 0)
            action = [options](Output& out) { return run(*options, out); };
    });

    CLI::App* reporting = command->add_subcommand("report", "Prints a stored evaluation's report.");
    reporting->add_option("evaluation", options->evaluation, "The evaluation's number")
        ->type_name("N")
        ->check(CLI::PositiveNumber)
        ->required();
    options->library.addTo(*reporting);
    addFormats(*reporting, *options);
    reporting->callback([options, &action] {
        action = [options](Output& out) {
            return report(*options, EvaluationId{options->evaluation}, out);
        };
    });
}

} // namespace halftone::cli
