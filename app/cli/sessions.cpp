// halftone-cli sessions: what the library holds. Loads no model.
#include "base/counted.h"
#include "commands.h"
#include "jsonoutput.h"
#include "libraryoptions.h"
#include "tracetext.h"
#include "whentext.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <system_error>

namespace halftone::cli {

namespace {

struct SessionsOptions
{
    LibraryChoice library;
    SessionFilter filter;
    bool json = false;
};

nlohmann::ordered_json toJson(const RunSummary& run)
{
    nlohmann::ordered_json json;
    json["run"] = run.id.value;
    json["status"] = name(run.status);
    json["steps"] = run.steps;
    json["stop_reason"] = name(run.stop);
    json["mode"] = run.mode;
    json["model"] = run.modelName;
    json["seed"] = run.seed;
    json["started_ms"] = run.startedMs;
    json["parent"] = run.parent ? nlohmann::ordered_json(run.parent->value) : nullptr;
    if (run.parent) {
        json["fork_step"] = run.forkStep.value;
        json["change"] = run.change;
    }
    return json;
}

void writeJson(Output& out, const std::vector<SessionSummary>& sessions)
{
    auto all = nlohmann::ordered_json::array();
    for (const SessionSummary& session : sessions) {
        nlohmann::ordered_json json;
        json["session"] = session.id.value;
        json["name"] = session.name;
        json["created_ms"] = session.createdMs;
        if (session.binnedMs)
            json["binned_ms"] = *session.binnedMs;
        json["runs"] = nlohmann::ordered_json::array();
        for (const RunSummary& run : session.runs)
            json["runs"].push_back(toJson(run));
        all.push_back(std::move(json));
    }
    writeLine(out, std::move(all));
}

void writeText(Output& out, const std::vector<SessionSummary>& sessions)
{
    for (const SessionSummary& session : sessions) {
        out << "session " << session.id.value << "  " << whenText(session.createdMs) << "  "
            << printableLine(session.name) << '\n';
        for (const RunSummary& run : session.runs) {
            out << "  run " << run.id.value << "  " << name(run.status) << "  "
                << counted(run.steps, "step") << "  " << run.mode << "  "
                << printableLine(run.modelName) << "  seed " << run.seed;
            if (run.parent)
                out << "  from run " << run.parent->value << " at step " << run.forkStep.value
                    << ": " << printableLine(run.change);
            out << '\n';
        }
    }
}

Result<ExitCode> sessions(const SessionsOptions& options, Output& out)
{
    std::error_code ignored;
    std::vector<SessionSummary> found;
    // Before the first run the user's own library is not there, and that is no error.
    if (!options.library.file.empty() || std::filesystem::exists(options.library.path(), ignored)) {
        const auto store = options.library.open(SessionStore::Access::ReadOnly);
        if (!store)
            return Unexpected(store.error());
        auto listed = (*store)->sessions(options.filter);
        if (!listed)
            return Unexpected(listed.error());
        found = std::move(*listed);
    }
    if (options.json)
        writeJson(out, found);
    else if (found.empty())
        out << "No sessions in " << options.library.path().string() << ".\n";
    else
        writeText(out, found);
    return ExitCode::Done;
}

} // namespace

void addSessions(CLI::App& program, Action& action)
{
    auto options = std::make_shared<SessionsOptions>();
    CLI::App* command = program.add_subcommand(
        "sessions", "Lists the stored sessions and their runs, newest first.");
    command->footer(
        "--json prints an array of {session, name, created_ms, runs: [{run, status, steps, "
        "stop_reason, mode, model, seed, started_ms, parent}]}; status is running, finished, "
        "stopped, interrupted or failed. Times are Unix milliseconds." +
        std::string(jsonBytesHelp));
    options->library.addTo(*command);
    command
        ->add_option("--search", options->filter.search, "Only those with this in name or prompt")
        ->type_name("TEXT");
    command->add_flag("--bin", options->filter.bin, "Those in the bin instead");
    command->add_flag("--json", options->json, "Prints a JSON array");
    command->callback([options, &action] {
        action = [options](Output& out) { return sessions(*options, out); };
    });
}

} // namespace halftone::cli
