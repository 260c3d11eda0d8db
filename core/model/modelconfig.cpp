#include "model/modelconfig.h"

#include "format/text_p.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace halftone {

namespace {

using nlohmann::json;

constexpr std::string_view ownHead = "lm_head.weight";
constexpr std::int64_t maxSize = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t maxLayers = 4096;
constexpr std::int64_t maxHeads = 65536;
constexpr std::int64_t maxHeadDim = 65536;
constexpr double maxFloat = std::numeric_limits<float>::max();

enum class Family
{
    Llama,
    Mistral,
    Qwen2,
    Qwen3
};

/// What a family means where its config is silent: the defaults of transformers.
struct FamilyTraits
{
    Family family;
    std::string_view architecture;
    std::string_view modelType;
    std::int32_t intermediateSize;
    std::int32_t kvHeads; // 0: as many as query heads
    std::int32_t headDim; // 0: hidden size over heads
    std::int64_t contextLength;
    std::int32_t beginToken; // -1: none
    std::int32_t endToken;   // -1: none
};
constexpr std::array families{
    FamilyTraits{Family::Llama, "LlamaForCausalLM", "llama", 11008, 0, 0, 2048, 1, 2},
    FamilyTraits{Family::Mistral, "MistralForCausalLM", "mistral", 14336, 8, 0, 131072, 1, 2},
    FamilyTraits{Family::Qwen2, "Qwen2ForCausalLM", "qwen2", 22016, 32, 0, 32768, -1, -1},
    FamilyTraits{Family::Qwen3, "Qwen3ForCausalLM", "qwen3", 22016, 32, 128, 32768, -1, -1},
};
constexpr std::int32_t defaultWindow = 4096;        // Mistral, Qwen2, Qwen3
constexpr std::int64_t defaultMaxWindowLayers = 28; // Qwen2, Qwen3
constexpr std::string_view slidingLayer = "sliding_attention";
constexpr std::string_view fullLayer = "full_attention";

/// Reads typed values out of one JSON object and keeps the first thing that was wrong, so that the
/// reader below need not stop at each line. After a failure the values are defaults.
class Fields
{
public:
    Fields(const json& object, std::string_view file, std::string prefix = {})
        : m_object(object)
        , m_file(file)
        , m_prefix(std::move(prefix))
    {
    }

    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }
    void fail(ErrorCode code, const std::string& what)
    {
        if (!m_error)
            m_error = Error{code, std::string(m_file) + ": " + what};
    }
    void adopt(const Fields& other)
    {
        if (!m_error)
            m_error = other.m_error;
    }

    /// Null when the value is absent or null, which mean the same in these files.
    [[nodiscard]] const json* find(std::string_view key) const
    {
        const auto found = m_object.find(key);
        return found == m_object.end() || found->is_null() ? nullptr : &*found;
    }
    [[nodiscard]] bool isNull(std::string_view key) const
    {
        const auto found = m_object.find(key);
        return found != m_object.end() && found->is_null();
    }
    [[nodiscard]] std::string called(std::string_view key) const
    {
        return inQuotes(m_prefix + std::string(key));
    }

