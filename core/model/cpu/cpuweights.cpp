#include "model/cpu/cpuweights_p.h"

#include <map>
#include <string>

namespace halftone {

namespace {

class Collector
{
public:
    Collector(const ModelConfig& config, TensorSource& source, const WeightLayout& layout,
              const PackedWeights& packed)
        : m_source(source)
    {
        for (ExpectedTensor& tensor : expectedTensors(config))
            m_expected.emplace(tensor.name, std::move(tensor));
        for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
            const PackedTensor& one = layout.tensors[i];
            // Layout and bytes were made for each other.
            m_packed[one.tensor.name] =
                *cpu::PackedMatrix::over(packed.tensors[i], one.type, one.rows(), one.columns());
        }
    }

    std::vector<float> vector(const std::string& name)
    {
        const cpu::StoredMatrix stored = m_source.tensor(m_expected.at(name));
        std::vector<float> values(static_cast<std::size_t>(stored.columns));
        cpu::widenRow(stored, 0, 0, values);
        m_vectorBytes += std::ssize(values) * static_cast<std::int64_t>(sizeof(float));
        return values;
    }
    CpuLinear linear(const std::string& name, bool bias)
    {
        return {m_packed.at(name + ".weight"),
                bias ? vector(name + ".bias") : std::vector<float>()};
    }
    [[nodiscard]] std::int64_t vectorBytes() const { return m_vectorBytes; }

private:
    TensorSource& m_source;
    std::map<std::string, ExpectedTensor> m_expected;
    std::map<std::string, cpu::PackedMatrix> m_packed;
    std::int64_t m_vectorBytes = 0;
};

} // namespace

CpuWeights cpuWeights(const ModelConfig& config, TensorSource& source, const WeightLayout& layout,
                      const PackedWeights& packed)
{
    Collector collect(config, source, layout, packed);
    CpuWeights weights;
    weights.layers.resize(static_cast<std::size_t>(config.layerCount));
    for (std::size_t i = 0; i < weights.layers.size(); ++i) {
        const std::string name = "model.layers." + std::to_string(i) + ".";
        const std::string attention = name + "self_attn.";
        CpuLayer& layer = weights.layers[i];
        layer.inputNorm = collect.vector(name + "input_layernorm.weight");
        layer.query = collect.linear(attention + "q_proj", config.queryKeyValueBias);
        layer.key = collect.linear(attention + "k_proj", config.queryKeyValueBias);
        layer.value = collect.linear(attention + "v_proj", config.queryKeyValueBias);
        layer.output = collect.linear(attention + "o_proj", config.outputBias);
        if (config.queryKeyNorm) {
            layer.queryNorm = collect.vector(attention + "q_norm.weight");
            layer.keyNorm = collect.vector(attention + "k_norm.weight");
        }
        layer.mlpNorm = collect.vector(name + "post_attention_layernorm.weight");
        layer.gate = collect.linear(name + "mlp.gate_proj", config.mlpBias);
        layer.up = collect.linear(name + "mlp.up_proj", config.mlpBias);
        layer.down = collect.linear(name + "mlp.down_proj", config.mlpBias);
    }
    weights.norm = collect.vector("model.norm.weight");
    std::string head(headTensor(config));
    head.resize(head.size() - std::string_view(".weight").size());
    weights.head = collect.linear(head, false);
    weights.type = layout.type;
    weights.bytes = static_cast<std::int64_t>(layout.bytes) + collect.vectorBytes();
    weights.packed = packed.owner;
    return weights;
}

} // namespace halftone
