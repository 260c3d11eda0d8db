// halftone-cli run: one run of one model on one prompt.
#include "base/counted.h"
#include "commands.h"
#include "engine/partner.h"
#include "exchange/runexport.h"
#include "generation.h"
#include "jsonoutput.h"
#include "libraryoptions.h"
#include "longcall.h"
#include "modeloptions.h"
#include "modeparameters.h"
#include "reasoning/modes.h"
#include "textinput.h"
#include "tracetext.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace halftone::cli {

namespace {

struct RunOptions
{
    ModelChoice model;
    std::string partner; // a folder or a built-in model's name, as the model's
    LibraryChoice library;
    TextOrIds prompt;
    ModeParameters parameters;
    RunSettings settings;
    std::string start = "auto";
    std::int64_t session = 0;
    std::string sessionName;
    std::string schedule; // path
    int group = 1;
    bool noStore = false;
    bool json = false;
};

std::vector<std::string> modeNames()
{
    std::vector<std::string> names;
    for (const Mode& mode : modes())
        names.push_back(mode.name);
    return names;
}

Result<RunSettings> settingsOf(const RunOptions& options)
{
    RunSettings settings = options.settings;
    const auto start = parseStartPhase(options.start);
    if (!start)
        return Unexpected(start.error());
    settings.start = *start;
    auto values = options.parameters.valuesFor(*findMode(settings.mode));
    if (!values)
        return Unexpected(values.error());
    settings.parameters = std::move(*values);
    if (!options.schedule.empty()) {
        auto schedule = readText(options.schedule).and_then([](const std::string& text) {
            return scheduleFromJson(text);
        });
        if (!schedule)
            return failure(schedule.error().code,
                           options.schedule + ": " + schedule.error().message);
        settings.schedule = std::move(*schedule);
    }
    return completeSettings(settings);
}

/// Before the model is loaded, so that a mistake costs no wait.
Result<void> checkSession(const RunOptions& options)
{
    if (options.noStore)
        return {};
    const auto store = options.library.open(SessionStore::Access::ReadWrite);
    if (!store)
        return Unexpected(store.error());
    if (options.session == 0)
        return {};
    const auto sessions = (*store)->sessions();
    if (!sessions)
        return Unexpected(sessions.error());
    const bool exists =
        std::any_of(sessions->begin(), sessions->end(), [&](const SessionSummary& session) {
            return session.id.value == options.session;
        });
    if (exists)
        return {};
    return failure(ErrorCode::NotFound, "There is no session " + std::to_string(options.session) +
                                            " in " + (*store)->path().string() +
                                            "; 'halftone-cli sessions' lists those there are.");
}

Result<void> checkUsage(const RunOptions& options)
{
    if (options.session != 0 && !options.sessionName.empty())
        return usageError("--session adds to a session and --name names a new one; give one.");
    if (options.noStore && (options.session != 0 || !options.sessionName.empty()))
        return usageError("--no-store keeps nothing, so --session and --name have no meaning.");
    return {};
}

Result<void> checkPartnerUsage(const RunOptions& options, const RunSettings& settings)
{
    if (needsPartner(settings) && options.partner.empty())
        return usageError("The mode speculative takes turns between two models; name the second "
                          "one, the strong one, with --partner.");
    if (!needsPartner(settings) && !options.partner.empty())
        return usageError("--partner is for modes that take turns between two models; " +
                          settings.mode + " works with one.");
    return {};
}

/// Null without one.
Result<std::shared_ptr<const Engine>> loadPartner(const RunOptions& options,
                                                  const std::shared_ptr<const Engine>& engine)
{
    if (options.partner.empty())
        return nullptr;
    ModelChoice choice = options.model;
    choice.model = options.partner;
    choice.type.clear(); // of the run's own model
    std::error_code ignored;
    if (const auto folder = choice.folder();
        folder && std::filesystem::equivalent(*folder, engine->identity().path, ignored))
        return engine;
    return choice.load();
}

double perSecond(std::int64_t count, std::int64_t ns)
{
    return ns > 0 ? static_cast<double>(count) * 1e9 / static_cast<double>(ns) : 0;
}

nlohmann::ordered_json toJson(const RecordedRun& run, const TokenTable& tokens)
{
    const RunInfo& info = run.info();
    const RunText text = textOf(run.session().steps(), tokens);
    nlohmann::ordered_json json;
    const bool stored = info.id.value != 0;
    json["session"] = stored ? nlohmann::ordered_json(info.session.value) : nullptr;
    json["run"] = stored ? nlohmann::ordered_json(info.id.value) : nullptr;
    json["status"] = name(info.status);
    json["model"] = info.model.name;
    json["mode"] = info.mode;
    json["seed"] = info.seed;
    json["text"] = text.all;
    json["thinking"] = text.thinking;
    json["answer"] = text.answer;
    json["stop_reason"] = name(info.stop);
    json["steps"] = run.session().steps().size();
    auto& ids = json["prompt_ids"] = nlohmann::ordered_json::array();
    for (const TokenId id : info.promptIds)
        ids.push_back(id.value);
    const RunTimings& timings = info.timings;
    json["timings"] = {
        {"prefill_tokens_per_s", perSecond(timings.promptTokens, timings.prefillNs)},
        {"decode_tokens_per_s", perSecond(timings.decodeSteps, timings.decodeNs)},
        {"prompt_tokens", timings.promptTokens},
        {"prefill_ns", timings.prefillNs},
        {"decode_steps", timings.decodeSteps},
        {"decode_ns", timings.decodeNs},
    };
    return json;
}

void tellPerson(const RecordedRun& run, const std::filesystem::path& library)
{
    const RunInfo& info = run.info();
    std::fprintf(stderr, "%s after %s (%s), %.0f tokens/s", std::string(name(info.status)).c_str(),
                 counted(std::ssize(run.session().steps()), "step").c_str(),
                 std::string(name(info.stop)).c_str(),
                 perSecond(info.timings.decodeSteps, info.timings.decodeNs));
    if (info.id.value != 0)
        std::fprintf(stderr, "; stored as run %lld of session %lld in %s",
                     static_cast<long long>(info.id.value),
                     static_cast<long long>(info.session.value), library.c_str());
    std::fputs(".\n", stderr);
}

nlohmann::ordered_json toJson(const GroupTotals& totals)
{
    return {{"steps", totals.steps},
            {"seconds", static_cast<double>(totals.computedNs) / 1e9},
            {"decode_tokens_per_s", totals.stepsPerSecond()}};
}

/// Texts come when all is over: lines of several runs at once could not be read.
Result<ExitCode> runGroup(const RunOptions& options, const Engine& engine,
                          const Generation& request, Output& out)
{
    const auto group = generate(
        engine, request, [](const StepRecord&) { return true; }, options.group);
    if (!group)
        return Unexpected(group.error());
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const RecordedRun& run : group->runs()) {
        if (options.json)
            all.push_back(toJson(run, *engine.tokens()));
        else
            out << "seed " << run.info().seed << ": "
                << textOf(run.session().steps(), *engine.tokens()).all << '\n';
    }
    const GroupTotals totals = group->totals();
    if (options.json)
        writeLine(
            out,
            {{"session", all.front()["session"]}, {"together", toJson(totals)}, {"runs", all}});
    out.flush();
    if (errorStreamIsTerminal()) {
        for (const RecordedRun& run : group->runs())
            tellPerson(run, options.library.path());
        std::fprintf(stderr, "%d runs together: %lld steps in %.2f s, %.0f tokens/s.\n",
                     totals.runs, static_cast<long long>(totals.steps),
                     static_cast<double>(totals.computedNs) / 1e9, totals.stepsPerSecond());
    }
    return totals.stopped > 0 && !out.failed() ? ExitCode::StoppedByUser : ExitCode::Done;
}

