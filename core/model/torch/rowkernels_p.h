// The loops of one decode step, on plain float32 memory. One row of activations meets each weight
// once, so a step is bound by how fast weights stream from memory; a library call for each of some
// dozen tiny operations would cost more than the operations.
//
// Several generations that advance together share that one reading: each row of weights meets all
// their activations before the next row is read. The products are those of one generation alone, to
// the bit, so that it does not matter who else is in the batch.
//
// Sums run over fixed lanes in a fixed order and rows are shared out whole, so that results depend
// neither on the number of threads nor on where memory lies. Work is shared among
// at::set_num_threads threads when it is large enough to pay for waking them.
#pragma once

#include <cstdint>

namespace halftone::kernels {

/// Sum of a[i] * b[i].
[[nodiscard]] float dot(const float* a, const float* b, std::int64_t n);

/// y[r] = w[r, :] . x (+ bias[r]) for `rows` rows of `columns`; `bias` may be null.
void matVec(const float* w, std::int64_t rows, std::int64_t columns, const float* x,
            const float* bias, float* y);

/// y[b, r] = w[r, :] . x[b, :] (+ bias[r]) for `count` rows of x; each as matVec() has it, to the
/// bit.
void matRows(const float* w, std::int64_t rows, std::int64_t columns, const float* x,
             std::int64_t count, const float* bias, float* y);

/// y += x
void add(float* y, const float* x, std::int64_t n);

/// y = x / sqrt(mean(x^2) + epsilon) * weight; y may be x.
void rmsNorm(const float* x, const float* weight, double epsilon, std::int64_t n, float* y);

/// Turns `heads` heads of 2 * `pairs` values each by one position's angles (rope_p.h).
void rotate(float* x, std::int64_t heads, std::int64_t pairs, const float* cosines,
            const float* sines);

/// y = silu(gate) * up, silu(g) = g / (1 + exp(-g)); y may be either.
void siluTimes(const float* gate, const float* up, std::int64_t n, float* y);

/// What one query row attends to.
struct Attention
{
    const float* keys = nullptr;   // [rows, kvHeads, headDim], the first row seen
    const float* values = nullptr; // the same
    std::int64_t rows = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t group = 1; // query heads for each kv head
};
/// Softmax attention of kvHeads * group query heads, scores over sqrt(headDim). `scores` is room
/// for kvHeads * group * rows values.
void attend(const Attention&, const float* query, float* scores, float* out);

/// y = weight * x, or y += weight * x
void scale(float weight, const float* x, std::int64_t n, float* y);
void addScaled(float weight, const float* x, std::int64_t n, float* y);

} // namespace halftone::kernels
