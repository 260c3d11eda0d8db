// Products of q8_0 and q4_0 weights with rows of int8. Four products at once are summed to an
// integer in each lane: vpdpbusd where there is VNNI, vpmaddubsw before it, plain loops elsewhere.
#include "kernels/blockformat_p.h"
#include "kernels/tiles_p.h"

#include <cstddef>
#include <cstring>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/quantmatmul.cpp"
#include <hwy/foreach_target.h>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#pragma GCC target("avx512vnni") // Highway 1.0.3 checks for it and forgets to allow it
#endif
namespace halftone::cpu::HWY_NAMESPACE {

using IntTag = hn::Rebind<std::int32_t, FloatTag>;
constexpr std::size_t quads = quantBlock / 4; // groups of four columns in a block
constexpr std::size_t quadBytes = laneCount * 4;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
constexpr std::size_t mostTogether = 12;
#elif HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2
constexpr std::size_t mostTogether = 2;
#else
constexpr std::size_t mostTogether = 1;
#endif

// Ints: an integer for each of 16 rows, all of which start as start(sum), where `sum` is minus the
// sum of the block's activations. Columns 4i to 4i + 3 of the block are added by
// add(Q8 or Q4::quad(block, i), x), x the four activations.

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

using Bytes = __m512i;

struct Ints
{
    __m512i sums;
    HWY_INLINE Sixteen toFloats() const
    {
        Sixteen out;
        out.part[0] = Floats{_mm512_cvtepi32_ps(sums)};
        return out;
    }
};

HWY_INLINE __m512i spreadQuad(const std::int8_t* x)
{
    std::int32_t quad = 0;
    std::memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
}

struct Q4
{
    static constexpr std::size_t blockBytes = q4BlockBytes;
    static constexpr std::size_t prefetchedRows = 5;
    /// 0 to 15, 8 too much: that much of the activations' sum is taken off at the start.
    static HWY_INLINE Bytes quad(const std::byte* values, std::size_t i)
    {
        const __m512i both = _mm512_loadu_si512(values + i % (quads / 2) * quadBytes);
        return _mm512_and_si512(i < quads / 2 ? both : _mm512_srli_epi16(both, 4),
                                _mm512_set1_epi8(15));
    }
    static HWY_INLINE Ints start(const std::int32_t* negatedSum)
    {
        return {_mm512_slli_epi32(_mm512_set1_epi32(*negatedSum), 3)};
    }
    static HWY_INLINE void add(Ints& ints, Bytes weights, const std::int8_t* x)
    {
#if HWY_TARGET <= HWY_AVX3_DL
        ints.sums = _mm512_dpbusd_epi32(ints.sums, weights, spreadQuad(x));
#else
        const __m512i pairs = _mm512_maddubs_epi16(weights, spreadQuad(x));
        ints.sums = _mm512_add_epi32(ints.sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#endif
    }
};

struct Q8
{
    static constexpr std::size_t blockBytes = q8BlockBytes;
    static constexpr std::size_t prefetchedRows = 6;
    static HWY_INLINE Bytes quad(const std::byte* values, std::size_t i)
    {
        const __m512i weights = _mm512_loadu_si512(values + i * quadBytes);
#if HWY_TARGET <= HWY_AVX3_DL
        return _mm512_xor_si512(weights, _mm512_set1_epi8(-128)); // 128 too much, and unsigned
#else
        return weights;
#endif
    }
    static HWY_INLINE Ints start([[maybe_unused]] const std::int32_t* negatedSum)
    {
#if HWY_TARGET <= HWY_AVX3_DL
        return {_mm512_slli_epi32(_mm512_set1_epi32(*negatedSum), 7)};
#else
        return {_mm512_setzero_si512()};
#endif
    }
    static HWY_INLINE void add(Ints& ints, Bytes weights, const std::int8_t* x)
    {
#if HWY_TARGET <= HWY_AVX3_DL
        ints.sums = _mm512_dpbusd_epi32(ints.sums, weights, spreadQuad(x));
#else
        // One factor must be unsigned: the weight's sign goes over to the activation.
        const __m512i four = spreadQuad(x);
        const __m512i turned =
            _mm512_mask_sub_epi8(four, _mm512_movepi8_mask(weights), _mm512_setzero_si512(), four);
        const __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(weights), turned);
        ints.sums = _mm512_add_epi32(ints.sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#endif
    }
};

#elif HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2

struct Bytes
{
    __m256i half[2];
};

struct Ints
{
    __m256i half[2];
    HWY_INLINE Sixteen toFloats() const
    {
        Sixteen out;
        for (std::size_t i = 0; i < 2; ++i)
            out.part[i] = Floats{_mm256_cvtepi32_ps(half[i])};
        return out;
    }
};

HWY_INLINE __m256i spreadQuad(const std::int8_t* x)
{
    std::int32_t quad = 0;
    std::memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi32(quad);
}

HWY_INLINE __m256i loadHalf(const std::byte* from)
{
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

HWY_INLINE void addPairs(__m256i& sums, __m256i pairs)
{
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

struct Q4
{
    static constexpr std::size_t blockBytes = q4BlockBytes;
    static constexpr std::size_t prefetchedRows = 5;
    static HWY_INLINE Bytes quad(const std::byte* values, std::size_t i)
    {
        Bytes out;
        for (std::size_t h = 0; h < 2; ++h) {
            const __m256i both =
                loadHalf(values + i % (quads / 2) * quadBytes + h * (quadBytes / 2));
            out.half[h] = _mm256_and_si256(i < quads / 2 ? both : _mm256_srli_epi16(both, 4),
                                           _mm256_set1_epi8(15));
        }
        return out;
    }
    static HWY_INLINE Ints start(const std::int32_t* negatedSum)
    {
        const __m256i sum = _mm256_slli_epi32(_mm256_set1_epi32(*negatedSum), 3);
        return {{sum, sum}};
    }
    static HWY_INLINE void add(Ints& ints, const Bytes& weights, const std::int8_t* x)
    {
        for (std::size_t h = 0; h < 2; ++h)
            addPairs(ints.half[h], _mm256_maddubs_epi16(weights.half[h], spreadQuad(x)));
    }
};

struct Q8
{
    static constexpr std::size_t blockBytes = q8BlockBytes;
    static constexpr std::size_t prefetchedRows = 6;
    static HWY_INLINE Bytes quad(const std::byte* values, std::size_t i)
    {
        return {
            {loadHalf(values + i * quadBytes), loadHalf(values + i * quadBytes + quadBytes / 2)}};
    }
    static HWY_INLINE Ints start(const std::int32_t* /*negatedSum*/)
    {
        return {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
    }
    static HWY_INLINE void add(Ints& ints, const Bytes& weights, const std::int8_t* x)
    {
        // One factor must be unsigned: the weight's sign goes over to the activation.
        for (std::size_t h = 0; h < 2; ++h)
            addPairs(ints.half[h],
                     _mm256_maddubs_epi16(_mm256_abs_epi8(weights.half[h]),
                                          _mm256_sign_epi8(spreadQuad(x), weights.half[h])));
    }
};

#else

struct Bytes
{
    std::int8_t weights[quadBytes];
};

struct Ints
{
    std::int32_t sums[laneCount];
    HWY_INLINE Sixteen toFloats() const
    {
        Sixteen out;
        for (std::size_t i = 0; i < parts; ++i)
            out.part[i] = hn::ConvertTo(floats, hn::LoadU(IntTag(), sums + i * partLanes));
        return out;
    }
};

HWY_INLINE void addProducts(Ints& ints, const Bytes& weights, const std::int8_t* x)
{
    for (std::size_t r = 0; r < laneCount; ++r)
        for (std::size_t j = 0; j < 4; ++j)
            ints.sums[r] += std::int32_t{weights.weights[r * 4 + j]} * std::int32_t{x[j]};
}

struct Q4
{
    static constexpr std::size_t blockBytes = q4BlockBytes;
    static constexpr std::size_t prefetchedRows = 5;
    static HWY_INLINE Bytes quad(const std::byte* values, std::size_t i)
    {
        const std::byte* const from = values + i % (quads / 2) * quadBytes;
        Bytes out;
        for (std::size_t k = 0; k < quadBytes; ++k) {
            const auto both = std::to_integer<unsigned>(from[k]);
            out.weights[k] = static_cast<std::int8_t>(
                static_cast<int>(i < quads / 2 ? both & 15U : both >> 4U) - 8);
        }
        return out;
    }
    static HWY_INLINE Ints start(const std::int32_t* /*negatedSum*/) { return {}; }
    static HWY_INLINE void add(Ints& ints, const Bytes& weights, const std::int8_t* x)
    {
        addProducts(ints, weights, x);
    }
};

struct Q8
{
    static constexpr std::size_t blockBytes = q8BlockBytes;
    static constexpr std::size_t prefetchedRows = 6;
    static HWY_INLINE Bytes quad(const std::byte* values, std::size_t i)
    {
        Bytes out;
        std::memcpy(out.weights, values + i * quadBytes, quadBytes);
        return out;
    }
    static HWY_INLINE Ints start(const std::int32_t* /*negatedSum*/) { return {}; }
    static HWY_INLINE void add(Ints& ints, const Bytes& weights, const std::int8_t* x)
    {
        addProducts(ints, weights, x);
    }
};

#endif

/// One panel with rows [b, b + rows) of x.
template <class Weights, std::size_t rows>
HWY_NOINLINE void multiplyTile(const Product& p, std::int64_t panel, std::int64_t b)
{
    const QuantisedRows& x = *p.quantised;
    const std::int64_t blocks = p.weights.columns() / quantBlock;
    const std::byte* block = p.weights.panel(panel);
    Sixteen sums[rows];
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < rows; ++i)
        sums[i] = zeros();
    for (std::int64_t at = 0; at < blocks; ++at, block += Weights::blockBytes) {
        const std::int8_t* const values = x.values(at, b);
        const float* const scales = x.scales(at, b);
        const std::int32_t* const negatedSums = x.negatedSums(at, b);
        prefetchWeights<(rows >= Weights::prefetchedRows)>(block + prefetchDistance,
                                                           Weights::blockBytes);
        Ints ints[rows];
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < rows; ++i)
            ints[i] = Weights::start(negatedSums + i);
        HWY_UNROLL(8)
        for (std::size_t quad = 0; quad < quads; ++quad) {
            const Bytes weights = Weights::quad(block + blockScaleBytes, quad);
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < rows; ++i)
                Weights::add(ints[i], weights, values + i * quantBlock + quad * 4);
        }
        const Sixteen weightScales = loadHalves(block);
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < rows; ++i)
            sums[i] =
                multiplyAdd(ints[i].toFloats(), multiply(weightScales, spread(scales[i])), sums[i]);
    }
    const std::int64_t row = panel * panelRows;
    const std::int64_t used = rowsOfPanel(p.weights, panel);
    for (std::size_t i = 0; i < rows; ++i) {
        float* const y = p.y + (b + static_cast<std::int64_t>(i)) * p.stride + row;
        alignas(64) float lanes[laneCount];
        store(sums[i], lanes);
        for (std::int64_t r = 0; r < used; ++r)
            y[r] = p.bias != nullptr ? lanes[r] + p.bias[row + r] : lanes[r];
    }
}

template <class Weights>
void multiplyWith(const Product& p, std::int64_t begin, std::int64_t end)
{
    for (std::int64_t panel = begin; panel < end; ++panel)
        overTiles<mostTogether>(p.count, [&]<std::size_t rows>(std::int64_t first) HWY_ATTR {
            multiplyTile<Weights, rows>(p, panel, first);
        });
}

void multiplyBlocks(const Product& p, std::int64_t begin, std::int64_t end)
{
    if (p.weights.type() == WeightType::Q8_0)
        multiplyWith<Q8>(p, begin, end);
    else
        multiplyWith<Q4>(p, begin, end);
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {

HWY_EXPORT(multiplyBlocks);

void multiplyQuantisedPanels(const Product& product, std::int64_t begin, std::int64_t end)
{
    HWY_DYNAMIC_DISPATCH(multiplyBlocks)(product, begin, end);
}

} // namespace halftone::cpu
#endif
