#include "train/recipe.h"

#include "format/objectfields_p.h"
#include "format/text_p.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <numbers>

namespace halftone {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uint64_t maxRecipeBytes = 1 << 20;
constexpr std::int64_t million = 1'000'000;

const Json emptyObject = Json::object();

/// Reads one object of the recipe through `read`; absent, its defaults stay.
template <class Read>
Result<void> section(ObjectFields& recipe, const char* key, const std::string& file,
                     const Read& read)
{
    const Json* const found = recipe.find(key);
    ObjectFields fields(found == nullptr ? emptyObject : *found, file + ", " + key);
    read(fields);
    return fields.finish();
}

void readShape(ObjectFields& fields, ModelShape& shape)
{
    fields.number("hidden", shape.hidden, 2, 16384);
    fields.number("layers", shape.layers, 1, 128);
    fields.number("heads", shape.heads, 1, 256);
    shape.kvHeads = shape.heads;
    fields.number("kv_heads", shape.kvHeads, 1, 256);
    fields.number("intermediate", shape.intermediate, 1, 65536);
    fields.number("context", shape.context, 8, million);
    fields.number("rope_theta", shape.ropeTheta, 1, 1e9);
    fields.number("norm_epsilon", shape.normEpsilon, 1e-12, 1e-2);
    fields.flag("tied", shape.tied);
    if (shape.heads % shape.kvHeads != 0)
        fields.complain("'heads' should be a multiple of 'kv_heads', and they are " +
                        std::to_string(shape.heads) + " and " + std::to_string(shape.kvHeads));
    if (shape.hidden % (2 * shape.heads) != 0)
        fields.complain("'hidden' should be an even multiple of 'heads', and they are " +
                        std::to_string(shape.hidden) + " and " + std::to_string(shape.heads));
}

void readOptimizer(ObjectFields& fields, OptimizerSettings& settings)
{
    fields.number("rate", settings.rate, 0, 1);
    settings.finalRate = settings.rate / 10;
    fields.number("final_rate", settings.finalRate, 0, 1);
    fields.number("warmup_steps", settings.warmupSteps, 0, 100 * million);
    fields.number("beta1", settings.beta1, 0, 0.9999);
    fields.number("beta2", settings.beta2, 0, 0.999999);
    fields.number("epsilon", settings.epsilon, 1e-16, 1);
    fields.number("weight_decay", settings.weightDecay, 0, 10);
    fields.number("clip", settings.clip, 0, 1e6);
}

void readSoft(ObjectFields& fields, SoftSettings& settings)
{
    fields.number("share", settings.share, 0, 1);
    fields.number("own_share", settings.ownShare, 0, 1);
    fields.number("top", settings.top, 1, 1024);
    fields.choice<MixtureNoise>("noise", settings.noise,
                                {{"none", MixtureNoise::None},
                                 {"dirichlet", MixtureNoise::Dirichlet},
                                 {"gumbel", MixtureNoise::Gumbel},
                                 {"gaussian", MixtureNoise::Gaussian}});
    fields.number("noise_share", settings.noiseShare, 0, 1);
    fields.number("concentration", settings.concentration, 1e-3, 1e6);
    fields.number("gumbel_temperature", settings.gumbelTemperature, 1e-2, 100);
    fields.number("sigma", settings.sigma, 0, 100);
}

void readLatent(ObjectFields& fields, LatentSettings& settings)
{
    fields.number("per_step", settings.perStep, 1, 64);
    fields.number("stages", settings.stages, 0, 64);
    fields.number("stage_steps", settings.stageSteps, 1, 100 * million);
    fields.number("earlier_share", settings.earlierShare, 0, 1);
    fields.choice<LatentFeed>("feed", settings.feed,
                              {{"hidden", LatentFeed::Hidden},
                               {"pause", LatentFeed::Pause},
                               {"nothing", LatentFeed::Nothing}});
    fields.string("pause_token", settings.pauseToken);
}

Result<DataSource> readSource(const Json& json, const std::string& place, const fs::path& folder)
{
    DataSource source;
    ObjectFields fields(json, place);
    std::string file;
    fields.string("task", source.task);
    fields.string("file", file);
    if (source.task.empty() == file.empty())
        fields.complain("give either 'task' or 'file'");
    if (!file.empty())
        source.file = folder / file;
    fields.number("weight", source.weight, 1e-6, 1e6);
    if (file.empty()) {
        fields.number("min_difficulty", source.leastDifficulty, 1, 1000);
        fields.number("max_difficulty", source.mostDifficulty, 1, 1000);
        fields.flag("forks", source.forks);
        fields.flag("think", source.think);
    }
    if (auto finished = fields.finish(); !finished)
        return Unexpected(finished.error());
    return source;
}

Result<void> readData(ObjectFields& fields, TrainRecipe& recipe, const std::string& file,
                      const fs::path& folder)
{
    const Json* const data = fields.find("data");
    if (data == nullptr || !data->is_array() || data->empty() || data->size() > 64)
        return failure(ErrorCode::InvalidInput,
                       file + ": 'data' should be a list of 1 to 64 sources, each with a 'task' or "
                              "a 'file'.");
    for (const Json& json : *data) {
        const std::size_t number = recipe.data.size() + 1;
        auto source = readSource(json, file + ", data " + std::to_string(number), folder);
        if (!source)
            return Unexpected(source.error());
        recipe.data.push_back(std::move(*source));
    }
    return {};
}

void readTop(ObjectFields& fields, TrainRecipe& recipe, const fs::path& folder)
{
    fields.string("name", recipe.name);
    fields.choice<TrainStage>(
        "stage", recipe.stage,
        {{"chain", TrainStage::Chain}, {"soft", TrainStage::Soft}, {"latent", TrainStage::Latent}});
    fields.number("seed", recipe.seed, 0, INT64_MAX);
    std::string path;
    fields.string("from", path);
    if (!path.empty())
        recipe.from = folder / path;
    path.clear();
    fields.string("tokenizer", path);
    if (!path.empty())
        recipe.tokenizer = folder / path;
    if (!recipe.from.empty() && (!recipe.tokenizer.empty() || fields.find("model") != nullptr))
        fields.complain("with 'from' the model and its tokenizer are those of that folder; leave "
                        "'model' and 'tokenizer' out");
    if (recipe.stage == TrainStage::Latent && recipe.from.empty())
        fields.complain("the stage 'latent' goes on from a model that thinks in words; name its "
                        "folder as 'from'");
    fields.number("open_share", recipe.openShare, 0, 1);
    fields.number("direct_share", recipe.directShare, 0, 1);
    if (recipe.openShare + recipe.directShare > 1)
        fields.complain("'open_share' and 'direct_share' should be 1 together at most");
    fields.flag("loss_on_prompt", recipe.lossOnPrompt);
    fields.number("steps", recipe.steps, 1, 100 * million);
    fields.number("batch_tokens", recipe.batchTokens, 8, 16 * million);
    fields.number("row_tokens", recipe.rowTokens, 8, 65536);
    if (recipe.batchTokens < recipe.rowTokens)
        fields.complain("'batch_tokens' should be at least 'row_tokens', and they are " +
                        std::to_string(recipe.batchTokens) + " and " +
                        std::to_string(recipe.rowTokens));
    fields.choice<Precision>("precision", recipe.precision,
                             {{"f32", Precision::F32}, {"bf16", Precision::BF16}});
    fields.choice<std::string>("storage", recipe.storage,
                               {{"f32", "F32"}, {"bf16", "BF16"}, {"f16", "F16"}});
    fields.choice<std::string>("device", recipe.device,
                               {{"auto", "auto"}, {"cpu", "cpu"}, {"cuda", "cuda"}});
    fields.number("threads", recipe.threads, 0, 256);
    fields.number("checkpoint_steps", recipe.checkpointSteps, 1, 100 * million);
}

} // namespace

