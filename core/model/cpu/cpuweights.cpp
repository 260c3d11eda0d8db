#include "model/cpu/cpuweights_p.h"

#include "model/storedtensor_p.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <span>

namespace halftone {

namespace {

using cpu::PackedMatrix;
using cpu::StoredMatrix;
using cpu::WeightType;

constexpr std::int64_t valuesAtOnce = 16 << 20; // packed between two looks at the cancel flag

class Loader
{
public:
    Loader(const ModelFolder& folder, cpu::ThreadPool& pool, const ProgressFn& progress,
           const CancelToken& cancel)
        : m_folder(folder)
        , m_pool(pool)
        , m_progress(progress)
        , m_cancel(cancel)
    {
    }

    std::vector<float> vector(const std::string& name)
    {
        const TensorView& view = seen(name);
        m_done += view.bytes.size();
        const StoredMatrix stored = storedMatrix(view);
        std::vector<float> values(static_cast<std::size_t>(stored.columns));
        cpu::widenRow(stored, 0, 0, values);
        return values;
    }

    /// To be packed by pack(), which `linear` must outlive in place.
    void linear(const std::string& name, bool bias, CpuLinear& linear)
    {
        m_matrices.push_back({&linear.weight, storedMatrix(seen(name + ".weight")), 0, 0});
        if (bias)
            linear.bias = vector(name + ".bias");
    }

    /// For a table that no matrix is packed of.
    void count(const std::string& name) { m_done += seen(name).bytes.size(); }

    Result<WeightMemory> pack()
    {
        std::size_t bytes = 0;
        for (Matrix& matrix : m_matrices) {
            const auto own =
                cpu::packedBytes(matrix.from.type, matrix.from.rows, matrix.from.columns);
            if (!own)
                return Unexpected(own.error());
            matrix.offset = bytes;
            matrix.bytes = *own;
            bytes += *own; // a multiple of packedAlignment
        }
        auto memory = WeightMemory::allocate(bytes);
        if (!memory)
            return memory;
        for (const Matrix& matrix : m_matrices) {
            const std::span<std::byte> out = memory->bytes().subspan(matrix.offset, matrix.bytes);
            if (auto packed = pack(matrix.from, out); !packed)
                return Unexpected(packed.error());
            auto view =
                PackedMatrix::over(out, matrix.from.type, matrix.from.rows, matrix.from.columns);
            if (!view)
                return Unexpected(view.error());
            *matrix.target = *view;
        }
        return memory;
    }

    [[nodiscard]] std::string mostCommonType() const
    {
        const auto most =
            std::max_element(m_bytesByType.begin(), m_bytesByType.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        return std::string(cpu::weightTypeName(most->first));
    }

private:
    struct Matrix
    {
        PackedMatrix* target;
        StoredMatrix from;
        std::size_t offset; // in the memory
        std::size_t bytes;
    };

    /// Checked to be there before anything was loaded.
    const TensorView& seen(const std::string& name)
    {
        const TensorView& view = *m_folder.tensor(name);
        m_bytesByType[storedMatrix(view).type] += view.bytes.size();
        m_total += view.bytes.size();
        return view;
    }

    Result<void> pack(const StoredMatrix& from, std::span<std::byte> out)
    {
        const std::int64_t panels = (from.rows + cpu::panelRows - 1) / cpu::panelRows;
        const std::int64_t atOnce =
            std::max<std::int64_t>(1, valuesAtOnce / (cpu::panelRows * from.columns));
        for (std::int64_t first = 0; first < panels; first += atOnce) {
            const std::int64_t count = std::min(atOnce, panels - first);
            std::mutex mutex;
            std::optional<Error> failed;
            m_pool.run(count, [&](std::int64_t begin, std::int64_t end) {
                auto packed = cpu::packRows(from, (first + begin) * cpu::panelRows,
                                            std::min((first + end) * cpu::panelRows, from.rows),
                                            from.type, out);
                const std::lock_guard lock(mutex);
                if (!packed)
                    failed = packed.error();
            });
            if (failed)
                return Unexpected(*failed);
            const std::int64_t rows =
                std::min((first + count) * cpu::panelRows, from.rows) - first * cpu::panelRows;
            m_done += from.bytes.size() / static_cast<std::size_t>(from.rows) *
                      static_cast<std::size_t>(rows);
            if (m_progress)
                m_progress({"Reading weights", m_done, m_total});
            if (m_cancel.cancelled())
                return failure(ErrorCode::Cancelled, "Loading the model was cancelled.");
        }
        return {};
    }

    const ModelFolder& m_folder;
    cpu::ThreadPool& m_pool;
    const ProgressFn& m_progress;
    const CancelToken& m_cancel;
    std::vector<Matrix> m_matrices;
    std::uint64_t m_total = 0; // bytes of all that was seen, as stored
    std::uint64_t m_done = 0;
    std::map<WeightType, std::uint64_t> m_bytesByType;
};

} // namespace

Result<CpuWeights> loadCpuWeights(const ModelFolder& folder, const ModelConfig& config,
                                  cpu::ThreadPool& pool, const ProgressFn& progress,
                                  const CancelToken& cancel)
{
    Loader load(folder, pool, progress, cancel);
    CpuWeights weights;
    const std::string table = "model.embed_tokens";
    weights.layers.resize(static_cast<std::size_t>(config.layerCount));
    for (std::size_t i = 0; i < weights.layers.size(); ++i) {
        const std::string name = "model.layers." + std::to_string(i) + ".";
        const std::string attention = name + "self_attn.";
        CpuLayer& layer = weights.layers[i];
        layer.inputNorm = load.vector(name + "input_layernorm.weight");
        load.linear(attention + "q_proj", config.queryKeyValueBias, layer.query);
        load.linear(attention + "k_proj", config.queryKeyValueBias, layer.key);
        load.linear(attention + "v_proj", config.queryKeyValueBias, layer.value);
        load.linear(attention + "o_proj", config.outputBias, layer.output);
        if (config.queryKeyNorm) {
            layer.queryNorm = load.vector(attention + "q_norm.weight");
            layer.keyNorm = load.vector(attention + "k_norm.weight");
        }
        layer.mlpNorm = load.vector(name + "post_attention_layernorm.weight");
        load.linear(name + "mlp.gate_proj", config.mlpBias, layer.gate);
        load.linear(name + "mlp.up_proj", config.mlpBias, layer.up);
        load.linear(name + "mlp.down_proj", config.mlpBias, layer.down);
    }
    weights.norm = load.vector("model.norm.weight");
    load.linear(config.tiedHead ? table : "lm_head", false, weights.head);
    if (!config.tiedHead)
        load.count(table + ".weight");
    auto memory = load.pack();
    if (!memory)
        return Unexpected(memory.error());
    weights.memory = std::move(*memory);
    weights.type = load.mostCommonType();
    return weights;
}

} // namespace halftone
