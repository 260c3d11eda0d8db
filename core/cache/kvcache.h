// Keys and values of one generation. Owned by one Session and touched by the engine thread alone.
// Only the model that made a cache knows what is inside; the rest of core sees rows and bytes.
#pragma once

#include "base/result.h"
#include "cache/accounting.h"

#include <cstdint>
#include <memory>

namespace halftone {

class KvCache
{
public:
    virtual ~KvCache() = default;

    /// Positions fed so far; the next row is written at this position.
    [[nodiscard]] virtual std::int64_t rows() const = 0;
    [[nodiscard]] virtual CacheUsage usage() const = 0;
    /// Forgets every row at or after `rows`, which may not exceed rows(). Frees nothing.
    virtual void truncate(std::int64_t rows) = 0;
    /// A cache of its own with the first `rows` rows of this one; later writes to either do not
    /// show in the other. Fails with OutOfMemory.
    [[nodiscard]] virtual Result<std::unique_ptr<KvCache>> fork(std::int64_t rows) const = 0;
};

} // namespace halftone
