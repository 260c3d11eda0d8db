#include "exchange/runexport.h"
#include "exchange/text_p.h"

#include <nlohmann/json.hpp>

#include <ostream>
#include <utility>

namespace halftone {

namespace {

template <class Number>
void numbers(JsonText& json, std::string_view key, const std::vector<Number>& values)
{
    json.key(key).beginArray();
    for (const Number value : values)
        json.value(value);
    json.endArray();
}

void ids(JsonText& json, std::string_view key, const std::vector<TokenId>& values)
{
    json.key(key).beginArray();
    for (const TokenId id : values)
        json.value(id.value);
    json.endArray();
}

void input(JsonText& json, const StepInput& input)
{
    json.key("input").beginObject().member("kind", name(input.kind));
    ids(json, "ids", input.ids);
    numbers(json, "weights", input.weights);
    if (!input.vector.empty())
        numbers(json, "vector", input.vector);
    if (input.kind == InputKind::Noise)
        json.member("noise_scale", input.noiseScale);
    json.endObject();
}

void model(JsonText& json, const ModelIdentity& model)
{
    json.key("model")
        .beginObject()
        .member("name", model.name)
        .member("path", model.path)
        .member("fingerprint", model.fingerprint)
        .member("architecture", model.architecture)
        .member("vocabulary_size", model.vocabularySize)
        .member("embedding_size", model.embeddingSize)
        .member("layer_count", model.layerCount)
        .member("weight_type", model.weightType)
        .member("device", model.device)
        .member("threads", model.threads)
        .member("mean_embedding_norm", model.meanEmbeddingNorm)
        .member("context_limit", model.cache.contextLimit)
        .key("cache_layers")
        .beginArray();
    for (const CacheLayerShape& layer : model.cache.layers)
        json.beginObject()
            .member("kv_heads", layer.kvHeads)
            .member("head_dim", layer.headDim)
            .member("bytes_per_element", layer.bytesPerElement)
            .member("window", layer.window)
            .endObject();
    json.endArray().endObject();
}

/// Settings are JSON already; should they not be, they are shown as the text that they are.
void settings(JsonText& json, const std::string& text)
{
    const auto parsed = nlohmann::ordered_json::parse(text, nullptr, false);
    if (parsed.is_discarded())
        json.member("settings", text);
    else
        json.key("settings").raw(parsed.dump());
}

} // namespace

std::string stepToJson(const StepRecord& step, const TokenTable& tokens)
{
    JsonText json;
    json.beginObject()
        .member("step", step.step.value)
        .member("position", step.position.value)
        .member("phase", name(step.phase))
        .member("mode", step.mode)
        .member("segment", step.segment)
        .member("model", step.model);
    input(json, step.input);
    json.member("sampled", step.sampled.value)
        .member("text", tokens.piece(step.sampled))
        .member("forced", step.forced)
        .member("entropy", step.entropy)
        .member("mixture_entropy", step.mixtureEntropy)
        .member("varentropy", step.varentropy)
        .member("p_max", step.pMax)
        .member("effective_tokens", step.effectiveTokens)
        .member("residual_mass", step.residualMass)
        .member("scaled_entropy", step.scaledEntropy)
        .member("filtered_entropy", step.filteredEntropy)
        .member("filtered_support", step.filteredSupport)
        .member("input_norm_ratio", step.inputNormRatio)
        .key("candidates")
        .beginArray();
    for (const Candidate& candidate : step.candidates)
        json.beginObject()
            .member("id", candidate.id.value)
            .member("text", tokens.piece(candidate.id))
            .member("raw", candidate.raw)
            .member("filtered", candidate.filtered)
            .member("mixture", candidate.mixture)
            .endObject();
    json.endArray();
    if (!step.nearest.empty()) {
        json.key("nearest").beginArray();
        for (const NearestToken& token : step.nearest)
            json.beginObject()
                .member("id", token.id.value)
                .member("text", tokens.piece(token.id))
                .member("cosine", token.cosine)
                .endObject();
        json.endArray();
    }
    if (step.probe)
        json.key("probe")
            .beginObject()
            .member("jsd_top1", step.probe->top1)
            .member("jsd_top2", step.probe->top2)
            .member("jsd_average", step.probe->average)
            .member("jsd_parts", step.probe->parts)
            .endObject();
    json.key("events").beginArray();
    for (const StepEvent& event : step.events)
        json.beginObject()
            .member("kind", name(event.kind))
            .member("detail", event.detail)
            .endObject();
    json.endArray()
        .member("stop", name(step.stop))
        .key("rng")
        .beginObject()
        .member("seed", step.rng.seed)
        .member("step", step.rng.step)
        .member("stream", step.rng.stream)
        .endObject();
    numbers(json, "rule_state", step.ruleState);
    ids(json, "forced_queue", step.forcedQueue);
    json.key("cache")
        .beginObject()
        .member("rows", step.cache.rows)
        .member("logical_bytes", step.cache.logical)
        .member("live_bytes", step.cache.live)
        .member("allocated_bytes", step.cache.allocated)
        .endObject()
        .key("times_ns")
        .beginObject()
        .member("forward", step.times.forwardNs)
        .member("logits", step.times.logitsNs)
        .member("decide", step.times.decideNs)
        .member("record", step.times.recordNs)
        .endObject()
        .endObject();
    return json.take();
}

std::string runToJson(const RunInfo& run, const TokenTable& tokens)
{
    JsonText json;
    json.beginObject()
        .member("run", run.id.value)
        .member("session", run.session.value)
        .key("origin");
    if (run.origin)
        json.beginObject()
            .member("run", run.origin->parent.value)
            .member("step", run.origin->step.value)
            .member("change", run.origin->change)
            .member("role", name(run.origin->role))
            .endObject();
    else
        json.null();
    json.member("status", name(run.status))
        .member("stop_reason", name(run.stop))
        .member("failure", run.failure)
        .member("mode", run.mode)
        .member("seed", run.seed);
    settings(json, run.settings);
    json.member("prompt", run.prompt);
    ids(json, "prompt_ids", run.promptIds);
    json.key("prompt_pieces").beginArray();
    for (const TokenId id : run.promptIds)
        json.value(tokens.piece(id));
    json.endArray();
    for (const auto& [key, value] :
         {std::pair("soft_prompt", &run.softPrompt), std::pair("partner", &run.partner)}) {
        json.key(key);
        if (value->empty())
            json.null();
        else
            json.raw(*value);
    }
    json.member("program_version", run.programVersion)
        .member("started_ms", run.startedMs)
        .member("finished_ms", run.finishedMs)
        .key("timings")
        .beginObject()
        .member("prompt_tokens", run.timings.promptTokens)
        .member("prefill_ns", run.timings.prefillNs)
        .member("decode_steps", run.timings.decodeSteps)
        .member("decode_ns", run.timings.decodeNs)
        .endObject();
    model(json, run.model);
    json.endObject();
    return json.take();
}

void writeJson(std::ostream& out, const StoredRun& run)
{
    out << "{\"format\":\"halftone-run\",\"version\":1,\n\"run\":"
        << runToJson(run.info, *run.tokens) << ",\n\"steps\":[";
    for (std::size_t i = 0; i < run.steps.size(); ++i)
        out << (i == 0 ? "\n" : ",\n") << stepToJson(run.steps[i], *run.tokens);
    out << "\n]}\n";
}

void writeJsonLines(std::ostream& out, const StoredRun& run)
{
    for (const StepRecord& step : run.steps)
        out << stepToJson(step, *run.tokens) << '\n';
}

} // namespace halftone
