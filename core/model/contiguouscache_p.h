// What KV caches that keep each layer's rows side by side share: how many rows there are, and how
// room for them grows. Buffers grow by half of themselves in steps of 256 rows, never beyond the
// context limit. Rows past rows() are room, not contents.
#pragma once

#include "cache/kvcache.h"

namespace halftone {

class ContiguousCache : public KvCache
{
public:
    [[nodiscard]] std::int64_t rows() const final { return m_rows; }
    [[nodiscard]] CacheUsage usage() const final;
    void truncate(std::int64_t rows) final;

    /// The model that made it: tells its caches from those of others, and is never followed.
    [[nodiscard]] const void* owner() const { return m_owner; }
    /// Makes room for `rows` rows in all. Throws what refit() throws, and then changed nothing.
    void reserve(std::int64_t rows);
    /// Makes rows that were written behind the last one part of the cache.
    void advanceTo(std::int64_t rows) { m_rows = rows; }

protected:
    ContiguousCache(const void* owner, CacheShape shape);

    [[nodiscard]] const CacheShape& shape() const { return m_shape; }
    /// Gives `copy`, a cache as new, the first `rows` rows of this one. Throws what refit() throws.
    void copyTo(ContiguousCache& copy, std::int64_t rows) const;
    /// Takes buffers of `capacity` rows whose first `rows` are those of `from`, which may be this
    /// cache. Throws where there is no memory, and then changed nothing.
    virtual void refit(const ContiguousCache& from, std::int64_t rows, std::int64_t capacity) = 0;

private:
    const void* m_owner;
    CacheShape m_shape;
    std::int64_t m_rows = 0;
    std::int64_t m_capacity = 0;
};

} // namespace halftone
