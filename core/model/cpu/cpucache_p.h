// The contiguous KV cache of models on the CPU: for each layer keys and values [capacity, kvHeads *
// headDim] float32, keys after rotation. Buffers grow by half of themselves in steps of 256 rows,
// never beyond the context limit. Rows past rows() are room, not contents.
#pragma once

#include "cache/kvcache.h"

#include <memory>
#include <vector>

namespace halftone {

class CpuCache final : public KvCache
{
public:
    struct Layer
    {
        std::unique_ptr<float[]> keys;
        std::unique_ptr<float[]> values;
    };

    /// `owner` tells caches of one model from those of another; it is never followed.
    CpuCache(const void* owner, CacheShape shape);

    [[nodiscard]] std::int64_t rows() const override { return m_rows; }
    [[nodiscard]] CacheUsage usage() const override;
    void truncate(std::int64_t rows) override;
    [[nodiscard]] Result<std::unique_ptr<KvCache>> fork(std::int64_t rows) const override;

    [[nodiscard]] const void* owner() const { return m_owner; }
    [[nodiscard]] Layer& layer(std::size_t index) { return m_layers[index]; }
    /// Makes room for `rows` rows in all. Throws std::bad_alloc, and then changed nothing.
    void reserve(std::int64_t rows);
    /// Makes rows that were written behind the last one part of the cache.
    void advanceTo(std::int64_t rows) { m_rows = rows; }

private:
    /// Buffers of `capacity` rows with the first `rows` of this cache in them.
    [[nodiscard]] std::vector<Layer> copied(std::int64_t rows, std::int64_t capacity) const;

    const void* m_owner;
    CacheShape m_shape;
    std::vector<Layer> m_layers;
    std::int64_t m_rows = 0;
    std::int64_t m_capacity = 0;
};

} // namespace halftone
