#include "model/cpu/cpucache_p.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace halftone {

namespace {

constexpr std::int64_t growthRows = 256;

std::int64_t roundedUp(std::int64_t rows, std::int64_t limit)
{
    return std::min(limit, (rows + growthRows - 1) / growthRows * growthRows);
}

} // namespace

CpuCache::CpuCache(const void* owner, CacheShape shape)
    : m_owner(owner)
    , m_shape(std::move(shape))
    , m_layers(m_shape.layers.size())
{
}

CacheUsage CpuCache::usage() const
{
    return cacheUsage(m_shape, m_rows, m_capacity);
}

void CpuCache::truncate(std::int64_t rows)
{
    assert(rows >= 0 && rows <= m_rows);
    m_rows = std::clamp<std::int64_t>(rows, 0, m_rows);
}

Result<std::unique_ptr<KvCache>> CpuCache::fork(std::int64_t rows) const
{
    assert(rows >= 0 && rows <= m_rows);
    try {
        const std::int64_t kept = std::clamp<std::int64_t>(rows, 0, m_rows);
        auto copy = std::make_unique<CpuCache>(m_owner, m_shape);
        copy->m_capacity = roundedUp(kept, m_shape.contextLimit);
        copy->m_layers = copied(kept, copy->m_capacity);
        copy->m_rows = kept;
        return copy;
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory,
                       "There is not enough memory for a copy of the KV cache.");
    }
}

void CpuCache::reserve(std::int64_t rows)
{
    if (rows <= m_capacity)
        return;
    const std::int64_t capacity =
        roundedUp(std::max(rows, m_capacity + m_capacity / 2), m_shape.contextLimit);
    m_layers = copied(m_rows, capacity);
    m_capacity = capacity;
}

std::vector<CpuCache::Layer> CpuCache::copied(std::int64_t rows, std::int64_t capacity) const
{
    std::vector<Layer> layers(m_layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const CacheLayerShape& shape = m_shape.layers[i];
        const std::int64_t width = std::int64_t{shape.kvHeads} * shape.headDim;
        const auto room = [&] {
            return std::make_unique_for_overwrite<float[]>(
                static_cast<std::size_t>(capacity * width));
        };
        layers[i] = {room(), room()};
        if (rows > 0) {
            std::copy_n(m_layers[i].keys.get(), rows * width, layers[i].keys.get());
            std::copy_n(m_layers[i].values.get(), rows * width, layers[i].values.get());
        }
    }
    return layers;
}

} // namespace halftone
