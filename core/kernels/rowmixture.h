// Weighted sums of rows of a matrix as its file stores it: what a mixture of tokens feeds. A
// product and a sum are rounded one by one, in float32 and in the order that is asked for, so that
// a recorded mixture is rebuilt to the bit on every machine. Any thread.
#pragma once

#include "kernels/packing.h"

#include <cstdint>
#include <span>

namespace halftone::cpu {

/// x += weight * row, x [columns]; a weight of 0 changes nothing.
void addWeightedRow(const StoredMatrix& table, std::int64_t row, float weight, std::span<float> x);

/// The sum of all rows with a weight other than 0, [rows], by ascending row: columns [begin, end)
/// of it into x [columns]. Ranges that do not overlap can be computed by several threads at once,
/// and how they are split changes no bit.
void addAllRows(const StoredMatrix& table, std::span<const float> weights, std::int64_t begin,
                std::int64_t end, std::span<float> x);

} // namespace halftone::cpu
