// halftone-cli probe: the single-thread probe of a stored run's mixtures, made afterwards.
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

struct ProbeOptions
{
    RunChoice run;
    StepChoice step;
    StoredModelChoice models;
    bool json = false;
};

struct Measured
{
    StepIndex step;
    MixtureProbe probe;
};

/// The step that was asked for, or all that fed a mixture.
Result<std::vector<StepIndex>> stepsToMeasure(const ProbeOptions& options, const StoredRun& run)
{
    std::vector<StepIndex> steps;
    if (options.step.step >= 0)
        return options.step.in(run).map([](StepIndex step) { return std::vector{step}; });
    for (const StepRecord& record : run.steps)
        if (record.input.kind == InputKind::Mixture)
            steps.push_back(record.step);
    if (steps.empty())
        return failure(ErrorCode::InvalidInput,
                       "Run " + std::to_string(run.info.id.value) +
                           " fed no mixture: there is nothing to measure.");
    return steps;
}

Result<std::vector<Measured>> measure(const RunModels& models, const StoredRun& run,
                                      const std::vector<StepIndex>& steps)
{
    LongCall call;
    const ProgressFn progress = call.progress();
    const auto session = sessionIn(models, run, steps.back(), progress, call.cancelToken());
    if (!session)
        return Unexpected(session.error());
    std::vector<Measured> measured;
    for (const StepIndex step : steps) {
        progress({"Measuring mixtures", measured.size(), steps.size()});
        if (call.cancelToken().cancelled())
            return failure(ErrorCode::Cancelled, "Stopped.");
        const auto probe = (*session)->probe(run.steps[step.index()]);
        if (!probe)
            return Unexpected(probe.error());
        measured.push_back({step, *probe});
    }
    return measured;
}

/// False when the library cannot be written: opening it said why.
Result<bool> keep(const ProbeOptions& options, RunId run, const std::vector<Measured>& measured)
{
    const auto store = SessionStore::open(options.run.library.path());
    if (!store)
        return Unexpected(store.error());
    if ((*store)->readOnly())
        return false;
    for (const Measured& each : measured)
        if (const auto kept = (*store)->setProbe(run, each.step, each.probe); !kept)
            return Unexpected(kept.error());
    return true;
}

void writeTable(Output& out, const StoredRun& run, const std::vector<Measured>& measured, bool kept)
{
    out << "Jensen-Shannon divergence in nats (0 to ln 2 = 0.6931), T = 1, full vocabulary:\n"
           "from what follows the mixture to what follows its heaviest part, its second, and the\n"
           "weighted mean of what follows each; and between the first two.\n\n"
           "  step  to heaviest  to second    to mean    between  fed\n";
    for (const Measured& each : measured) {
        std::array<char, 80> line{};
        std::snprintf(line.data(), line.size(), "%6lld  %11.6f  %9.6f  %9.6f  %9.6f  ",
                      static_cast<long long>(each.step.value), double{each.probe.top1},
                      double{each.probe.top2}, double{each.probe.average},
                      double{each.probe.parts});
        out << line.data() << fedText(run.steps[each.step.index()].input, *run.tokens) << '\n';
    }
    out << (kept ? "\nKept with the steps of run " : "\nNot kept with the steps of run ")
        << run.info.id.value << ".\n";
}

void writeJson(Output& out, const StoredRun& run, const std::vector<Measured>& measured, bool kept)
{
    nlohmann::ordered_json json;
    json["run"] = run.info.id.value;
    json["unit"] = "nats";
    json["probes"] = nlohmann::ordered_json::array();
    for (const Measured& each : measured)
        json["probes"].push_back({{"step", each.step.value},
                                  {"jsd_top1", each.probe.top1},
                                  {"jsd_top2", each.probe.top2},
                                  {"jsd_average", each.probe.average},
                                  {"jsd_parts", each.probe.parts}});
    json["kept"] = kept;
    writeLine(out, std::move(json));
}

Result<ExitCode> probe(const ProbeOptions& options, Output& out)
{
    const auto run = options.run.load();
    if (!run)
        return Unexpected(run.error());
    const auto steps = stepsToMeasure(options, *run);
    if (!steps)
        return Unexpected(steps.error());
    const auto models = options.models.load(run->info);
    if (!models)
        return Unexpected(models.error());
    const auto measured = measure(*models, *run, *steps);
    if (!measured)
        return Unexpected(measured.error());
    const auto kept = keep(options, run->info.id, *measured);
    (options.json ? writeJson : writeTable)(out, *run, *measured, kept.value_or(false));
    return kept.map([](bool) { return ExitCode::Done; });
}

} // namespace

void addProbe(CLI::App& program, Action& action)
{
    auto options = std::make_shared<ProbeOptions>();
    CLI::App* command = program.add_subcommand(
        "probe", "Measures a stored run's mixtures against their parts, after the run.");
    command->footer(
        "Loads the run's model, feeds what was recorded up to the step again, and measures "
        "what follows the mixture beside what follows its parts, in one pass that leaves the "
        "run as it is. The numbers are those of 'run --probe' and are kept with the step, so "
        "that 'show', 'export' and the window have them. --json prints {run, unit, probes: "
        "[{step, jsd_top1, jsd_top2, jsd_average, jsd_parts}], kept}.");
    options->run.addTo(*command);
    options->step.addTo(*command, "The step to measure; default: every step that fed a mixture");
    options->models.addTo(*command);
    command->add_flag("--json", options->json, "Prints JSON");
    command->callback(
        [options, &action] { action = [options](Output& out) { return probe(*options, out); }; });
}

} // namespace halftone::cli
