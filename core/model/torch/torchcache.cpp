#include "model/torch/torchcache_p.h"

#include "model/torch/torchguard_p.h"

#include <ATen/ops/empty.h>

#include <memory>
#include <utility>

namespace halftone {

TorchCache::TorchCache(const void* owner, CacheShape shape, at::Device device)
    : ContiguousCache(owner, std::move(shape))
    , m_device(device)
    , m_layers(this->shape().layers.size())
{
}

Result<std::unique_ptr<KvCache>> TorchCache::fork(std::int64_t rows) const
{
    return torchGuard("a copy of the KV cache", [&]() -> Result<std::unique_ptr<KvCache>> {
        auto copy = std::make_unique<TorchCache>(owner(), shape(), m_device);
        copyTo(*copy, rows);
        return copy;
    });
}

void TorchCache::refit(const ContiguousCache& from, std::int64_t rows, std::int64_t capacity)
{
    const auto& old = static_cast<const TorchCache&>(from).m_layers;
    std::vector<CacheLayer> layers(old.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const CacheLayerShape& layer = shape().layers[i];
        const std::int64_t width = std::int64_t{layer.kvHeads} * layer.headDim;
        const auto options = at::TensorOptions().dtype(at::kFloat).device(m_device);
        layers[i].keys = at::empty({capacity, width}, options);
        layers[i].values = at::empty({capacity, width}, options);
        if (rows > 0) {
            layers[i].keys.narrow(0, 0, rows).copy_(old[i].keys.narrow(0, 0, rows));
            layers[i].values.narrow(0, 0, rows).copy_(old[i].values.narrow(0, 0, rows));
        }
    }
    m_layers = std::move(layers);
}

} // namespace halftone
