// halftone-cli show: one stored run, in short or step by step. Loads no model.
#include "commands.h"
#include "jsonoutput.h"
#include "libraryoptions.h"
#include "storedruntext.h"
#include "tracetext.h"

#include <CLI/App.hpp>

#include <memory>

namespace halftone::cli {

namespace {

struct ShowOptions
{
    RunChoice run;
    bool steps = false;
    bool json = false;
};

Result<ExitCode> show(const ShowOptions& options, Output& out)
{
    const auto stored = options.run.load();
    if (!stored)
        return Unexpected(stored.error());
    if (options.steps && options.json)
        writeJsonLines(out, *stored);
    else if (options.json)
        out << runToJson(stored->info, *stored->tokens) << '\n';
    else if (options.steps)
        writeTrace(out, stored->steps, *stored->tokens);
    else
        writeSummary(out, *stored);
    return ExitCode::Done;
}

} // namespace

void addShow(CLI::App& program, Action& action)
{
    auto options = std::make_shared<ShowOptions>();
    CLI::App* command =
        program.add_subcommand("show", "Shows a stored run, in short or step by step.");
    command->footer(
        "--steps --json prints one object a line and step: step, position, phase, mode, input "
        "{kind, ids, weights}, sampled, entropy, mixture_entropy, varentropy, p_max, candidates "
        "[{id, raw, filtered, mixture}], events and more. entropy, varentropy, p_max and raw are "
        "of the raw distribution (T = 1, full vocabulary, nats); input is what was fed next, at "
        "position." +
        std::string(jsonBytesHelp));
    options->run.addTo(*command);
    command->add_flag("--steps", options->steps, "Every step");
    command->add_flag("--json", options->json, "Prints JSON");
    command->callback(
        [options, &action] { action = [options](Output& out) { return show(*options, out); }; });
}

} // namespace halftone::cli
