#include "model/torch/torchweights_p.h"

#include "model/layertensors_p.h"
#include "model/loadprogress_p.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace halftone {

namespace {

constexpr std::int64_t valuesAtOnce = 4 << 20; // widened between two looks at the cancel flag

/// Thrown to leave the loader from any depth; never leaves this file.
struct Stopped
{
    Error why;
};

class Loader
{
public:
    Loader(const ModelFolder& folder, at::Device device, LoadProgress& progress)
        : m_folder(folder)
        , m_device(device)
        , m_progress(progress)
    {
    }

    at::Tensor tensor(const std::string& name)
    {
        // Checked to be there before libtorch was loaded.
        const TensorView& view = *m_folder.tensor(name);
        m_bytesByType[view.type] += view.bytes.size();
        return (view.type == "F32" ? mapped(view) : widened(view)).to(m_device);
    }
    at::Tensor vector(const std::string& name) { return tensor(name); }
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
        report(view.bytes.size());
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
        if (auto on = m_progress.add(bytes); !on)
            throw Stopped{on.error()};
    }

    const ModelFolder& m_folder;
    at::Device m_device;
    LoadProgress& m_progress;
    std::map<std::string, std::uint64_t> m_bytesByType;
};

} // namespace

Result<TorchWeights> loadWeights(const ModelFolder& folder, const ModelConfig& config,
                                 at::Device device, const ProgressFn& progress,
                                 const CancelToken& cancel)
{
    // Rows of the embedding table are looked up where the file is mapped.
    std::uint64_t total = 0;
    for (const ExpectedTensor& tensor : expectedTensors(config))
        if (config.tiedHead || tensor.name != embeddingTensor)
            total += folder.tensor(tensor.name)->bytes.size();
    LoadProgress read(total, progress, cancel);
    Loader load(folder, device, read);
    TorchWeights weights;
    weights.files = folder.weights();
    try {
        for (std::int32_t i = 0; i < config.layerCount; ++i)
            weights.layers.push_back(readLayer<LayerWeights>(config, i, load));
        weights.norm = load.tensor("model.norm.weight");
        weights.head.weight = load.tensor(std::string(headTensor(config)));
    } catch (const Stopped& stopped) {
        return Unexpected(stopped.why);
    }
    weights.type = load.mostCommonType();
    return weights;
}

} // namespace halftone
