// halftone-cli collapse: what would have followed had a soft step been discrete.
#include "engine/collapse.h"
#include "commands.h"
#include "jsonoutput.h"
#include "libraryoptions.h"
#include "longcall.h"
#include "storedmodel.h"
#include "tracetext.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

namespace halftone::cli {

namespace {

struct CollapseOptions
{
    RunChoice run;
    StepChoice step;
    CollapsePlan plan;
    std::string to = "heaviest";
    StoredModelChoice models;
    bool json = false;
};

std::string formatted(const char* format, double value)
{
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string shownToken(const std::vector<StepRecord>& steps, std::size_t i,
                       const TokenTable& tokens)
{
    return i < steps.size() ? printableCell(tokens.piece(steps[i].sampled)) : std::string();
}

std::string entropyOf(const std::vector<StepRecord>& steps, std::size_t i)
{
    return i < steps.size() ? formatted("%9.4f", steps[i].entropy) : std::string(9, ' ');
}

void writeHead(Output& out, const StoredRun& run, const Collapse& result)
{
    const TokenTable& tokens = *run.tokens;
    out << "Step " << result.plan.step.value << " of run " << run.info.id.value << " fed "
        << fedText(result.original.front().input, tokens) << ". Collapsed to "
        << printableCell(tokens.piece(result.token)) << " (weight "
        << formatted("%.4f", double{result.weight}) << ", " << name(result.plan.to) << "), then "
        << (result.plan.greedy ? "greedily" : "as the run does") << ".\n";
    if (result.firstDifference)
        out << "After it the shown tokens differ first at step " << result.firstDifference->value
            << ".\n";
    else
        out << "After it the shown tokens are the same in all steps that both have.\n";
}

/// Of the raw distributions, for both divergence and entropies.
void writeTable(Output& out, const StoredRun& run, const Collapse& result)
{
    writeHead(out, run, result);
    const std::size_t rows = std::max(result.original.size(), result.collapsed.size());
    std::size_t width = 8;
    std::size_t collapsedWidth = 9;
    for (std::size_t i = 0; i < rows; ++i) {
        width = std::max(width, displayWidth(shownToken(result.original, i, *run.tokens)));
        collapsedWidth =
            std::max(collapsedWidth, displayWidth(shownToken(result.collapsed, i, *run.tokens)));
    }
    out << "JSD (Jensen-Shannon, 0 to ln 2 = 0.6931) and entropies in nats, of the raw "
           "distributions: T = 1,\nfull vocabulary.\n\n  step    "
        << padded("original", width) << "  " << padded("collapsed", collapsedWidth)
        << "        JSD   original  collapsed\n";
    for (std::size_t i = 0; i < rows; ++i) {
        const auto step = result.plan.step.value + static_cast<std::int64_t>(i);
        const std::string number = std::to_string(step);
        const bool both = i < result.original.size() && i < result.collapsed.size();
        const bool differs =
            both && i > 0 && result.original[i].sampled != result.collapsed[i].sampled;
        out << std::string(number.size() < 6 ? 6 - number.size() : 0, ' ') << number << "  "
            << (differs ? "≠ " : "  ") << padded(shownToken(result.original, i, *run.tokens), width)
            << "  " << padded(shownToken(result.collapsed, i, *run.tokens), collapsedWidth) << "  "
            << (both ? formatted("%9.6f", result.divergence[i]) : std::string(9, ' ')) << "  "
            << entropyOf(result.original, i) << "  " << entropyOf(result.collapsed, i) << '\n';
    }
}

nlohmann::ordered_json toJson(const std::vector<StepRecord>& steps, const TokenTable& tokens)
{
    auto all = nlohmann::ordered_json::array();
    for (const StepRecord& step : steps)
        all.push_back(nlohmann::ordered_json::parse(stepToJson(step, tokens)));
    return all;
}

void writeJson(Output& out, const StoredRun& run, const Collapse& result)
{
    nlohmann::ordered_json json;
    json["run"] = run.info.id.value;
    json["step"] = result.plan.step.value;
    json["to"] = name(result.plan.to);
    json["token"] = result.token.value;
    json["text"] = run.tokens->piece(result.token);
    json["weight"] = result.weight;
    json["greedy"] = result.plan.greedy;
    json["first_difference"] = nullptr;
    if (result.firstDifference)
        json["first_difference"] = result.firstDifference->value;
    json["unit"] = "nats";
    json["jsd"] = result.divergence;
    json["original"] = toJson(result.original, *run.tokens);
    json["collapsed"] = toJson(result.collapsed, *run.tokens);
    writeLine(out, std::move(json));
}

Result<ExitCode> collapseStored(const CollapseOptions& options, Output& out)
{
    const auto run = options.run.load();
    if (!run)
        return Unexpected(run.error());
    const auto step = options.step.in(*run);
    if (!step)
        return Unexpected(step.error());
    if (std::string why = whyNotCollapsible(run->steps[step->index()]); !why.empty())
        return usageError(std::move(why)); // before a model is loaded
    const auto models = options.models.load(run->info);
    if (!models)
        return Unexpected(models.error());
    CollapsePlan plan = options.plan;
    plan.step = *step;
    for (const CollapseTo to : {CollapseTo::Second, CollapseTo::Drawn})
        if (options.to == name(to))
            plan.to = to;
    Result<Collapse> result;
    {
        LongCall call;
        const auto session = sessionIn(*models, *run, *step, call.progress(), call.cancelToken());
        if (!session)
            return Unexpected(session.error());
        result = collapse(**session, run->steps, plan, call.progress(), call.cancelToken());
    }
    if (!result)
        return Unexpected(result.error());
    (options.json ? writeJson : writeTable)(out, *run, *result);
    return ExitCode::Done;
}

} // namespace

void addCollapse(CLI::App& program, Action& action)
{
    auto options = std::make_shared<CollapseOptions>();
    CLI::App* command = program.add_subcommand(
        "collapse", "What would have followed had one soft step of a stored run been discrete.");
    command->footer(
        "Loads the run's model and feeds what was recorded up to the step again. There one token "
        "of the mixture is fed instead of it, and the run goes on by its own rule, soft where it "
        "is soft, or greedily. Nothing is stored. --json prints {run, step, to, token, text, "
        "weight, greedy, first_difference: null or the first step after it that shows another "
        "token, unit, jsd: [a number for each pair of steps], original: [steps], collapsed: "
        "[steps]}, the steps as 'show --steps --json' has them." +
        std::string(jsonBytesHelp));
    options->run.addTo(*command);
    options->step.addTo(*command, "The soft step to collapse")->required();
    command
        ->add_option("--steps", options->plan.steps,
                     "How many steps to take after it, at most; default 16")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, maxCollapseSteps));
    command
        ->add_option("--to", options->to,
                     "The token that is fed: heaviest, second (heaviest), or drawn by the weights "
                     "and the run's seed; default heaviest")
        ->type_name("NAME")
        ->check(CLI::IsMember({"heaviest", "second", "drawn"}));
    command->add_flag("--greedy", options->plan.greedy,
                      "The steps after it take the most probable token");
    options->models.addTo(*command);
    command->add_flag("--json", options->json, "Prints JSON");
    command->callback([options, &action] {
        action = [options](Output& out) { return collapseStored(*options, out); };
    });
}

} // namespace halftone::cli
