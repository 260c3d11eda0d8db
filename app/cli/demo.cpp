// halftone-cli demo: the built-in model at a fork of the road, discretely and softly.
#include "commands.h"
#include "generation.h"
#include "libraryoptions.h"
#include "modeloptions.h"
#include "tracetext.h"

#include <CLI/App.hpp>

#include <array>
#include <memory>
#include <span>

namespace halftone::cli {

namespace {

/// An arrow a line; from bern two lead on, so that the first steps are a true fork.
constexpr const char* walk =
    "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>";

constexpr std::array demoModes{"discrete", "soft"};

struct DemoOptions
{
    ModelChoice model;
    LibraryChoice library;
    bool noStore = false;
};

Result<ExitCode> demo(const DemoOptions& options, Output& out)
{
    const auto engine = options.model.load();
    if (!engine)
        return Unexpected(engine.error());
    auto ids = (*engine)->encodePrompt(walk);
    if (!ids)
        return Unexpected(ids.error());

    Generation request;
    request.prompt = walk;
    request.promptIds = std::move(*ids);
    request.sessionName = "Demo: a walk with a fork";
    if (!options.noStore)
        request.library = options.library.path();

    out << "Model " << (*engine)->identity().name << ", a walk over arrows with a fork at bern:\n  "
        << walk << '\n';
    std::string stored;
    for (const char* mode : demoModes) {
        request.settings.mode = mode;
        const auto runs =
            generate(**engine, request, [&](const StepRecord&) { return !out.failed(); });
        if (!runs)
            return Unexpected(runs.error());
        const RecordedRun& run = runs->first();
        out << "\nMode " << mode << ":\n";
        writeTrace(out, run.session().steps(), *(*engine)->tokens());
        out.flush();
        if (run.info().status == RunStatus::Stopped)
            return ExitCode::StoppedByUser;
        if (request.library) {
            request.session = run.info().session;
            stored += (stored.empty() ? "" : " and ") + std::to_string(run.info().id.value);
        }
    }
    if (request.library)
        out << "\nStored as runs " << stored << " of session " << request.session->value << " in "
            << request.library->string()
            << ".\n'halftone-cli show RUN' and 'halftone-cli replay RUN --verify' go on from "
               "there.\n";
    return ExitCode::Done;
}

} // namespace

void addDemo(CLI::App& program, Action& action)
{
    auto options = std::make_shared<DemoOptions>();
    CLI::App* command = program.add_subcommand(
        "demo", "Runs the built-in model at a fork, discretely and softly, and prints each step.");
    options->model.addTo(*command);
    options->library.addTo(*command);
    command->add_flag("--no-store", options->noStore, "Keeps nothing in the library");
    command->callback(
        [options, &action] { action = [options](Output& out) { return demo(*options, out); }; });
}

} // namespace halftone::cli
