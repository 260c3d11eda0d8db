// Products of bf16 weights with activations rounded to bf16, two at once (vdpbf16ps). Highway has
// no such operation, and its targets do not tell the processors apart that have it.
#include "kernels/tiles_p.h"

#include <algorithm>
#include <array>
#include <cstddef>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HALFTONE_BF16_PRODUCTS [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]]
#endif

namespace halftone::cpu {

#ifdef HALFTONE_BF16_PRODUCTS

namespace {

constexpr std::int64_t chunkColumns = 256;
constexpr std::int64_t gatheredRows = 192;
constexpr std::size_t chunkPairs = chunkColumns / 2;

using Gathered = std::array<std::uint32_t, gatheredRows * chunkPairs>; // pairs, as the weights'

/// Columns [k, k + width) of rows [b, b + count) of x, rounded to the nearest bf16.
HALFTONE_BF16_PRODUCTS
void gatherRounded(const Product& p, std::int64_t b, std::int64_t count, std::int64_t k,
                   std::int64_t width, Gathered& out)
{
    for (std::int64_t i = 0; i < count; ++i) {
        const float* const from = p.x + (b + i) * p.weights.columns() + k;
        std::uint32_t* const row = out.data() + static_cast<std::size_t>(i) * chunkPairs;
        for (std::int64_t at = 0; at < width; at += 16) {
            const auto lanes = static_cast<unsigned>(std::min<std::int64_t>(16, width - at));
            const auto mask = static_cast<__mmask16>((1U << lanes) - 1U);
            const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, from + at));
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + at / 2),
                                reinterpret_cast<__m256i>(rounded));
        }
    }
}

/// One chunk of one panel with `rows` gathered rows: added to, or the first of, what y holds.
template <std::size_t rows>
HALFTONE_BF16_PRODUCTS void
multiplyTile(const std::byte* weights, std::size_t pairs, std::size_t ahead, const std::uint32_t* x,
             bool first, const float* bias, __mmask16 used, float* y, std::int64_t stride)
{
    __m512 sums[rows];
#pragma GCC unroll 16
    for (std::size_t b = 0; b < rows; ++b)
        sums[b] = _mm512_setzero_ps();
    for (std::size_t pair = 0; pair < pairs; ++pair) {
        prefetchWeights<(rows >= 3)>(weights + ahead + pair * 64, 64);
        const auto both = reinterpret_cast<__m512bh>(_mm512_loadu_si512(weights + pair * 64));
#pragma GCC unroll 16
        for (std::size_t b = 0; b < rows; ++b)
            sums[b] = _mm512_dpbf16_ps(sums[b], both,
                                       reinterpret_cast<__m512bh>(_mm512_set1_epi32(
                                           static_cast<int>(x[b * chunkPairs + pair]))));
    }
#pragma GCC unroll 16
    for (std::size_t b = 0; b < rows; ++b) {
        float* const at = y + static_cast<std::int64_t>(b) * stride;
        __m512 sum = sums[b];
        if (!first)
            sum = _mm512_add_ps(_mm512_maskz_loadu_ps(used, at), sum);
        if (bias != nullptr)
            sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(used, bias));
        _mm512_mask_storeu_ps(at, used, sum);
    }
}

void multiplyRounded(const Product& p, std::int64_t begin, std::int64_t end)
{
    const std::int64_t columns = p.weights.columns();
    const std::size_t ahead = panelBytes(WeightType::BF16, columns); // the next panel
    alignas(64) Gathered gathered;
    for (std::int64_t b = 0; b < p.count; b += gatheredRows) {
        const std::int64_t count = std::min(gatheredRows, p.count - b);
        for (std::int64_t k = 0; k < columns; k += chunkColumns) {
            const std::int64_t width = std::min(chunkColumns, columns - k);
            const bool last = k + chunkColumns >= columns;
            gatherRounded(p, b, count, k, width, gathered);
            for (std::int64_t panel = begin; panel < end; ++panel) {
                const std::byte* const weights =
                    p.weights.panel(panel) + static_cast<std::size_t>(k) * panelRows * 2;
                const std::int64_t row = panel * panelRows;
                const auto used =
                    static_cast<__mmask16>((1U << rowsOfPanel(p.weights, panel)) - 1U);
                std::int64_t i = 0;
                const auto tiles = [&]<std::size_t rows>() {
                    for (; i + static_cast<std::int64_t>(rows) <= count;
                         i += static_cast<std::int64_t>(rows))
                        multiplyTile<rows>(
                            weights, static_cast<std::size_t>(width + 1) / 2, ahead,
                            gathered.data() + static_cast<std::size_t>(i) * chunkPairs, k == 0,
                            last && p.bias != nullptr ? p.bias + row : nullptr, used,
                            p.y + (b + i) * p.stride + row, p.stride);
                };
                tiles.template operator()<12>();
                tiles.template operator()<4>();
                tiles.template operator()<1>();
            }
        }
    }
}

} // namespace

bool multipliesBfloat16()
{
    static const bool can =
        __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl");
    return can;
}

#else

bool multipliesBfloat16()
{
    return false;
}

#endif

void multiplyPanelsRounded(const Product& product, std::int64_t begin, std::int64_t end)
{
#ifdef HALFTONE_BF16_PRODUCTS
    if (multipliesBfloat16() && product.weights.type() == WeightType::BF16)
        return multiplyRounded(product, begin, end);
#endif
    multiplyPanels(product, begin, end);
}

} // namespace halftone::cpu
