#include "model/syntheticmodel.h"

#include "base/guard_p.h"
#include "base/halffloat.h"
#include "format/text_p.h"
#include "kernels/threadpool.h"
#include "model/cpu/cpumodel_p.h"
#include "model/cpu/weightpacking_p.h"
#include "model/threadcount_p.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>

namespace halftone {

namespace {

struct Shape
{
    std::string_view name;
    std::string_view config; // as in the models' own config.json
};

constexpr std::array shapes{
    Shape{"qwen2.5-0.5b",
          R"({"model_type": "qwen2", "vocab_size": 151936, "hidden_size": 896,)"
          R"( "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14,)"
          R"( "num_key_value_heads": 2, "max_position_embeddings": 32768,)"
          R"( "rope_theta": 1000000.0, "rms_norm_eps": 1e-6, "tie_word_embeddings": true})"},
    Shape{"qwen2.5-1.5b",
          R"({"model_type": "qwen2", "vocab_size": 151936, "hidden_size": 1536,)"
          R"( "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,)"
          R"( "num_key_value_heads": 2, "max_position_embeddings": 32768,)"
          R"( "rope_theta": 1000000.0, "rms_norm_eps": 1e-6, "tie_word_embeddings": true})"},
    Shape{"llama-3.2-1b",
          R"({"model_type": "llama", "vocab_size": 128256, "hidden_size": 2048,)"
          R"( "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32,)"
          R"( "num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131072,)"
          R"( "rope_theta": 500000.0, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,)"
          R"( "rope_scaling": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,)"
          R"( "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}})"},
    Shape{"qwen3-0.6b",
          R"({"model_type": "qwen3", "vocab_size": 151936, "hidden_size": 1024,)"
          R"( "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16,)"
          R"( "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 40960,)"
          R"( "rope_theta": 1000000.0, "rms_norm_eps": 1e-6, "tie_word_embeddings": true})"},
};

/// SplitMix64 (Steele, Lea and Flood 2014): a stream for each tensor, quick enough for a billion
/// values.
class Stream
{
public:
    explicit Stream(std::string_view name)
    {
        for (const char c : name)
            m_state = (m_state ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    std::uint64_t next()
    {
        m_state += 0x9e3779b97f4a7c15U;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

private:
    std::uint64_t m_state = 0xcbf29ce484222325U;
};

/// Matrices and biases even in (-0.04, 0.04), a little over the spread of trained ones; norms 1.
class RandomTensors final : public TensorSource
{
public:
    [[nodiscard]] cpu::WeightType type(const std::string&) const override
    {
        return cpu::WeightType::BF16;
    }
    [[nodiscard]] cpu::StoredMatrix tensor(const ExpectedTensor& expected) override
    {
        m_values = values(expected);
        return view(m_values, expected);
    }

    [[nodiscard]] static std::vector<std::uint16_t> values(const ExpectedTensor& expected)
    {
        const auto count = std::accumulate(expected.shape.begin(), expected.shape.end(),
                                           std::int64_t{1}, std::multiplies<>());
        std::vector<std::uint16_t> values(static_cast<std::size_t>(count), toBfloat16(1.0F));
        if (expected.name.find("norm") != std::string::npos)
            return values;
        Stream stream(expected.name);
        for (std::size_t i = 0; i < values.size(); i += 4) {
            std::uint64_t bits = stream.next();
            for (std::size_t k = i; k < std::min(i + 4, values.size()); ++k, bits >>= 16U)
                values[k] = toBfloat16((static_cast<float>(bits & 0xffffU) - 32767.5F) / 819200.0F);
        }
        return values;
    }
    [[nodiscard]] static cpu::StoredMatrix view(std::span<const std::uint16_t> values,
                                                const ExpectedTensor& expected)
    {
        const bool vector = expected.shape.size() == 1;
        return {std::as_bytes(values), cpu::WeightType::BF16, vector ? 1 : expected.shape[0],
                expected.shape.back()};
    }

private:
    std::vector<std::uint16_t> m_values;
};

Result<std::unique_ptr<LanguageModel>> made(const Shape& shape, const ModelOptions& options,
                                            const ProgressFn& progress, const CancelToken& cancel)
{
    const auto config = parseModelConfig(shape.config, shape.name);
    if (!config)
        return Unexpected(config.error());
    const auto threads = threadCount(options.threads);
    if (!threads)
        return Unexpected(threads.error());
    const auto type = weightTypeOption(options.type);
    if (!type)
        return Unexpected(type.error());
    RandomTensors source;
    const auto layout = weightLayout(*config, source, *type);
    if (!layout)
        return Unexpected(layout.error());
    auto pool = std::make_unique<cpu::ThreadPool>(*threads);
    LoadProgress load(layout->storedBytes(), progress, cancel);
    const auto packed = packInMemory(*layout, source, *pool, load);
    if (!packed)
        return Unexpected(packed.error());

    const auto tensors = expectedTensors(*config);
    const auto embedding =
        std::find_if(tensors.begin(), tensors.end(),
                     [](const ExpectedTensor& tensor) { return tensor.name == embeddingTensor; });
    const auto table =
        std::make_shared<const std::vector<std::uint16_t>>(RandomTensors::values(*embedding));
    ModelIdentity identity;
    identity.name = "synthetic " + std::string(shape.name);
    identity.fingerprint = identity.name;
    identity.weightType = cpu::weightTypeName(layout->type);
    identity.device = "cpu";
    identity.threads = *threads;
    return std::make_unique<CpuModel>(
        *config, EmbeddingTable(RandomTensors::view(*table, *embedding), table),
        cpuWeights(*config, source, *layout, *packed), std::move(identity), std::move(pool));
}

} // namespace

std::vector<std::string_view> syntheticShapes()
{
    std::vector<std::string_view> names;
    for (const Shape& shape : shapes)
        names.push_back(shape.name);
    return names;
}

Result<std::unique_ptr<LanguageModel>> makeSyntheticModel(std::string_view name,
                                                          const ModelOptions& options,
                                                          const ProgressFn& progress,
                                                          const CancelToken& cancel)
{
    const auto* const shape = std::find_if(shapes.begin(), shapes.end(),
                                           [&](const Shape& one) { return one.name == name; });
    if (shape == shapes.end()) {
        std::string known;
        for (const Shape& one : shapes)
            known += (known.empty() ? "" : ", ") + std::string(one.name);
        return failure(ErrorCode::InvalidArgument, "There is no synthetic model of the shape " +
                                                       inQuotes(name) + "; there are " + known +
                                                       ".");
    }
    return guarded("a synthetic model", [&] { return made(*shape, options, progress, cancel); });
}

} // namespace halftone
