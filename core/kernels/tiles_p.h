// What the kernels for floating-point and for quantised weights share: the dispatched functions,
// and how many rows of x meet a vector of weights while it is in a register.
#pragma once

#include "kernels/matmul.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace halftone::cpu {

void multiplyFloatPanels(const Product&, std::int64_t begin, std::int64_t end);
void multiplyQuantisedPanels(const Product&, std::int64_t begin, std::int64_t end);

// How far ahead weights are asked for where a few rows of x meet each. The processor looks far
// enough ahead by itself where it is one row or two, and is slowed then.
constexpr std::size_t prefetchDistance = 12288;

/// Asks for the `bytes` of weights at `ahead`. Nothing happens where there is no memory.
template <std::size_t rows>
[[gnu::always_inline]] inline void prefetchWeights(const std::byte* ahead, std::size_t bytes)
{
    if constexpr (rows >= 3)
        for (std::size_t line = 0; line < bytes; line += 64)
            __builtin_prefetch(ahead + line, 0, 2);
}

/// The rows of panel `index` that are not filling.
[[nodiscard]] inline std::int64_t rowsOfPanel(const PackedMatrix& weights, std::int64_t index)
{
    return std::min(panelRows, weights.rows() - index * panelRows);
}

} // namespace halftone::cpu
