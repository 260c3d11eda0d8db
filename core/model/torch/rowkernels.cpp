#include "model/torch/rowkernels_p.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace halftone::kernels {

namespace {

// What every x86-64 and every 64-bit Arm has. Weights stream from memory no faster than these take
// them in.
using Vector = float __attribute__((vector_size(16)));
constexpr std::int64_t vectorSize = 4;
constexpr std::int64_t sums = 4; // independent ones, to hide the latency of an addition

// The four vectors of a sum's lanes as one: what wider processors do at once.
using Lanes = float __attribute__((vector_size(64)));
using Lanes8 = float __attribute__((vector_size(32)));
constexpr std::int64_t laneCount = 16;
constexpr std::size_t together = 4; // rows of x that share one reading of a row of weights

Vector load(const float* x)
{
    Vector v;
    std::memcpy(&v, x, sizeof v);
    return v;
}

// Multiplications below which one thread is quicker than waking another (about 100 us of work).
constexpr std::int64_t parallelWork = 512 * 1024;

/// Calls f(begin, end) for parts of [0, n), on several threads when `work` in all is large.
template <class F>
void share(std::int64_t n, std::int64_t work, const F& f)
{
    if (work < parallelWork || n < 2) {
        f(std::int64_t{0}, n);
        return;
    }
    const std::int64_t grain = std::max<std::int64_t>(1, n * (parallelWork / 4) / work);
    at::parallel_for(0, n, grain, f);
}

/// Heads [begin, end). Rows come one after another, all heads of a row together, so that keys and
/// values stream from memory as they lie.
void attendHeads(const Attention& a, std::int64_t begin, std::int64_t end, const float* query,
                 float* scores, float* out)
{
    const std::int64_t stride = a.kvHeads * a.headDim;
    const float scaling = 1.0F / std::sqrt(static_cast<float>(a.headDim));
    for (std::int64_t row = 0; row < a.rows; ++row)
        for (std::int64_t head = begin; head < end; ++head)
            scores[head * a.rows + row] =
                dot(query + head * a.headDim,
                    a.keys + row * stride + head / a.group * a.headDim, a.headDim) *
                scaling;
    for (std::int64_t head = begin; head < end; ++head) {
        float* const own = scores + head * a.rows;
        const float largest = *std::max_element(own, own + a.rows);
        double sum = 0;
        for (std::int64_t row = 0; row < a.rows; ++row) {
            own[row] = std::exp(own[row] - largest);
            sum += static_cast<double>(own[row]);
        }
        const auto norm = static_cast<float>(1.0 / sum);
        for (std::int64_t row = 0; row < a.rows; ++row)
            own[row] *= norm;
    }
    std::fill(out + begin * a.headDim, out + end * a.headDim, 0.0F);
    for (std::int64_t row = 0; row < a.rows; ++row)
        for (std::int64_t head = begin; head < end; ++head)
            addScaled(scores[head * a.rows + row],
                      a.values + row * stride + head / a.group * a.headDim, a.headDim,
                      out + head * a.headDim);
}

} // namespace

float dot(const float* a, const float* b, std::int64_t n)
{
    std::array<Vector, sums> partial{};
    std::int64_t i = 0;
    for (; i + sums * vectorSize <= n; i += sums * vectorSize)
        for (std::size_t k = 0; k < sums; ++k) {
            const std::int64_t at = i + static_cast<std::int64_t>(k) * vectorSize;
            partial[k] += load(a + at) * load(b + at);
        }
    for (; i + vectorSize <= n; i += vectorSize)
        partial[0] += load(a + i) * load(b + i);
    const Vector v = (partial[0] + partial[2]) + (partial[1] + partial[3]);
    float sum = (v[0] + v[2]) + (v[1] + v[3]);
    for (; i < n; ++i)
        sum += a[i] * b[i];
    return sum;
}

namespace {

/// out[b] = dot(w, x[b, :]) for `together` rows of x, lane by lane as dot() sums. Inlined into one
/// function for each kind of processor.
[[gnu::always_inline]] inline void dotsInLanes(const float* w, const float* x, std::int64_t n,
                                               float* out)
{
    std::array<Lanes, together> partial{};
    std::int64_t i = 0;
    for (; i + laneCount <= n; i += laneCount) {
        Lanes weights;
        std::memcpy(&weights, w + i, sizeof weights);
#pragma GCC unroll 4
        for (std::size_t b = 0; b < together; ++b) {
            Lanes activations;
            std::memcpy(&activations, x + static_cast<std::int64_t>(b) * n + i, sizeof activations);
            partial[b] += weights * activations;
        }
    }
    std::array<Vector, together> v;
#pragma GCC unroll 4
    for (std::size_t b = 0; b < together; ++b) {
        const float* const row = x + static_cast<std::int64_t>(b) * n;
        std::array<Lanes8, 2> halves;
        std::memcpy(halves.data(), &partial[b], sizeof partial[b]);
        if (i + vectorSize <= n) {
            Vector quarter;
            std::memcpy(&quarter, &halves[0], sizeof quarter);
            for (std::int64_t at = i; at + vectorSize <= n; at += vectorSize)
                quarter += load(w + at) * load(row + at);
            std::memcpy(&halves[0], &quarter, sizeof quarter);
        }
        const Lanes8 pairs = halves[0] + halves[1];
        std::array<Vector, 2> quarters;
        std::memcpy(quarters.data(), &pairs, sizeof pairs);
        v[b] = quarters[0] + quarters[1];
    }
    // The four sums of four at once: turned so that lane b is row b's.
    const Vector low01 = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5);
    const Vector high01 = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
    const Vector low23 = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5);
    const Vector high23 = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);
    const Vector first = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
    const Vector second = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
    const Vector third = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
    const Vector fourth = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
    const Vector sums4 = (first + third) + (second + fourth);
    std::memcpy(out, &sums4, sizeof sums4);
    for (i = n - n % vectorSize; i < n; ++i)
        for (std::size_t b = 0; b < together; ++b)
            out[b] += w[i] * x[static_cast<std::int64_t>(b) * n + i];
}

