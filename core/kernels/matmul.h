// Products of packed weights with rows of activations: a decode step's (one row, or one for each of
// several generations) and prefill's (hundreds).
//
//   y[b, r] = sum over k of w[r, k] * x[b, k]   (+ bias[r])
//
// f32, f16 and bf16 weights are widened exactly and multiplied with float32 activations. Sums run
// over chunks of 256 columns, in order; a chunk is two sums, of its even and of its odd columns,
// each in order, every product and addition rounded once (fused) where the processor can. q8_0 and
// q4_0 weights are multiplied with activations of 8 bits (quantisedrows.h); the products of a block
// of 32 are summed as integers, exactly, and the blocks' sums in order.
//
// So a row of x gives the same bits whatever other rows are computed with it, in however many
// ranges the panels are shared out, on every processor with fused multiply-adds. Sources:
// speed.md's measurements for the interleave of 16 rows; Goto and van de Geijn (2008) for the
// blocking.
#pragma once

#include "kernels/packedmatrix.h"
#include "kernels/quantisedrows.h"

#include <cstdint>

namespace halftone::cpu {

/// One product. Everything is the caller's and must not overlap y.
struct Product
{
    const PackedMatrix& weights;
    const float* x = nullptr; // [count, columns], for weights that are not quantised
    const QuantisedRows* quantised = nullptr; // of `count` rows, for weights that are
    std::int64_t count = 1;                   // rows of x
    const float* bias = nullptr;              // [rows], or null
    float* y = nullptr;                       // [count, stride], the first `rows` of each written
    std::int64_t stride = 0;                  // at least the weights' rows
};

/// Rows of panels [begin, end) of the weights, 16 a panel (PackedMatrix::panels()). Any thread;
/// ranges that do not overlap may be computed at once.
void multiplyPanels(const Product&, std::int64_t begin, std::int64_t end);

/// Whether this processor multiplies pairs of bf16 (vdpbf16ps).
[[nodiscard]] bool multipliesBfloat16();

/// The same with x rounded to bf16, for bf16 weights where multipliesBfloat16(), at about twice the
/// speed where arithmetic is the limit; elsewhere it is multiplyPanels(). For prefill: one row
/// gains nothing, since reading the weights is the limit there.
///
/// A row has the same bits whoever else is computed, but other ones than multiplyPanels() gives, by
/// up to 2^-8 of sum |w| |x|. Whoever needs a token's hidden state to be the same whether it was
/// read or decoded has to keep to one of the two.
void multiplyPanelsRounded(const Product&, std::int64_t begin, std::int64_t end);

} // namespace halftone::cpu