std::string_view nameOf(TrainStage stage)
{
    switch (stage) {
    case TrainStage::Chain:
        break;
    case TrainStage::Soft:
        return "soft";
    case TrainStage::Latent:
        return "latent";
    }
    return "chain";
}

Result<TrainRecipe> parseRecipe(std::string_view text, std::string_view file,
                                const fs::path& folder)
{
    Result<Json> json = parseJsonObject(text, file);
    if (!json)
        return Unexpected(json.error());
    TrainRecipe recipe;
    const std::string name(file);
    ObjectFields fields(*json, name);
    readTop(fields, recipe, folder);
    const Result<void> parts[] = {
        section(fields, "model", name, [&](ObjectFields& f) { readShape(f, recipe.model); }),
        section(fields, "optimizer", name,
                [&](ObjectFields& f) { readOptimizer(f, recipe.optimizer); }),
        section(fields, "soft", name, [&](ObjectFields& f) { readSoft(f, recipe.soft); }),
        section(fields, "latent", name, [&](ObjectFields& f) { readLatent(f, recipe.latent); }),
        readData(fields, recipe, name, folder)};
    if (auto finished = fields.finish(); !finished)
        return Unexpected(finished.error());
    for (const Result<void>& part : parts)
        if (!part)
            return Unexpected(part.error());
    recipe.text = json->dump(2);
    // Where and how often does not decide what is learnt.
    for (const char* key : {"name", "device", "threads", "checkpoint_steps", "storage"})
        json->erase(key);
    recipe.identity = json->dump();
    return recipe;
}

Result<TrainRecipe> readRecipe(const fs::path& file)
{
    const Result<std::string> text = readSmallFile(file, maxRecipeBytes);
    if (!text)
        return Unexpected(text.error());
    return parseRecipe(*text, file.string(), file.parent_path());
}

double rateAt(const OptimizerSettings& settings, std::int64_t step, std::int64_t steps)
{
    const std::int64_t warmup = std::min(settings.warmupSteps, steps);
    if (step <= warmup)
        return settings.rate * static_cast<double>(step) / static_cast<double>(warmup);
    const double done = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
    return settings.finalRate +
           (settings.rate - settings.finalRate) * (1 + std::cos(std::numbers::pi * done)) / 2;
}

} // namespace halftone