void dotsAnywhere(const float* w, const float* x, std::int64_t n, float* out)
{
    dotsInLanes(w, x, n, out);
}

using Dots = void (*)(const float*, const float*, std::int64_t, float*);

#if defined(__x86_64__)
[[gnu::target("avx2")]] void dotsAvx2(const float* w, const float* x, std::int64_t n, float* out)
{
    dotsInLanes(w, x, n, out);
}
[[gnu::target("avx512f")]] void dotsAvx512(const float* w, const float* x, std::int64_t n,
                                           float* out)
{
    dotsInLanes(w, x, n, out);
}
Dots dotsForThisProcessor()
{
    if (__builtin_cpu_supports("avx512f"))
        return dotsAvx512;
    return __builtin_cpu_supports("avx2") ? dotsAvx2 : dotsAnywhere;
}
#else
Dots dotsForThisProcessor()
{
    return dotsAnywhere;
}
#endif

} // namespace

void matRows(const float* w, std::int64_t rows, std::int64_t columns, const float* x,
             std::int64_t count, const float* bias, float* y)
{
    static const Dots dots = dotsForThisProcessor();
    constexpr auto step = static_cast<std::int64_t>(together);
    // Few enough rows that they are still in the second-level cache for the next rows of x, while
    // those of x stay in the first.
    constexpr std::int64_t tile = 16;
    share(rows, rows * columns * count, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t first = begin; first < end; first += tile) {
            const std::int64_t last = std::min(end, first + tile);
            std::int64_t b = 0;
            for (; b + step <= count; b += step)
                for (std::int64_t row = first; row < last; ++row) {
                    std::array<float, together> products;
                    dots(w + row * columns, x + b * columns, columns, products.data());
                    for (std::size_t k = 0; k < together; ++k)
                        y[(b + static_cast<std::int64_t>(k)) * rows + row] =
                            products[k] + (bias != nullptr ? bias[row] : 0.0F);
                }
            for (; b < count; ++b)
                for (std::int64_t row = first; row < last; ++row)
                    y[b * rows + row] = dot(w + row * columns, x + b * columns, columns) +
                                        (bias != nullptr ? bias[row] : 0.0F);
        }
    });
}

void matVec(const float* w, std::int64_t rows, std::int64_t columns, const float* x,
            const float* bias, float* y)
{
    share(rows, rows * columns, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            y[row] = dot(w + row * columns, x, columns) + (bias != nullptr ? bias[row] : 0.0F);
    });
}

void add(float* y, const float* x, std::int64_t n)
{
    for (std::int64_t i = 0; i < n; ++i)
        y[i] += x[i];
}

void rmsNorm(const float* x, const float* weight, double epsilon, std::int64_t n, float* y)
{
    const double meanSquare = static_cast<double>(dot(x, x, n)) / static_cast<double>(n);
    const auto factor = static_cast<float>(1.0 / std::sqrt(meanSquare + epsilon));
    for (std::int64_t i = 0; i < n; ++i)
        y[i] = x[i] * factor * weight[i];
}

void rotate(float* x, std::int64_t heads, std::int64_t pairs, const float* cosines,
            const float* sines)
{
    for (std::int64_t head = 0; head < heads; ++head) {
        float* const first = x + head * 2 * pairs;
        float* const second = first + pairs;
        for (std::int64_t i = 0; i < pairs; ++i) {
            const float a = first[i];
            const float b = second[i];
            first[i] = a * cosines[i] - b * sines[i];
            second[i] = b * cosines[i] + a * sines[i];
        }
    }
}

void siluTimes(const float* gate, const float* up, std::int64_t n, float* y)
{
    for (std::int64_t i = 0; i < n; ++i)
        y[i] = gate[i] / (1.0F + std::exp(-gate[i])) * up[i];
}

void attend(const Attention& a, const float* query, float* scores, float* out)
{
    const std::int64_t heads = a.kvHeads * a.group;
    share(heads, heads * a.rows * a.headDim * 2, [&](std::int64_t begin, std::int64_t end) {
        attendHeads(a, begin, end, query, scores, out);
    });
}

void scale(float weight, const float* x, std::int64_t n, float* y)
{
    for (std::int64_t i = 0; i < n; ++i)
        y[i] = weight * x[i];
}

void addScaled(float weight, const float* x, std::int64_t n, float* y)
{
    for (std::int64_t i = 0; i < n; ++i)
        y[i] += weight * x[i];
}

} // namespace halftone::kernels
