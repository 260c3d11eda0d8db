// halftone-cli replay: a stored run again. As stored, with no model; or run again and compared.
#include "base/counted.h"
#include "commands.h"
#include "jsonoutput.h"
#include "libraryoptions.h"
#include "longcall.h"
#include "storedmodel.h"
#include "tracetext.h"
#include "verify.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace halftone::cli {

namespace {

struct ReplayOptions
{
    RunChoice run;
    StoredModelChoice models;
    bool verify = false;
    bool json = false;
};

void writeVerdict(Output& out, const StoredRun& stored,
                  const std::optional<FirstDifference>& difference)
{
    const std::string run = "Run " + std::to_string(stored.info.id.value);
    const std::int64_t shared = stored.info.origin ? stored.info.origin->step.value : 0;
    if (difference) {
        out << run << " differs first at step " << difference->step.value << ": "
            << printable(difference->description) << " (stored against run again).\n";
        return;
    }
    out << run << " came out the same to the bit: "
        << counted(static_cast<std::int64_t>(stored.steps.size()) - shared, "step")
        << " taken again";
    if (shared > 0)
        out << " after " << shared << " shared with run " << stored.info.origin->parent.value;
    out << ".\n";
}

void writeVerdictJson(Output& out, const StoredRun& stored,
                      const std::optional<FirstDifference>& difference)
{
    nlohmann::ordered_json json;
    json["equal"] = !difference.has_value();
    json["first_difference"] = nullptr;
    if (difference)
        json["first_difference"] = {{"step", difference->step.value},
                                    {"description", difference->description}};
    json["run"] = stored.info.id.value;
    json["steps"] = stored.steps.size();
    json["shared_steps"] = stored.info.origin ? stored.info.origin->step.value : 0;
    writeLine(out, std::move(json));
}

/// The run with what its parent was.
Result<Verification> loadVerification(const RunChoice& choice)
{
    const auto found = choice.find();
    if (!found)
        return Unexpected(found.error());
    auto run = loadRun(*found->store, found->id);
    if (!run)
        return Unexpected(run.error());
    Verification what{std::move(*run), std::nullopt};
    if (what.run.info.origin) {
        auto parent = found->store->run(what.run.info.origin->parent);
        if (!parent)
            return Unexpected(parent.error());
        what.parent = std::move(*parent);
    }
    return what;
}

Result<ExitCode> verifyRun(const ReplayOptions& options, Output& out)
{
    const auto what = loadVerification(options.run);
    if (!what)
        return Unexpected(what.error());
    const auto models = options.models.load(what->run.info);
    if (!models)
        return Unexpected(models.error());
    Result<std::optional<FirstDifference>> difference;
    {
        LongCall call;
        difference = verify(*models, *what, call.progress(), call.cancelToken());
    }
    if (!difference)
        return Unexpected(difference.error());
    if (options.json)
        writeVerdictJson(out, what->run, *difference);
    else
        writeVerdict(out, what->run, *difference);
    return *difference ? ExitCode::CheckFailed : ExitCode::Done;
}

Result<ExitCode> replay(const ReplayOptions& options, Output& out)
{
    if (options.verify)
        return verifyRun(options, out);
    if (options.models.given())
        return usageError("--model and --partner go with --verify; a replay of stored numbers needs no model.");
    const auto stored = options.run.load();
    if (!stored)
        return Unexpected(stored.error());
    if (options.json) {
        writeJsonLines(out, *stored);
        return ExitCode::Done;
    }
    writeTrace(out, stored->steps, *stored->tokens);
    out << '\n' << printable(textOf(stored->steps, *stored->tokens).all) << '\n';
    return ExitCode::Done;
}

} // namespace

void addReplay(CLI::App& program, Action& action)
{
    auto options = std::make_shared<ReplayOptions>();
    CLI::App* command = program.add_subcommand(
        "replay", "Shows a stored run again; with --verify runs it again and compares.");
    command->footer(
        "Without --verify no model is loaded, and --json prints the lines of 'show RUN "
        "--steps --json'.\n--verify loads the run's model with its thread count and exits "
        "with 1 when a step differs; --json then prints {equal, first_difference: null or "
        "{step, description}, run, steps, shared_steps}. The description gives the stored "
        "value first." +
        std::string(jsonBytesHelp));
    options->run.addTo(*command);
    command->add_flag("--verify", options->verify,
                      "Runs it again and reports the first step that differs");
    options->models.addTo(*command);
    command->add_flag("--json", options->json, "Prints JSON");
    command->callback(
        [options, &action] { action = [options](Output& out) { return replay(*options, out); }; });
}

} // namespace halftone::cli
