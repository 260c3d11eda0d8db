// halftone-cli bench: how fast a model decodes here, and what recording costs.
#include "benchmark.h"
#include "commands.h"
#include "jsonoutput.h"
#include "modeloptions.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace halftone::cli {

namespace {

struct BenchOptions
{
    ModelChoice model;
    BenchmarkPlan plan;
    bool json = false;
};

nlohmann::ordered_json toJson(const PhaseTimes& phases)
{
    return {{"forward", phases.forwardUs},
            {"logits", phases.logitsUs},
            {"decide", phases.decideUs},
            {"record", phases.recordUs}};
}

void writeJson(Output& out, const Benchmark& result)
{
    const ModelIdentity& model = result.model;
    nlohmann::ordered_json json;
    json["model"] = model.name;
    json["fingerprint"] = model.fingerprint;
    json["type"] = result.type;
    json["stored_type"] = model.weightType;
    json["device"] = model.device;
    json["threads"] = model.threads;
    json["mode"] = result.plan.mode;
    json["rounds"] = result.plan.rounds;
    json["runs"] = result.runs;
    json["stream_gb_per_s"] = result.streamGbPerS;
    json["weight_bytes_per_token"] = result.weightBytesPerToken;
    json["prefill"] = {{"tokens", result.plan.promptTokens},
                       {"tokens_per_s", result.prefillTokensPerS}};
    json["decode"] = {
        {"steps", result.plan.steps},
        {"tokens_per_s", result.decodeTokensPerS},
        {"with_recording_tokens_per_s", result.recordedTokensPerS},
        {"recording_share", result.recordingShare},
        {"recording_share_low", result.recordingShareLow},
        {"recording_share_high", result.recordingShareHigh},
        {"cpu_us_per_step", result.cpuUs},
        {"with_recording_cpu_us_per_step", result.recordedCpuUs},
        {"gb_per_s", result.decodeGbPerS},
        {"share_of_stream", result.decodeGbPerS / result.streamGbPerS},
        {"phases_us", toJson(result.phases)},
        {"with_recording_phases_us", toJson(result.recordedPhases)},
        {"close_library_ms", result.closeMs},
    };
    json["peak_memory_bytes"] = result.peakMemoryBytes;
    writeLine(out, std::move(json));
}

void writeText(Output& out, const Benchmark& result)
{
    const ModelIdentity& model = result.model;
    const auto line = [&out](const char* format, auto... values) {
        char text[256];
        std::snprintf(text, sizeof text, format, values...);
        out << text << '\n';
    };
    line("model        %s, %s weights, computed in %s on %s with %d thread%s", model.name.c_str(),
         model.weightType.c_str(), result.type.c_str(), model.device.c_str(), model.threads,
         model.threads == 1 ? "" : "s");
    line("measured     medians of %d rounds, %lld runs each way, mode %s, %lld prompt tokens, %lld "
         "steps",
         result.plan.rounds, static_cast<long long>(result.runs), result.plan.mode.c_str(),
         static_cast<long long>(result.plan.promptTokens),
         static_cast<long long>(result.plan.steps));
    line("prefill      %.0f tokens/s", result.prefillTokensPerS);
    line("decode       %.0f tokens/s without recording, %.0f with", result.decodeTokensPerS,
         result.recordedTokensPerS);
    line("recording    %.1f %% of a step's time; %.1f to %.1f %% in the middle half of rounds",
         100 * result.recordingShare, 100 * result.recordingShareLow,
         100 * result.recordingShareHigh);
    line("processor    %.1f us a step without recording, %.1f with", result.cpuUs,
         result.recordedCpuUs);
    const auto phases = [&line](const char* label, const PhaseTimes& times) {
        line("%s forward %.1f, logits %.1f, decide %.1f, record %.1f us a step", label,
             times.forwardUs, times.logitsUs, times.decideUs, times.recordUs);
    };
    phases("  without   ", result.phases);
    phases("  with      ", result.recordedPhases);
    line("closing      %.1f ms a run to store its last steps and close it", result.closeMs);
    line("weights      %.1f MB a token, %.2f GB/s; this machine streams %.1f GB/s (%.0f %%)",
         static_cast<double>(result.weightBytesPerToken) / 1e6, result.decodeGbPerS,
         result.streamGbPerS, 100 * result.decodeGbPerS / result.streamGbPerS);
    line("peak memory  %.0f MB", static_cast<double>(result.peakMemoryBytes) / 1e6);
}

Result<ExitCode> bench(const BenchOptions& options, Output& out)
{
    const auto folder = options.model.folder();
    if (!folder)
        return Unexpected(folder.error());
    const auto engine = options.model.load();
    if (!engine)
        return Unexpected(engine.error());
    const auto result = benchmark(**engine, *folder, options.plan);
    if (!result)
        return Unexpected(result.error());
    if (options.json)
        writeJson(out, *result);
    else
        writeText(out, *result);
    return ExitCode::Done;
}

} // namespace

void addBench(CLI::App& program, Action& action)
{
    auto options = std::make_shared<BenchOptions>();
    CLI::App* command =
        program.add_subcommand("bench", "Measures prefill and decode, with recording and without.");
    command->footer(
        "A round is as many pairs of runs, one without and one with recording to a temporary "
        "library, as take half a second each way. Figures are medians of the rounds. Decode counts "
        "the steps of a run after the first, each with its forward pass; with recording it "
        "includes storing the last steps.\n"
        "--json prints model, fingerprint, type (computed in), stored_type, device, threads, mode, "
        "rounds, runs (each way), stream_gb_per_s (memory read by this machine), "
        "weight_bytes_per_token, prefill {tokens, tokens_per_s}, decode, peak_memory_bytes.\n"
        "decode holds steps (of a run), tokens_per_s, with_recording_tokens_per_s; "
        "recording_share, the part of a recorded step's time, by the median ratio of a round's "
        "pairs, with recording_share_low and recording_share_high, the quartiles of the rounds; "
        "cpu_us_per_step and with_recording_cpu_us_per_step, of all threads; gb_per_s (weights "
        "read) and share_of_stream; phases_us and with_recording_phases_us, a step: {forward, "
        "logits, decide, record}; close_library_ms, a run.");
    options->model.addTo(*command);
    command->add_option("--mode", options->plan.mode, "Mode of reasoning, with its defaults")
        ->type_name("NAME")
        ->capture_default_str();
    command
        ->add_option("--prompt-tokens", options->plan.promptTokens,
                     "Length of the prompt; default a quarter of the context, at most 128")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000));
    command
        ->add_option("--steps", options->plan.steps,
                     "Steps of a run; default what the context has left, at most 256")
        ->type_name("N")
        ->check(CLI::Range(2, 1'000'000));
    command->add_option("--rounds", options->plan.rounds, "Rounds")
        ->type_name("N")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Prints one JSON object");
    command->callback(
        [options, &action] { action = [options](Output& out) { return bench(*options, out); }; });
}

} // namespace halftone::cli
