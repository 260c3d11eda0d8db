#include "model/cpu/cpucache_p.h"

#include "base/guard_p.h"

#include <algorithm>
#include <utility>

namespace halftone {

CpuCache::CpuCache(const void* owner, CacheShape shape)
    : ContiguousCache(owner, std::move(shape))
    , m_layers(this->shape().layers.size())
{
}

Result<std::unique_ptr<KvCache>> CpuCache::fork(std::int64_t rows) const
{
    return guarded("a copy of the KV cache", [&]() -> Result<std::unique_ptr<KvCache>> {
        auto copy = std::make_unique<CpuCache>(owner(), shape());
        copyTo(*copy, rows);
        return copy;
    });
}

void CpuCache::refit(const ContiguousCache& from, std::int64_t rows, std::int64_t capacity)
{
    const auto& old = static_cast<const CpuCache&>(from).m_layers;
    std::vector<Layer> layers(old.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const CacheLayerShape& layer = shape().layers[i];
        const std::int64_t width = std::int64_t{layer.kvHeads} * layer.headDim;
        const auto room = [&] {
            return Rows(new (alignment) float[static_cast<std::size_t>(capacity * width)]);
        };
        layers[i] = {room(), room()};
        if (rows > 0) {
            std::copy_n(old[i].keys.get(), rows * width, layers[i].keys.get());
            std::copy_n(old[i].values.get(), rows * width, layers[i].values.get());
        }
    }
    m_layers = std::move(layers);
}

} // namespace halftone
