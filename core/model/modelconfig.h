// What a config.json says of a decoder-only transformer, checked and with the families' defaults
// filled in. Families: LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM.
#pragma once

#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class RopeScaling : std::uint8_t
{
    None,
    Linear,
    Llama3,
    Yarn
};

/// Rotary position embedding; parameters by their names in config.json.
struct RopeConfig
{
    double theta = 10000;
    RopeScaling scaling = RopeScaling::None;
    double factor = 1;
    double lowFrequencyFactor = 1;         // llama3
    double highFrequencyFactor = 4;        // llama3
    double betaFast = 32;                  // yarn
    double betaSlow = 1;                   // yarn
    std::optional<double> attentionFactor; // yarn; absent: 0.1 ln(factor) + 1
    bool truncate = true;                  // yarn: the ramp's ends are rounded to whole pairs
    std::int64_t originalContext = 0;      // original_max_position_embeddings
};

struct ModelConfig
{
    std::string architecture; // "LlamaForCausalLM"
    std::int32_t vocabularySize = 0;
    std::int32_t hiddenSize = 0;
    std::int32_t intermediateSize = 0;
    std::int32_t layerCount = 0;
    std::int32_t headCount = 0;
    std::int32_t kvHeadCount = 0;
    std::int32_t headDim = 0;
    double normEpsilon = 1e-6;
    // max_position_embeddings, stretched by the factor where rope scaling is linear or yarn and the
    // config gives the length before scaling, as its writers were told to.
    std::int64_t contextLength = 0;
    bool tiedHead = false;
    bool queryKeyValueBias = false;
    bool outputBias = false; // of the attention's output projection
    bool mlpBias = false;
    bool queryKeyNorm = false;         // Qwen3
    std::vector<std::int32_t> windows; // per layer, rows; 0 for full attention
    RopeConfig rope;
    std::vector<TokenId> endTokens; // eos_token_id, one or several, each once
    std::optional<TokenId> beginToken;
};

/// `file` stands for config.json in messages. Fails with InvalidInput (wrong or missing values) or
/// Unsupported (another architecture, activation, quantisation, rope kind), in one sentence.
[[nodiscard]] Result<ModelConfig> parseModelConfig(std::string_view json, std::string_view file);

/// eos_token_id of a generation_config.json, which overrides the config's; absent when not given.
[[nodiscard]] Result<std::optional<std::vector<TokenId>>>
parseEndTokens(std::string_view generationConfigJson, std::string_view file);

/// A tensor that a config asks for.
struct ExpectedTensor
{
    std::string name;
    std::vector<std::int64_t> shape;
};
[[nodiscard]] std::vector<ExpectedTensor> expectedTensors(const ModelConfig&);

/// [V, D]: a token's row is what it is fed as.
inline constexpr std::string_view embeddingTensor = "model.embed_tokens.weight";
/// The name of the matrix that gives the logits: the embedding table, where they are tied.
[[nodiscard]] std::string_view headTensor(const ModelConfig&);

} // namespace halftone
