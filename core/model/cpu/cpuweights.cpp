#include "model/cpu/cpuweights_p.h"

#include "model/layertensors_p.h"

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
    cpu::PackedMatrix matrix(const std::string& name) { return m_packed.at(name); }
    CpuLinear linear(const std::string& name, bool bias)
    {
        return {matrix(name + ".weight"), bias ? vector(name + ".bias") : std::vector<float>()};
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
    for (std::int32_t i = 0; i < config.layerCount; ++i)
        weights.layers.push_back(readLayer<CpuLayer>(config, i, collect));
    weights.norm = collect.vector("model.norm.weight");
    weights.head = {collect.matrix(std::string(headTensor(config))), {}};
    weights.type = layout.type;
    weights.bytes = static_cast<std::int64_t>(layout.bytes) + collect.vectorBytes();
    weights.packed = packed.owner;
    return weights;
}

} // namespace halftone
