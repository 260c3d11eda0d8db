#include "bench/report.h"

#include "jsonoutput.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>

namespace halftone::cli {

namespace {

using Json = nlohmann::ordered_json;

/// {name: median, name_low: lower quartile, name_high: upper quartile}
void add(Json& json, const std::string& name, const Quartiles& values)
{
    json[name] = values.median;
    json[name + "_low"] = values.low;
    json[name + "_high"] = values.high;
}

Json phasesUs(const PhaseSamples& phases)
{
    return {{"forward", phases.forwardUs()},
            {"logits", phases.logitsUs()},
            {"decide", phases.decideUs()},
            {"record", phases.recordUs()}};
}

double gbPerS(const Benchmark& result, double tokensPerS)
{
    return static_cast<double>(result.weightBytesPerToken) * tokensPerS / 1e9;
}

/// The part of a recorded step's time that recording takes.
Quartiles recordingShare(const Quartiles& times)
{
    return {1 - 1 / times.low, 1 - 1 / times.median, 1 - 1 / times.high};
}

Json toJson(const PrefillFigures& figures)
{
    Json json;
    json["tokens"] = figures.tokens;
    add(json, "tokens_per_s", figures.tokensPerS);
    return json;
}

Json toJson(const DecodeFigures& figures, const Benchmark& result)
{
    Json json;
    json["context"] = figures.context;
    add(json, "tokens_per_s", figures.tokensPerS);
    if (figures.shareOfStream) {
        json["gb_per_s"] = gbPerS(result, figures.tokensPerS.median);
        add(json, "share_of_stream", *figures.shareOfStream);
    }
    json["phases_us"] = phasesUs(figures.phases);
    return json;
}

void addRecording(Json& decode, const RecordingFigures& figures)
{
    decode["with_recording_tokens_per_s"] = figures.recordedTokensPerS.median;
    decode["without_recording_tokens_per_s"] = figures.plainTokensPerS.median;
    add(decode, "recording_share", recordingShare(figures.stepTimes));
    decode["recording_runs"] = figures.runs;
    decode["recording_steps"] = figures.steps;
    decode["cpu_us_per_step"] = figures.cpuUs;
    decode["with_recording_cpu_us_per_step"] = figures.recordedCpuUs;
    decode["with_recording_phases_us"] = phasesUs(figures.recordedPhases);
    decode["close_library_ms"] = figures.closeMs;
}

Json decodeJson(const Benchmark& result)
{
    Json json = Json::object();
    if (!result.decode.empty()) {
        json = toJson(result.decode.front(), result);
        json["steps"] = result.plan.steps;
        for (const DecodeFigures& figures : result.decode)
            json["contexts"].push_back(toJson(figures, result));
        json["no_room_for"] = result.plan.contextsWithoutRoom;
    }
    if (result.recording)
        addRecording(json, *result.recording);
    if (result.soft) {
        json["soft_tokens_per_s"] = result.soft->tokensPerS.median;
        add(json, "soft_step_time", result.soft->stepTimes);
    }
    return json;
}

Json memoryJson(const Benchmark& result)
{
    const std::int64_t rows = promptTokens(result.plan.contexts.back()) + result.plan.steps;
    const CacheShape& cache = result.model.cache;
    return {{"peak_bytes", result.peakMemoryBytes},
            {"kv_cache_bytes_per_token", cache.bytesPerRow()},
            {"kv_cache_bytes", rows * cache.bytesPerRow()},
            {"kv_cache_tokens", rows}};
}

} // namespace

const std::string_view benchmarkJsonHelp =
    "--json prints model, fingerprint, type (of the weights), device, threads, mode, rounds, "
    "stream_gb_per_s (memory read by this machine), weight_bytes_per_token, prefill, decode, "
    "batch, "
    "probes, memory. A figure's quartiles stand beside its median, as tokens_per_s_low and "
    "tokens_per_s_high beside tokens_per_s.\n"
    "prefill and decode hold the figures of the shortest prompt and context; lengths and contexts, "
    "in them, those of all; no_room_for, what the model's context is too small for. decode: "
    "context, steps, tokens_per_s, gb_per_s (weights read), share_of_stream, phases_us, a step: "
    "{forward, logits, decide, record}; with_recording_tokens_per_s, "
    "without_recording_tokens_per_s, "
    "recording_share (of a recorded step's time), recording_runs (each way), recording_steps (of a "
    "run), cpu_us_per_step and with_recording_cpu_us_per_step (of all threads), "
    "with_recording_phases_us, close_library_ms (a run); soft_tokens_per_s and soft_step_time, "
    "over "
    "a discrete step's.\n"
    "batch: for each number of sequences tokens_per_s of all together and step_time, over a step "
    "of "
    "one. probes: for each number of vectors step_time, over one forward pass.";

void writeJson(Output& out, const Benchmark& result)
{
    const ModelIdentity& model = result.model;
    Json json;
    json["model"] = model.name;
    json["fingerprint"] = model.fingerprint;
    json["type"] = model.weightType;
    json["device"] = model.device;
    json["threads"] = model.threads;
    json["mode"] = result.plan.mode;
    json["rounds"] = result.plan.rounds;
    if (result.streamGbPerS)
        json["stream_gb_per_s"] = *result.streamGbPerS;
    if (result.weightBytesPerToken > 0)
        json["weight_bytes_per_token"] = result.weightBytesPerToken;
    if (!result.prefill.empty()) {
        json["prefill"] = toJson(result.prefill.front());
        for (const PrefillFigures& figures : result.prefill)
            json["prefill"]["lengths"].push_back(toJson(figures));
        json["prefill"]["no_room_for"] = result.plan.prefillWithoutRoom;
    }
    if (Json decode = decodeJson(result); !decode.empty())
        json["decode"] = std::move(decode);
    for (const BatchFigures& figures : result.batch) {
        Json batch{{"sequences", figures.sequences}};
        add(batch, "tokens_per_s", figures.tokensPerS);
        add(batch, "step_time", figures.stepTimes);
        json["batch"].push_back(std::move(batch));
    }
    for (const ProbeFigures& figures : result.probes) {
        Json probe{{"vectors", figures.vectors}};
        add(probe, "step_time", figures.stepTimes);
        json["probes"].push_back(std::move(probe));
    }
    json["memory"] = memoryJson(result);
    writeLine(out, std::move(json));
}

void writeText(Output& out, const Benchmark& result)
{
    const ModelIdentity& model = result.model;
    const auto line = [&out](const char* format, auto... values) {
        char text[512];
        std::snprintf(text, sizeof text, format, values...);
        out << text << '\n';
    };
    const auto whole = [](std::int64_t value) { return static_cast<long long>(value); };
    const auto listed = [](const std::vector<std::int64_t>& values) {
        std::string text;
        for (const std::int64_t value : values)
            text += (text.empty() ? "" : ", ") + std::to_string(value);
        return text;
    };

    line("model        %s, %s weights, on %s with %d thread%s", model.name.c_str(),
         model.weightType.c_str(), model.device.c_str(), model.threads,
         model.threads == 1 ? "" : "s");
    if (result.weightBytesPerToken > 0)
        line("weights      %.1f MB read a token",
             static_cast<double>(result.weightBytesPerToken) / 1e6);
    if (result.streamGbPerS)
        line("memory       %.1f GB/s read by this machine, in the same seconds",
             *result.streamGbPerS);
    line("Medians, and in brackets the middle half of the samples.");
    for (const PrefillFigures& figures : result.prefill)
        line("prefill      %5lld tokens: %.0f tokens/s [%.0f to %.0f]", whole(figures.tokens),
             figures.tokensPerS.median, figures.tokensPerS.low, figures.tokensPerS.high);
    for (const DecodeFigures& figures : result.decode) {
        line("decode       after %lld tokens: %.1f tokens/s [%.1f to %.1f]", whole(figures.context),
             figures.tokensPerS.median, figures.tokensPerS.low, figures.tokensPerS.high);
        if (const auto& share = figures.shareOfStream)
            line("             %.2f GB/s of weights, %.0f %% of memory's speed [%.0f to %.0f]",
                 gbPerS(result, figures.tokensPerS.median), 100 * share->median, 100 * share->low,
                 100 * share->high);
        line("             forward %.1f, logits %.1f, decide %.1f, record %.1f us a step",
             figures.phases.forwardUs(), figures.phases.logitsUs(), figures.phases.decideUs(),
             figures.phases.recordUs());
    }
    if (const auto& recording = result.recording) {
        const Quartiles share = recordingShare(recording->stepTimes);
        line("recording    %.1f tokens/s with, %.1f without: %.1f %% of a step's time [%.1f to "
             "%.1f]",
             recording->recordedTokensPerS.median, recording->plainTokensPerS.median,
             100 * share.median, 100 * share.low, 100 * share.high);
        line("             %lld runs of %lld steps each way; processor %.1f us a step with, %.1f "
             "without",
             whole(recording->runs), whole(recording->steps), recording->recordedCpuUs,
             recording->cpuUs);
        line("             %.1f ms a run to store its last steps and close it", recording->closeMs);
    }
    if (const auto& soft = result.soft)
        line("soft         %.1f tokens/s, a step %.3f times as long as a discrete one [%.3f to "
             "%.3f]",
             soft->tokensPerS.median, soft->stepTimes.median, soft->stepTimes.low,
             soft->stepTimes.high);
    for (const BatchFigures& figures : result.batch)
        line("batch        %2lld sequences: %.1f tokens/s together, a step %.2f times as long as "
             "one "
             "[%.2f to %.2f]",
             whole(figures.sequences), figures.tokensPerS.median, figures.stepTimes.median,
             figures.stepTimes.low, figures.stepTimes.high);
    for (const ProbeFigures& figures : result.probes)
        line("probe        %2lld vectors: %.2f times as long as one [%.2f to %.2f]",
             whole(figures.vectors), figures.stepTimes.median, figures.stepTimes.low,
             figures.stepTimes.high);
    const std::int64_t rows = promptTokens(result.plan.contexts.back()) + result.plan.steps;
    line("peak memory  %.0f MB; the KV cache takes %.2f MB of %lld tokens",
         static_cast<double>(result.peakMemoryBytes) / 1e6,
         static_cast<double>(rows * model.cache.bytesPerRow()) / 1e6, whole(rows));
    if (!result.plan.prefillWithoutRoom.empty() && result.plan.measures("prefill"))
        line("not measured: prefill of %s tokens; the context of %s is %lld",
             listed(result.plan.prefillWithoutRoom).c_str(), model.name.c_str(),
             whole(model.cache.contextLimit));
    if (!result.plan.contextsWithoutRoom.empty() && result.plan.measures("decode"))
        line("not measured: %lld steps after %s tokens; the context of %s is %lld",
             whole(result.plan.steps), listed(result.plan.contextsWithoutRoom).c_str(),
             model.name.c_str(), whole(model.cache.contextLimit));
}

} // namespace halftone::cli
