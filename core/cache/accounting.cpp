#include "cache/accounting.h"

#include <algorithm>

namespace halftone {

std::int64_t CacheShape::bytesPerRow() const
{
    std::int64_t bytes = 0;
    for (const CacheLayerShape& layer : layers)
        bytes += layer.bytesPerRow();
    return bytes;
}

CacheUsage layerUsage(const CacheLayerShape& layer, std::int64_t rows, std::int64_t allocatedRows)
{
    const std::int64_t live = layer.window > 0 ? std::min<std::int64_t>(rows, layer.window) : rows;
    return {rows, rows * layer.bytesPerRow(), live * layer.bytesPerRow(),
            allocatedRows * layer.bytesPerRow()};
}

CacheUsage cacheUsage(const CacheShape& shape, std::int64_t rows, std::int64_t allocatedRows)
{
    CacheUsage sum{rows, 0, 0, 0};
    for (const CacheLayerShape& layer : shape.layers) {
        const CacheUsage usage = layerUsage(layer, rows, allocatedRows);
        sum.logical += usage.logical;
        sum.live += usage.live;
        sum.allocated += usage.allocated;
    }
    return sum;
}

} // namespace halftone
