#include "train/startingmodel.h"

#include "format/modelfolder.h"
#include "format/text_p.h"
#include "model/torchentry_p.h"
#include "sampling/draws.h"
#include "train/streams_p.h"
#include "train/wordvocabulary.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace halftone {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::uint64_t maxSmallFile = 256 << 20;
constexpr double initialSpread = 0.02; // Hugging Face's initializer_range

std::string torchName(const std::string& storage)
{
    return storage == "F32" ? "float32" : storage == "F16" ? "float16" : "bfloat16";
}

std::string newConfigJson(const TrainRecipe& recipe, const Tokenizer& tokenizer, TokenId end)
{
    const ModelShape& shape = recipe.model;
    Json json{{"architectures", {"LlamaForCausalLM"}},
              {"model_type", "llama"},
              {"hidden_size", shape.hidden},
              {"intermediate_size", shape.intermediate},
              {"num_hidden_layers", shape.layers},
              {"num_attention_heads", shape.heads},
              {"num_key_value_heads", shape.kvHeads},
              {"head_dim", shape.hidden / shape.heads},
              {"hidden_act", "silu"},
              {"rms_norm_eps", shape.normEpsilon},
              {"rope_theta", shape.ropeTheta},
              {"rope_scaling", nullptr},
              {"attention_bias", false},
              {"mlp_bias", false},
              {"max_position_embeddings", shape.context},
              {"tie_word_embeddings", shape.tied},
              {"vocab_size", tokenizer.vocabularySize()},
              {"eos_token_id", end.value},
              {"torch_dtype", torchName(recipe.storage)}};
    if (const auto begin = tokenizer.idOf("<s>"))
        json["bos_token_id"] = begin->value;
    if (const auto pad = tokenizer.idOf("<pad>"))
        json["pad_token_id"] = pad->value;
    return json.dump(1);
}

/// The usual names of a token that ends a text.
std::optional<TokenId> endOf(const Tokenizer& tokenizer)
{
    for (const char* name : {"</s>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>"})
        if (const auto id = tokenizer.idOf(name))
            return id;
    return std::nullopt;
}

Result<void> initialise(TrainingModel& model, std::uint64_t seed)
{
    std::uint64_t number = 0;
    for (const ExpectedTensor& tensor : expectedTensors(model.config())) {
        std::int64_t count = 1;
        for (const std::int64_t dimension : tensor.shape)
            count *= dimension;
        // What is added to the residual stream is kept small, so that depth does not matter
        // (Radford et al., 2019).
        const bool added =
            tensor.name.ends_with("o_proj.weight") || tensor.name.ends_with("down_proj.weight");
        const double spread =
            added ? initialSpread / std::sqrt(2.0 * model.config().layerCount) : initialSpread;
        const bool norm = tensor.shape.size() == 1;
        std::vector<float> values(static_cast<std::size_t>(count), norm ? 1.0F : 0.0F);
        if (!norm)
            addNormalNoise({seed, number, weightStream}, static_cast<float>(spread), values);
        ++number;
        if (auto written = model.write(Part::Weight, tensor.name, "F32",
                                       std::as_bytes(std::span<const float>(values)));
            !written)
            return written;
    }
    return {};
}

Result<void> readTokenizer(const fs::path& folder, StartingModel& start)
{
    auto json = readSmallFile(folder / "tokenizer.json", maxSmallFile);
    if (!json)
        return Unexpected(json.error());
    start.tokenizerJson = std::move(*json);
    if (auto settings = readSmallFile(folder / "tokenizer_config.json", maxSmallFile))
        start.tokenizerConfigJson = std::move(*settings);
    return {};
}