Result<ExitCode> run(const RunOptions& options, Output& out)
{
    if (const auto usage = checkUsage(options); !usage)
        return Unexpected(usage.error());
    const auto settings = settingsOf(options);
    if (!settings)
        return Unexpected(settings.error());
    const auto input = options.prompt.read();
    if (!input)
        return Unexpected(input.error());
    if (const auto usage = checkPartnerUsage(options, *settings); !usage)
        return Unexpected(usage.error());
    if (const auto session = checkSession(options); !session)
        return Unexpected(session.error());

    const auto engine = options.model.load();
    if (!engine)
        return Unexpected(engine.error());
    auto partner = loadPartner(options, *engine);
    if (!partner)
        return Unexpected(partner.error());
    auto ids = idsOf(*input, **engine);
    if (!ids)
        return Unexpected(ids.error());

    Generation request;
    request.partner = std::move(*partner);
    request.settings = *settings;
    request.prompt = input->text.value_or("");
    request.promptIds = std::move(*ids);
    if (!options.noStore)
        request.library = options.library.path();
    if (options.session != 0)
        request.session = SessionId{options.session};
    request.sessionName = options.sessionName;

    if (options.group > 1)
        return runGroup(options, **engine, request, out);
    LiveText live(out, (*engine)->tokens());
    const auto generated = generate(**engine, request, [&](const StepRecord& step) {
        if (!options.json)
            live.add(step);
        return !out.failed();
    });
    if (!options.json)
        live.end();
    if (!generated)
        return Unexpected(generated.error());
    const RecordedRun& run = generated->first();
    if (options.json)
        writeLine(out, toJson(run, *(*engine)->tokens()));
    out.flush();
    if (errorStreamIsTerminal())
        tellPerson(run, options.library.path());
    return run.info().status == RunStatus::Stopped && !out.failed() ? ExitCode::StoppedByUser
                                                                    : ExitCode::Done;
}

} // namespace

