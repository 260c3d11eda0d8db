// What a KV cache weighs, to the byte, without holding one: plain numbers that are stored with a
// run so that any step's memory can be shown again with no model loaded.
//
//   bytes = sum over layers of rows * kvHeads * (bytes of a key row + bytes of a value row)
//
// with the number of key/value heads, never of query heads. A soft step costs one row a layer, as
// a token does.
#pragma once

#include <cstdint>
#include <vector>

namespace halftone {

/// One layer's share.
struct CacheLayerShape
{
    int kvHeads = 0;
    int headDim = 0;         // of keys and of values
    int bytesPerElement = 4; // of keys and of values
    int window = 0;          // sliding window in rows; 0 for full attention

    [[nodiscard]] std::int64_t bytesPerRow() const
    {
        return std::int64_t{2} * kvHeads * headDim * bytesPerElement;
    }
    bool operator==(const CacheLayerShape&) const = default;
};

struct CacheShape
{
    std::vector<CacheLayerShape> layers;
    std::int64_t contextLimit = 0; // rows; positions beyond it are refused

    [[nodiscard]] std::int64_t bytesPerRow() const;
    bool operator==(const CacheShape&) const = default;
};

/// Three answers to "how big is the cache" (bytes). Of a run with a partner model they are sums over
/// both models' caches, each of which may not have read all rows yet.
struct CacheUsage
{
    std::int64_t rows = 0;      // positions fed so far
    std::int64_t logical = 0;   // every row of every layer, no window and no compression
    std::int64_t live = 0;      // rows that a later step can still attend to
    std::int64_t allocated = 0; // what the buffers hold
    bool operator==(const CacheUsage&) const = default;
};

/// One layer's bytes when `rows` positions were fed and its buffers have room for `allocatedRows`.
[[nodiscard]] CacheUsage layerUsage(const CacheLayerShape&, std::int64_t rows,
                                    std::int64_t allocatedRows);
/// The sum over layers.
[[nodiscard]] CacheUsage cacheUsage(const CacheShape&, std::int64_t rows,
                                    std::int64_t allocatedRows);

} // namespace halftone