    std::int64_t whole(std::string_view key, std::optional<std::int64_t> fallback,
                       std::int64_t least = 1, std::int64_t most = maxSize)
    {
        const json* value = find(key);
        if (value == nullptr) {
            if (!fallback)
                fail(ErrorCode::InvalidInput, called(key) + " is missing.");
            return fallback.value_or(least);
        }
        const bool fits =
            value->is_number_integer() &&
            (value->is_number_unsigned()
                 ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most) &&
                       value->get<std::int64_t>() >= least
                 : value->get<std::int64_t>() >= least && value->get<std::int64_t>() <= most);
        if (fits)
            return value->get<std::int64_t>();
        wrong(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
              *value);
        return least;
    }
    std::int32_t size(std::string_view key, std::optional<std::int64_t> fallback,
                      std::int64_t most = maxSize)
    {
        return static_cast<std::int32_t>(whole(key, fallback, 1, most));
    }
    /// A number above 0 and up to `most`.
    std::optional<double> positive(std::string_view key, double most = maxFloat)
    {
        const json* value = find(key);
        if (value == nullptr)
            return std::nullopt;
        if (value->is_number()) {
            const double number = value->get<double>();
            if (number > 0 && number <= most)
                return number;
        }
        wrong(key, "a number above 0" + (most < maxFloat ? " and up to " + json(most).dump() : ""),
              *value);
        return std::nullopt;
    }
    double neededPositive(std::string_view key)
    {
        if (find(key) == nullptr)
            fail(ErrorCode::InvalidInput, called(key) + " is missing.");
        return positive(key).value_or(1);
    }
    bool flag(std::string_view key, bool fallback)
    {
        const json* value = find(key);
        if (value == nullptr)
            return fallback;
        if (!value->is_boolean()) {
            wrong(key, "true or false", *value);
            return fallback;
        }
        return value->get<bool>();
    }
    std::optional<std::string> text(std::string_view key)
    {
        const json* value = find(key);
        if (value == nullptr)
            return std::nullopt;
        if (!value->is_string()) {
            wrong(key, "a text", *value);
            return std::nullopt;
        }
        return value->get<std::string>();
    }
    void wrong(std::string_view key, const std::string& expected, const json& found)
    {
        fail(ErrorCode::InvalidInput,
             called(key) + " should be " + expected + ", and is " + shown(found) + ".");
    }

private:
    const json& m_object;
    std::string_view m_file;
    std::string m_prefix;
    std::optional<Error> m_error;
};

std::string supportedArchitectures()
{
    std::string text;
    for (const FamilyTraits& family : families)
        text += (text.empty() ? "" : ", ") + std::string(family.architecture);
    return text;
}

/// Null after a failure.
const FamilyTraits* readFamily(Fields& config)
{
    const auto unsupported = [&](const std::string& what) {
        config.fail(ErrorCode::Unsupported,
                    what + " is not a kind of model that Halftone runs; it runs " +
                        supportedArchitectures() + ".");
        return nullptr;
    };
    const FamilyTraits* byName = nullptr;
    if (const json* names = config.find("architectures"); names != nullptr) {
        const auto isText = [](const json& name) { return name.is_string(); };
        if (!names->is_array() || !std::all_of(names->begin(), names->end(), isText)) {
            config.wrong("architectures", "a list of texts", *names);
            return nullptr;
        }
        for (const json& name : *names)
            for (const FamilyTraits& family : families)
                if (byName == nullptr && name.get_ref<const std::string&>() == family.architecture)
                    byName = &family;
        if (byName == nullptr && !names->empty())
            return unsupported("The architecture " +
                               inQuotes(names->front().get_ref<const std::string&>()));
    }
    const std::optional<std::string> type = config.text("model_type");
    if (config.error())
        return nullptr;
    if (!type) {
        if (byName == nullptr)
            config.fail(ErrorCode::InvalidInput,
                        "neither 'architectures' nor 'model_type' says what kind of model this "
                        "is.");
        return byName;
    }
    const auto* const byType =
        std::find_if(families.begin(), families.end(),
                     [&](const FamilyTraits& family) { return family.modelType == *type; });
    if (byType == families.end())
        return unsupported("The model type " + inQuotes(*type));
    if (byName != nullptr && byName != byType) {
        config.fail(ErrorCode::InvalidInput, "'architectures' names " +
                                                 std::string(byName->architecture) +
                                                 ", and 'model_type' " + inQuotes(*type) + ".");
        return nullptr;
    }
    return byType;
}

