#include "model/contiguouscache_p.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace halftone {

namespace {

constexpr std::int64_t growthRows = 256;

std::int64_t roundedUp(std::int64_t rows, std::int64_t limit)
{
    return std::min(limit, (rows + growthRows - 1) / growthRows * growthRows);
}

} // namespace

ContiguousCache::ContiguousCache(const void* owner, CacheShape shape)
    : m_owner(owner)
    , m_shape(std::move(shape))
{
}

CacheUsage ContiguousCache::usage() const
{
    return cacheUsage(m_shape, m_rows, m_capacity);
}

void ContiguousCache::truncate(std::int64_t rows)
{
    assert(rows >= 0 && rows <= m_rows);
    m_rows = std::clamp<std::int64_t>(rows, 0, m_rows);
}

void ContiguousCache::reserve(std::int64_t rows)
{
    if (rows <= m_capacity)
        return;
    const std::int64_t capacity =
        roundedUp(std::max(rows, m_capacity + m_capacity / 2), m_shape.contextLimit);
    refit(*this, m_rows, capacity);
    m_capacity = capacity;
}

void ContiguousCache::copyTo(ContiguousCache& copy, std::int64_t rows) const
{
    assert(rows >= 0 && rows <= m_rows);
    const std::int64_t kept = std::clamp<std::int64_t>(rows, 0, m_rows);
    const std::int64_t capacity = roundedUp(kept, m_shape.contextLimit);
    copy.refit(*this, kept, capacity);
    copy.m_rows = kept;
    copy.m_capacity = capacity;
}

} // namespace halftone