void addRun(CLI::App& program, Action& action)
{
    auto options = std::make_shared<RunOptions>();
    CLI::App* command = program.add_subcommand(
        "run", "Runs a model on a prompt, prints its text as it comes and stores every step.");
    command->footer(
        "Mixtures are shown in braces with their heaviest tokens and weights.\n"
        "--json prints one object: session, run, status, model, mode, seed, text, "
        "thinking, answer, stop_reason, steps, prompt_ids, timings. With --group it prints "
        "session, together (steps, seconds, decode_tokens_per_s) and runs, a list of "
        "such objects." +
        std::string(jsonBytesHelp));
    options->model.addTo(*command);
    command
        ->add_option("--partner", options->partner,
                     "The second, strong model of mode speculative: a folder, or the name of a "
                     "built-in model; it must have the same tokenizer")
        ->type_name("DIR");
    options->prompt.addTo(*command, {"--prompt", "--prompt-file", "--prompt-ids", "prompt"});
    // The names stand in the text, which is wrapped; a check's own list of them is not.
    std::string names;
    for (const std::string& name : modeNames())
        names += (names.empty() ? "" : ", ") + name;
    command
        ->add_option("--mode", options->settings.mode,
                     "Mode of reasoning: " + names + "; see 'modes'")
        ->type_name("NAME")
        ->check(CLI::IsMember(modeNames()).description(""))
        ->capture_default_str();
    command->add_option("--seed", options->settings.seed, "Seed of every draw")
        ->type_name("N")
        ->capture_default_str();
    command
        ->add_option("--max-steps", options->settings.maxSteps, "Stops after that many decisions")
        ->type_name("N")
        ->capture_default_str();
    command
        ->add_option("--candidates", options->settings.candidates,
                     "Raw top candidates recorded with each step, 1 to 1000")
        ->type_name("N")
        ->capture_default_str();
    command
        ->add_option("--start", options->start,
                     "Phase of the first step: auto, think or answer; auto thinks when the "
                     "prompt ends inside <think> or the mode is not discrete")
        ->type_name("PHASE")
        ->capture_default_str();
    command->add_flag("--ignore-end", options->settings.ignoreEnd, "Goes on after an end token");
    command
        ->add_option("--stop", options->settings.stop,
                     "Ends the run when the text of its steps holds this; may be given again")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    command
        ->add_option("--schedule", options->schedule,
                     "JSON file of segments that change mode and parameters on the way")
        ->type_name("FILE");
    command
        ->add_option("--soft-prompt", options->settings.softPrompt,
                     "Folder of a tuned prompt (PEFT prompt tuning) to put before the prompt")
        ->type_name("DIR");
    command->add_flag("--probe", options->settings.probe,
                      "Measures every fed mixture against its parts (Jensen-Shannon divergences)");
    command
        ->add_option("--group", options->group,
                     "As many runs at once, seeds counting up from --seed; each is what it would "
                     "be alone")
        ->type_name("N")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    options->library.addTo(*command);
    command
        ->add_option("--session", options->session,
                     "Adds the run to this session instead of a new one")
        ->type_name("ID")
        ->check(CLI::PositiveNumber);
    command
        ->add_option("--name", options->sessionName,
                     "Names the new session; default: the prompt's beginning")
        ->type_name("TEXT");
    command->add_flag("--no-store", options->noStore, "Keeps nothing in the library");
    command->add_flag("--json", options->json, "Prints one JSON object when the run is over");
    options->parameters.addTo(*command);
    command->callback(
        [options, &action] { action = [options](Output& out) { return run(*options, out); }; });
}

} // namespace halftone::cli
