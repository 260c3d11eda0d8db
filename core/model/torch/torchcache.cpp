#include "model/torch/torchcache_p.h"

#include "model/torch/torchguard_p.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cassert>

namespace halftone {

namespace {

constexpr std::int64_t growthRows = 256;

std::int64_t roundedUp(std::int64_t rows, std::int64_t limit)
{
    return std::min(limit, (rows + growthRows - 1) / growthRows * growthRows);
}

} // namespace

TorchCache::TorchCache(const void* owner, CacheShape shape, at::Device device)
    : m_owner(owner)
    , m_shape(std::move(shape))
    , m_device(device)
    , m_layers(m_shape.layers.size())
{
}

CacheUsage TorchCache::usage() const
{
    return cacheUsage(m_shape, m_rows, m_capacity);
}

void TorchCache::truncate(std::int64_t rows)
{
    assert(rows >= 0 && rows <= m_rows);
    m_rows = std::clamp<std::int64_t>(rows, 0, m_rows);
}

Result<std::unique_ptr<KvCache>> TorchCache::fork(std::int64_t rows) const
{
    assert(rows >= 0 && rows <= m_rows);
    return torchGuard("a copy of the KV cache", [&]() -> Result<std::unique_ptr<KvCache>> {
        const std::int64_t kept = std::clamp<std::int64_t>(rows, 0, m_rows);
        auto copy = std::make_unique<TorchCache>(m_owner, m_shape, m_device);
        copy->m_capacity = roundedUp(kept, m_shape.contextLimit);
        copy->m_layers = copied(kept, copy->m_capacity);
        copy->m_rows = kept;
        return copy;
    });
}

void TorchCache::reserve(std::int64_t rows)
{
    if (rows <= m_capacity)
        return;
    const std::int64_t capacity =
        roundedUp(std::max(rows, m_capacity + m_capacity / 2), m_shape.contextLimit);
    m_layers = copied(m_rows, capacity);
    m_capacity = capacity;
}

std::vector<CacheLayer> TorchCache::copied(std::int64_t rows, std::int64_t capacity) const
{
    std::vector<CacheLayer> layers(m_layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const CacheLayerShape& shape = m_shape.layers[i];
        const std::int64_t width = std::int64_t{shape.kvHeads} * shape.headDim;
        const auto options = at::TensorOptions().dtype(at::kFloat).device(m_device);
        layers[i].keys = at::empty({capacity, width}, options);
        layers[i].values = at::empty({capacity, width}, options);
        if (rows > 0) {
            layers[i].keys.narrow(0, 0, rows).copy_(m_layers[i].keys.narrow(0, 0, rows));
            layers[i].values.narrow(0, 0, rows).copy_(m_layers[i].values.narrow(0, 0, rows));
        }
    }
    return layers;
}

} // namespace halftone
