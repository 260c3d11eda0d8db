// What the kernels for floating-point and for quantised weights share: the dispatched functions,
// and how many rows of x meet a vector of weights while it is in a register.
#pragma once

#include "kernels/matmul.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace halftone::cpu {

void multiplyFloatPanels(const Product&, std::int64_t begin, std::int64_t end);
void multiplyQuantisedPanels(const Product&, std::int64_t begin, std::int64_t end);

/// The rows of panel `index` that are not filling.
[[nodiscard]] inline std::int64_t rowsOfPanel(const PackedMatrix& weights, std::int64_t index)
{
    return std::min(panelRows, weights.rows() - index * panelRows);
}

} // namespace halftone::cpu
