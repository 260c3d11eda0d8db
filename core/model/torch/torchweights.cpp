#include "model/torch/torchweights_p.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace halftone {

namespace {

constexpr std::int64_t valuesAtOnce = 4 << 20; // widened between two looks at the cancel flag

/// Thrown to leave the loader from any depth; never leaves this file.
struct Cancelled
{
};

class Loader
{
public:
    Loader(const ModelFolder& folder, at::Device device, const ProgressFn& progress,
           const CancelToken& cancel, std::uint64_t total)
        : m_folder(folder)
        , m_device(device)
        , m_progress(progress)
        , m_cancel(cancel)
        , m_total(total)
    {
    }

    at::Tensor tensor(const std::string& name)
    {
        // Checked to be there before libtorch was loaded.
        const TensorView& view = *m_folder.tensor(name);
        m_bytesByType[view.type] += view.bytes.size();
        at::Tensor tensor = view.type == "F32" ? mapped(view) : widened(view);
        report(0);
        return tensor.to(m_device);
    }
    Linear linear(const std::string& name, bool bias)
    {
        return {tensor(name + ".weight"), bias ? tensor(name + ".bias") : at::Tensor()};
    }

    [[nodiscard]] std::string mostCommonType() const
    {
        const auto most =
            std::max_element(m_bytesByType.begin(), m_bytesByType.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        return most->first == "F32" ? "f32" : most->first == "F16" ? "f16" : "bf16";
    }

private:
    at::Tensor mapped(const TensorView& view)
    {
        m_done += view.bytes.size();
        // libtorch has no read-only tensors; nothing writes to weights.
        void* const data = const_cast<std::byte*>(view.bytes.data());
        if (reinterpret_cast<std::uintptr_t>(data) % alignof(float) == 0)
            return at::from_blob(data, view.shape, at::kFloat);
        at::Tensor copy = at::empty(view.shape, at::kFloat);
        std::memcpy(copy.data_ptr(), data, view.bytes.size());
        return copy;
    }

    at::Tensor widened(const TensorView& view)
    {
        const auto stored = view.type == "F16" ? at::kHalf : at::kBFloat16;
        at::Tensor result = at::empty(view.shape, at::kFloat);
        at::Tensor flat = result.view({-1});
        const std::int64_t count = flat.numel();
        // Tensors may lie at odd addresses, so each part is copied to an even one first.
        at::Tensor part = at::empty({std::min(count, valuesAtOnce)}, stored);
        for (std::int64_t begin = 0; begin < count; begin += valuesAtOnce) {
            const std::int64_t n = std::min(valuesAtOnce, count - begin);
            const auto bytes = static_cast<std::size_t>(n) * 2;
            std::memcpy(part.data_ptr(), view.bytes.data() + begin * 2, bytes);
            flat.narrow(0, begin, n).copy_(part.narrow(0, 0, n));
            report(bytes);
        }
        return result;
    }

    void report(std::uint64_t bytes)
    {
        m_done += bytes;
        if (m_progress)
            m_progress({"Reading weights", m_done, m_total});
        if (m_cancel.cancelled())
            throw Cancelled();
    }

    const ModelFolder& m_folder;
    at::Device m_device;
    const ProgressFn& m_progress;
    const CancelToken& m_cancel;
    std::uint64_t m_total;
    std::uint64_t m_done = 0;
    std::map<std::string, std::uint64_t> m_bytesByType;
};

} // namespace

Result<TorchWeights> loadWeights(const ModelFolder& folder, const ModelConfig& config,
                                 at::Device device, const ProgressFn& progress,
                                 const CancelToken& cancel)
{
    // Rows of the embedding table are looked up where the file is mapped.
    const std::string table = "model.embed_tokens.weight";
    std::uint64_t total = 0;
    for (const ExpectedTensor& tensor : expectedTensors(config))
        if (config.tiedHead || tensor.name != table)
            total += folder.tensor(tensor.name)->bytes.size();
    Loader load(folder, device, progress, cancel, total);
    TorchWeights weights;
    weights.files = folder.weights();
    try {
        for (std::int32_t i = 0; i < config.layerCount; ++i) {
            const std::string name = "model.layers." + std::to_string(i) + ".";
            const std::string attention = name + "self_attn.";
            LayerWeights layer;
            layer.inputNorm = load.tensor(name + "input_layernorm.weight");
            layer.query = load.linear(attention + "q_proj", config.queryKeyValueBias);
            layer.key = load.linear(attention + "k_proj", config.queryKeyValueBias);
            layer.value = load.linear(attention + "v_proj", config.queryKeyValueBias);
            layer.output = load.linear(attention + "o_proj", config.outputBias);
            if (config.queryKeyNorm) {
                layer.queryNorm = load.tensor(attention + "q_norm.weight");
                layer.keyNorm = load.tensor(attention + "k_norm.weight");
            }
            layer.mlpNorm = load.tensor(name + "post_attention_layernorm.weight");
            layer.gate = load.linear(name + "mlp.gate_proj", config.mlpBias);
            layer.up = load.linear(name + "mlp.up_proj", config.mlpBias);
            layer.down = load.linear(name + "mlp.down_proj", config.mlpBias);
            weights.layers.push_back(std::move(layer));
        }
        weights.norm = load.tensor("model.norm.weight");
        weights.head.weight = load.tensor(config.tiedHead ? table : "lm_head.weight");
    } catch (const Cancelled&) {
        return failure(ErrorCode::Cancelled, "Loading the model was cancelled.");
    }
    weights.type = load.mostCommonType();
    return weights;
}

} // namespace halftone