/// What the writers of quantised weights leave in a config.
void refuseQuantised(Fields& config)
{
    for (const std::string_view key : {"quantization_config", "quantization"}) {
        const json* entry = config.find(key);
        if (entry == nullptr)
            continue;
        std::string kind;
        if (entry->is_object())
            for (const std::string_view name : {"quant_method", "mode", "bits", "group_size"})
                if (const auto found = entry->find(name); found != entry->end())
                    kind += (kind.empty() ? "" : ", ") + std::string(name) + " " + shown(*found);
        config.fail(ErrorCode::Unsupported,
                    config.called(key) + " says that the weights are quantised (" +
                        (kind.empty() ? shown(*entry) : kind) +
                        "), and Halftone reads F32, F16 and BF16 weights only.");
        return;
    }
}

/// Ids from a number, a list of numbers, or nothing; each once, in order.
std::vector<TokenId> readIds(Fields& fields, std::string_view key, std::int64_t vocabularySize)
{
    std::vector<TokenId> ids;
    const json* value = fields.find(key);
    if (value == nullptr)
        return ids;
    const json list = value->is_array() ? *value : json::array({*value});
    for (const json& item : list) {
        if (!item.is_number_unsigned() ||
            item.get<std::uint64_t>() >= static_cast<std::uint64_t>(vocabularySize)) {
            fields.wrong(
                key, "one or several whole numbers from 0 to " + std::to_string(vocabularySize - 1),
                *value);
            return {};
        }
        const TokenId id{item.get<std::int32_t>()};
        if (std::find(ids.begin(), ids.end(), id) == ids.end())
            ids.push_back(id);
    }
    return ids;
}

/// The window of each layer, 0 for full attention.
std::vector<std::int32_t> readWindows(Fields& config, Family family, std::int32_t layerCount)
{
    std::int32_t window = 0;
    std::int64_t firstSliding = 0;
    if (family == Family::Mistral) {
        // Absent is the family's default, null is none.
        if (!config.isNull("sliding_window"))
            window = config.size("sliding_window", defaultWindow);
    } else if (family != Family::Llama) {
        firstSliding = config.whole("max_window_layers", defaultMaxWindowLayers, 0);
        if (config.flag("use_sliding_window", false) && !config.isNull("sliding_window"))
            window = config.size("sliding_window", defaultWindow);
    }
    std::vector<std::int32_t> windows(static_cast<std::size_t>(layerCount), 0);
    for (std::size_t i = 0; i < windows.size(); ++i)
        if (static_cast<std::int64_t>(i) >= firstSliding)
            windows[i] = window;

    const json* types = config.find("layer_types");
    if (types == nullptr)
        return windows;
    if (!types->is_array() || types->size() != windows.size()) {
        config.wrong("layer_types", "a list of " + std::to_string(layerCount) + " texts", *types);
        return windows;
    }
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const json& type = (*types)[i];
        if (type == slidingLayer) {
            if (window == 0)
                config.fail(ErrorCode::InvalidInput,
                            "'layer_types' asks for a sliding window in layer " +
                                std::to_string(i) + ", and no window is given.");
            windows[i] = window;
        } else if (type == fullLayer) {
            windows[i] = 0;
        } else {
            config.fail(ErrorCode::Unsupported,
                        "'layer_types' asks for " + shown(type) + " in layer " + std::to_string(i) +
                            ", and Halftone knows '" + std::string(fullLayer) + "' and '" +
                            std::string(slidingLayer) + "'.");
        }
    }
    return windows;
}

/// The ratio of yarn's two magnitude corrections, where a config gives both.
double yarnMagnitude(double factor, double mscale)
{
    return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
}

void readYarn(Fields& fields, RopeConfig& rope)
{
    rope.betaFast = fields.positive("beta_fast").value_or(rope.betaFast);
    rope.betaSlow = fields.positive("beta_slow").value_or(rope.betaSlow);
    rope.truncate = fields.flag("truncate", true);
    rope.attentionFactor = fields.positive("attention_factor");
    const std::optional<double> mscale = fields.positive("mscale");
    const std::optional<double> mscaleAllDim = fields.positive("mscale_all_dim");
    if (!rope.attentionFactor && mscale && mscaleAllDim)
        rope.attentionFactor =
            yarnMagnitude(rope.factor, *mscale) / yarnMagnitude(rope.factor, *mscaleAllDim);
}

