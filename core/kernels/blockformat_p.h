// Blocks of 32 values with one scale: how they are made from float32, and what they say. Formulas
// of ggml's quantize_row_q8_0_ref and quantize_row_q4_0_ref (llama.cpp, ggml/src/ggml-quants.c), so
// that the same weights give the same blocks.
#pragma once

#include "kernels/weighttype.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace halftone::cpu {

// A block of 16 interleaved rows: their scales, then their values.
constexpr std::size_t blockScaleBytes = 16 * sizeof(std::uint16_t);
constexpr std::size_t q8BlockBytes = blockScaleBytes + std::size_t{16} * 32;
constexpr std::size_t q4BlockBytes = blockScaleBytes + std::size_t{16} * 16;

/// One row's block.
struct QuantisedBlock
{
    std::uint16_t scale = 0;                    // f16
    std::array<std::int8_t, quantBlock> values; // q4_0: 0 to 15, which stand for -8 to 7
};

/// False where the type cannot hold the values: one is no number, or the scale exceeds f16.
///
/// q8_0: d = amax / 127, each value round(x / d), halves away from zero.
/// q4_0: d = m / -8 with m the value of largest magnitude (the first of equals), each value
///       min(15, trunc(x / d + 8.5)).
/// x / d is x times the float32 reciprocal of the unrounded d; a block of zeros has d = 0.
[[nodiscard]] bool quantiseQ8(const float* x, QuantisedBlock& out);
[[nodiscard]] bool quantiseQ4(const float* x, QuantisedBlock& out);

} // namespace halftone::cpu
