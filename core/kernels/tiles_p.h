// What the kernels for floating-point and for quantised weights share: the dispatched functions,
// and how many rows of x meet a vector of weights while it is in a register.
#pragma once

#include "kernels/matmul.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace halftone::cpu {

void multiplyFloatPanels(const Product&, std::int64_t begin, std::int64_t end);
void multiplyQuantisedPanels(const Product&, std::int64_t begin, std::int64_t end);

// How far ahead weights are asked for where several rows of x meet each. Where it is few, the
// processor looks far enough ahead by itself and is slowed by being asked: how few, each type of
// weights says by its `prefetchedRows`, as measured.
constexpr std::size_t prefetchDistance = 12288;

/// Asks for the `bytes` of weights at `ahead`, if `wanted`. Nothing happens where there is no
/// memory.
template <bool wanted>
[[gnu::always_inline]] inline void prefetchWeights(const std::byte* ahead, std::size_t bytes)
{
    if constexpr (wanted)
        for (std::size_t line = 0; line < bytes; line += 64)
            __builtin_prefetch(ahead + line, 0, 2);
}

/// The rows of panel `index` that are not filling.
[[nodiscard]] inline std::int64_t rowsOfPanel(const PackedMatrix& weights, std::int64_t index)
{
    return std::min(panelRows, weights.rows() - index * panelRows);
}

/// tile<rows>(first) for all of [0, count) rows of x, in as few tiles of at most `most` as there
/// can be and about as large as each other: what a tile does to each weight costs as much as one
/// row or two.
template <std::size_t most, class Tile>
void overTiles(std::int64_t count, const Tile& tile)
{
    const auto sized = [&]<std::size_t rows>(const auto& self, std::int64_t wanted,
                                             std::int64_t first) {
        if constexpr (rows > 1)
            if (std::cmp_less(wanted, rows))
                return self.template operator()<rows - 1>(self, wanted, first);
        tile.template operator()<rows>(first);
    };
    for (std::int64_t first = 0; first < count;) {
        const std::int64_t left = count - first;
        const std::int64_t tiles = (left + std::int64_t{most} - 1) / std::int64_t{most};
        const std::int64_t rows = (left + tiles - 1) / tiles;
        sized.template operator()<most>(sized, rows, first);
        first += rows;
    }
}

} // namespace halftone::cpu