/// `rope_scaling`, or `rope_parameters` as newer files call it; the older name wins where both
/// say something. Sets `contextLength` where scaling stretches it.
RopeConfig readRope(Fields& config, std::string_view file, std::int64_t& contextLength)
{
    RopeConfig rope;
    rope.theta = config.positive("rope_theta").value_or(rope.theta);
    if (const auto part = config.positive("partial_rotary_factor"); part && *part != 1)
        config.fail(ErrorCode::Unsupported, "'partial_rotary_factor' is " + json(*part).dump() +
                                                ", and Halftone rotates whole heads only.");

    const json* const older = config.find("rope_scaling");
    const bool olderSpeaks = older != nullptr && *older != json::object();
    const std::string_view key = olderSpeaks ? "rope_scaling" : "rope_parameters";
    const json* object = config.find(key);
    const json none = json::object();
    if (object == nullptr)
        object = &none;
    if (!object->is_object()) {
        config.wrong(key, "an object or null", *object);
        return rope;
    }
    Fields fields(*object, file, std::string(key) + ".");
    rope.theta = fields.positive("rope_theta").value_or(rope.theta);
    if (const auto part = fields.positive("partial_rotary_factor"); part && *part != 1)
        fields.fail(ErrorCode::Unsupported, fields.called("partial_rotary_factor") + " is " +
                                                json(*part).dump() +
                                                ", and Halftone rotates whole heads only.");
    std::optional<std::string> type = fields.text("rope_type");
    if (!type)
        type = fields.text("type");
    if (!type && fields.find("factor") != nullptr)
        fields.fail(ErrorCode::InvalidInput,
                    "'" + std::string(key) + "' gives a factor but no 'rope_type'.");
    for (const auto& [name, value] : object->items())
        if (value.is_object())
            fields.fail(ErrorCode::Unsupported, fields.called(name) +
                                                    " rotates some layers differently, which "
                                                    "Halftone does not do.");

    if (rope.theta <= 1)
        fields.fail(ErrorCode::InvalidInput,
                    "'rope_theta' should be above 1, and is " + json(rope.theta).dump() + ".");

    const json* original = fields.find("original_max_position_embeddings");
    const std::int64_t topLevelOriginal =
        config.whole("original_max_position_embeddings", contextLength);
    if (!type || *type == "default") {
        rope.scaling = RopeScaling::None;
    } else if (*type == "linear") {
        rope.scaling = RopeScaling::Linear;
        rope.factor = fields.neededPositive("factor");
        contextLength = static_cast<std::int64_t>(
            std::min(static_cast<double>(contextLength) * std::max(rope.factor, 1.0),
                     static_cast<double>(maxSize)));
    } else if (*type == "llama3") {
        rope.scaling = RopeScaling::Llama3;
        rope.factor = fields.neededPositive("factor");
        rope.lowFrequencyFactor = fields.neededPositive("low_freq_factor");
        rope.highFrequencyFactor = fields.neededPositive("high_freq_factor");
        rope.originalContext = fields.whole("original_max_position_embeddings", std::nullopt);
        if (rope.highFrequencyFactor <= rope.lowFrequencyFactor)
            fields.fail(ErrorCode::InvalidInput,
                        fields.called("high_freq_factor") + " should be above " +
                            fields.called("low_freq_factor") + ", and is " +
                            json(rope.highFrequencyFactor).dump() + " against " +
                            json(rope.lowFrequencyFactor).dump() + ".");
    } else if (*type == "yarn") {
        rope.scaling = RopeScaling::Yarn;
        rope.factor = fields.neededPositive("factor");
        rope.originalContext = original != nullptr
                                   ? fields.whole("original_max_position_embeddings", std::nullopt)
                                   : topLevelOriginal;
        readYarn(fields, rope);
        const double stretched = static_cast<double>(rope.originalContext) * rope.factor;
        contextLength =
            std::max(contextLength,
                     static_cast<std::int64_t>(std::min(stretched, static_cast<double>(maxSize))));
    } else {
        fields.fail(ErrorCode::Unsupported,
                    "the rope scaling " + inQuotes(*type) +
                        " is not one that Halftone knows; it knows default, linear, llama3 and "
                        "yarn.");
    }
    config.adopt(fields);
    return rope;
}