Result<StartingModel> goOnFrom(const TrainRecipe& recipe, const TrainingOptions& options)
{
    const auto folder = ModelFolder::open(recipe.from);
    if (!folder)
        return Unexpected(folder.error());
    auto config = parseModelConfig(folder->configJson(), (recipe.from / "config.json").string());
    if (!config)
        return Unexpected(config.error());
    if (auto checked = checkTensors(*folder, *config); !checked)
        return Unexpected(checked.error());
    StartingModel start;
    start.config = *config;
    Json json = Json::parse(folder->configJson());
    json["torch_dtype"] = torchName(recipe.storage);
    start.configJson = json.dump(1);
    if (auto read = readTokenizer(recipe.from, start); !read)
        return Unexpected(read.error());
    auto model = createTrainingModel(*config, options);
    if (!model)
        return Unexpected(model.error());
    for (const ExpectedTensor& expected : expectedTensors(*config)) {
        const TensorView& stored = *folder->tensor(expected.name);
        if (auto written = (*model)->write(Part::Weight, expected.name, stored.type, stored.bytes);
            !written)
            return Unexpected(written.error());
    }
    start.model = std::move(*model);
    return start;
}

Result<StartingModel> fromScratch(const TrainRecipe& recipe, const TrainData& data,
                                  const TrainingOptions& options)
{
    StartingModel start;
    if (recipe.tokenizer.empty()) {
        const auto texts = data.texts();
        if (!texts)
            return Unexpected(texts.error());
        start.tokenizerJson = wordTokenizerJson(*texts);
        start.tokenizerConfigJson = wordTokenizerConfigJson(recipe.model.context);
    } else if (auto read = readTokenizer(recipe.tokenizer, start); !read) {
        return Unexpected(read.error());
    }
    auto tokenizer = Tokenizer::fromJson(start.tokenizerJson, "The tokenizer");
    if (!tokenizer)
        return Unexpected(tokenizer.error());
    const auto end = endOf(**tokenizer);
    if (!end)
        return failure(ErrorCode::InvalidInput,
                       "The tokenizer of " + recipe.tokenizer.string() +
                           " has none of the tokens that Halftone knows to end a text (</s>, "
                           "<|im_end|>, <|endoftext|>, <|end_of_text|>).");
    start.configJson = newConfigJson(recipe, **tokenizer, *end);
    auto config = parseModelConfig(start.configJson, "The recipe's model");
    if (!config)
        return Unexpected(config.error());
    start.config = *config;
    auto model = createTrainingModel(*config, options);
    if (!model)
        return Unexpected(model.error());
    if (auto set = initialise(**model, recipe.seed); !set)
        return Unexpected(set.error());
    start.model = std::move(*model);
    return start;
}

} // namespace

Result<StartingModel> startingModel(const TrainRecipe& recipe, const TrainData& data)
{
    const TrainingOptions options{recipe.device, recipe.threads, recipe.precision};
    auto start =
        recipe.from.empty() ? fromScratch(recipe, data, options) : goOnFrom(recipe, options);
    if (!start)
        return start;
    auto tokenizer = Tokenizer::fromJson(start->tokenizerJson, "The tokenizer");
    if (!tokenizer)
        return Unexpected(tokenizer.error());
    start->tokenizer = std::move(*tokenizer);
    if (start->config.endTokens.empty())
        return failure(ErrorCode::InvalidInput,
                       (recipe.from / "config.json").string() +
                           " names no eos_token_id, so a text could not be ended.");
    start->endToken = start->config.endTokens.front().value;
    const auto rows = static_cast<std::int64_t>(start->tokenizer->vocabularySize());
    if (rows > start->config.vocabularySize)
        return failure(ErrorCode::InvalidInput,
                       "The tokenizer has ids up to " + std::to_string(rows - 1) +
                           ", and the model's vocabulary ends at " +
                           std::to_string(start->config.vocabularySize - 1) + ".");
    if (recipe.rowTokens > start->config.contextLength)
        return failure(ErrorCode::InvalidInput,
                       "'row_tokens' should be at most the model's context, " +
                           std::to_string(start->config.contextLength) + ", and is " +
                           std::to_string(recipe.rowTokens) + ".");
    return start;
}

} // namespace halftone