/// Heads, their size, and how the two fit together.
void readHeads(Fields& config, const FamilyTraits& family, ModelConfig& model)
{
    model.headCount = config.size("num_attention_heads", std::nullopt, maxHeads);
    const bool absent = config.find("num_key_value_heads") == nullptr;
    const std::int32_t familyKvHeads = family.kvHeads == 0 || config.isNull("num_key_value_heads")
                                           ? model.headCount
                                           : family.kvHeads;
    model.kvHeadCount =
        absent ? familyKvHeads : config.size("num_key_value_heads", std::nullopt, maxHeads);
    if (model.headCount % model.kvHeadCount != 0)
        config.fail(ErrorCode::InvalidInput,
                    "'num_attention_heads' should be a multiple of 'num_key_value_heads', and is " +
                        std::to_string(model.headCount) + " against " +
                        std::to_string(model.kvHeadCount) +
                        (absent ? " (the family's default)." : "."));
    if (config.find("head_dim") != nullptr) {
        model.headDim = config.size("head_dim", std::nullopt, maxHeadDim);
    } else if (family.headDim != 0 && !config.isNull("head_dim")) {
        model.headDim = family.headDim;
    } else {
        model.headDim = model.hiddenSize / model.headCount;
        if (model.hiddenSize % model.headCount != 0)
            config.fail(ErrorCode::InvalidInput,
                        "'hidden_size' should be a multiple of 'num_attention_heads' where no "
                        "'head_dim' is given, and is " +
                            std::to_string(model.hiddenSize) + " against " +
                            std::to_string(model.headCount) + ".");
    }
    if (model.headDim % 2 != 0 || model.headDim > maxHeadDim)
        config.fail(ErrorCode::InvalidInput, "the size of a head should be even and at most " +
                                                 std::to_string(maxHeadDim) + ", and is " +
                                                 std::to_string(model.headDim) + ".");
}

} // namespace

Result<ModelConfig> parseModelConfig(std::string_view text, std::string_view file)
{
    const Result<json> object = parseJsonObject(text, file);
    if (!object)
        return Unexpected(object.error());
    Fields config(*object, file);
    const FamilyTraits* const family = readFamily(config);
    if (family == nullptr)
        return Unexpected(*config.error());
    refuseQuantised(config);

    ModelConfig model;
    model.architecture = family->architecture;
    model.vocabularySize = config.size("vocab_size", std::nullopt);
    model.hiddenSize = config.size("hidden_size", std::nullopt);
    model.layerCount = config.size("num_hidden_layers", std::nullopt, maxLayers);
    model.intermediateSize = config.size("intermediate_size", family->intermediateSize);
    model.contextLength = config.whole("max_position_embeddings", family->contextLength);
    model.normEpsilon = config.positive("rms_norm_eps", 1).value_or(model.normEpsilon);
    model.tiedHead = config.flag("tie_word_embeddings", false);
    readHeads(config, *family, model);

    const std::string activation = config.text("hidden_act").value_or("silu");
    if (activation != "silu" && activation != "swish")
        config.fail(ErrorCode::Unsupported,
                    "the activation " + inQuotes(activation) +
                        " is not one that Halftone computes; it computes silu.");
    const bool attentionBias = config.flag("attention_bias", false);
    if (family->family == Family::Qwen2) {
        model.queryKeyValueBias = true;
    } else if (family->family != Family::Mistral) {
        model.queryKeyValueBias = attentionBias;
        model.outputBias = attentionBias;
    }
    model.mlpBias = config.flag("mlp_bias", false) && family->family == Family::Llama;
    model.queryKeyNorm = family->family == Family::Qwen3;
    model.windows = readWindows(config, family->family, model.layerCount);
    model.rope = readRope(config, file, model.contextLength);

    model.endTokens = readIds(config, "eos_token_id", model.vocabularySize);
    if (!object->contains("eos_token_id") && family->endToken >= 0 &&
        family->endToken < model.vocabularySize)
        model.endTokens = {TokenId{family->endToken}};
    if (config.find("bos_token_id") != nullptr)
        model.beginToken = TokenId{static_cast<std::int32_t>(
            config.whole("bos_token_id", std::nullopt, 0, model.vocabularySize - 1))};
    else if (!object->contains("bos_token_id") && family->beginToken >= 0 &&
             family->beginToken < model.vocabularySize)
        model.beginToken = TokenId{family->beginToken};

    if (config.error())
        return Unexpected(*config.error());
    return model;
}

Result<std::optional<std::vector<TokenId>>> parseEndTokens(std::string_view generationConfigJson,
                                                           std::string_view file)
{
    const Result<json> object = parseJsonObject(generationConfigJson, file);
    if (!object)
        return Unexpected(object.error());
    Fields fields(*object, file);
    if (fields.find("eos_token_id") == nullptr)
        return std::nullopt;
    std::vector<TokenId> ids = readIds(fields, "eos_token_id", maxSize);
    if (fields.error())
        return Unexpected(*fields.error());
    return ids;
}

std::string_view headTensor(const ModelConfig& config)
{
    return config.tiedHead ? embeddingTensor : ownHead;
}

std::vector<ExpectedTensor> expectedTensors(const ModelConfig& config)
{
    const std::int64_t hidden = config.hiddenSize;
    const std::int64_t intermediate = config.intermediateSize;
    const std::int64_t queries = std::int64_t{config.headCount} * config.headDim;
    const std::int64_t keys = std::int64_t{config.kvHeadCount} * config.headDim;
    std::vector<ExpectedTensor> tensors;
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in, bool bias) {
        tensors.push_back({name + ".weight", {out, in}});
        if (bias)
            tensors.push_back({name + ".bias", {out}});
    };
    tensors.push_back({std::string(embeddingTensor), {config.vocabularySize, hidden}});
    for (std::int32_t i = 0; i < config.layerCount; ++i) {
        const std::string layer = "model.layers." + std::to_string(i) + ".";
        tensors.push_back({layer + "input_layernorm.weight", {hidden}});
        linear(layer + "self_attn.q_proj", queries, hidden, config.queryKeyValueBias);
        linear(layer + "self_attn.k_proj", keys, hidden, config.queryKeyValueBias);
        linear(layer + "self_attn.v_proj", keys, hidden, config.queryKeyValueBias);
        linear(layer + "self_attn.o_proj", hidden, queries, config.outputBias);
        if (config.queryKeyNorm) {
            tensors.push_back({layer + "self_attn.q_norm.weight", {config.headDim}});
            tensors.push_back({layer + "self_attn.k_norm.weight", {config.headDim}});
        }
        tensors.push_back({layer + "post_attention_layernorm.weight", {hidden}});
        linear(layer + "mlp.gate_proj", intermediate, hidden, config.mlpBias);
        linear(layer + "mlp.up_proj", intermediate, hidden, config.mlpBias);
        linear(layer + "mlp.down_proj", hidden, intermediate, config.mlpBias);
    }
    tensors.push_back({"model.norm.weight", {hidden}});
    if (!config.tiedHead)
        tensors.push_back({std::string(ownHead), {config.vocabularySize, hidden}});
    return tensors;
}

} // namespace halftone
