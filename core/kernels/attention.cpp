#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cpp"
#include <hwy/foreach_target.h>

#include "kernels/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

constexpr std::int64_t blockRows = 64;   // a multiple of 16
constexpr std::int64_t mostQueries = 16; // that meet a block before the next is read
constexpr std::int64_t scoredRows = 4;   // rows whose scores are summed across lanes together
constexpr auto step = static_cast<std::int64_t>(partLanes);
#if HWY_TARGET <= HWY_AVX3
constexpr std::int64_t mostHeads = 4; // of one group, that share a reading of keys and values
#else
constexpr std::int64_t mostHeads = 2;
#endif

// A vector of a row's values, as the cache has them.
struct F32Cache
{
    using Element = float;
    static HWY_INLINE Floats load(const Element* x) { return hn::LoadU(floats, x); }
};

struct F16Cache
{
    using Element = std::uint16_t;
    static HWY_INLINE Floats load(const Element* x)
    {
        return hn::PromoteTo(floats, hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(x)));
    }
};

struct BF16Cache
{
    using Element = std::uint16_t;
    static HWY_INLINE Floats load(const Element* x)
    {
        const hn::Rebind<std::uint16_t, FloatTag> upperHalves;
        const auto upper = hn::PromoteTo(words, hn::LoadU(upperHalves, x));
        return hn::BitCast(floats, hn::ShiftLeft<16>(upper));
    }
};

/// With `count` below partLanes, zeros follow and nothing is read beyond.
template <class Cache>
HWY_INLINE Floats loadFloats(const typename Cache::Element* x, std::int64_t count)
{
    if (count >= step)
        return Cache::load(x);
    typename Cache::Element lanes[partLanes] = {};
    std::memcpy(lanes, x, static_cast<std::size_t>(count) * sizeof lanes[0]);
    return Cache::load(lanes);
}

/// The first `count` lanes, all where there are fewer.
HWY_INLINE void storeFloats(Floats x, std::int64_t count, float* out)
{
    if (count >= step)
        return hn::StoreU(x, floats, out);
    alignas(64) float lanes[partLanes];
    hn::Store(x, floats, lanes);
    std::memcpy(out, lanes, static_cast<std::size_t>(count) * sizeof lanes[0]);
}

#if HWY_TARGET != HWY_SCALAR
/// out[i] = the sum of lanes i, 4 + i, 8 + i, …: halves onto each other.
template <class Tag>
HWY_INLINE void storeQuads(Tag tag, hn::Vec<Tag> x, float* out)
{
    if constexpr (hn::MaxLanes(Tag()) <= 4) {
        hn::StoreU(x, tag, out);
    } else {
        const hn::Half<Tag> half;
        storeQuads(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)), out);
    }
}
#endif

/// out[i] = the sum of x[i]'s lanes.
HWY_INLINE void sumLanes(const Floats* x, float* out)
{
#if HWY_TARGET == HWY_SCALAR
    for (std::int64_t i = 0; i < scoredRows; ++i)
        out[i] = hn::GetLane(x[i]);
#else
    // Within each 128 bits: lanes 0 and 1 onto 2 and 3, the four vectors side by side.
    const hn::Repartition<double, FloatTag> pairs;
    const Floats ab =
        hn::Add(hn::InterleaveLower(floats, x[0], x[1]), hn::InterleaveUpper(floats, x[0], x[1]));
    const Floats cd =
        hn::Add(hn::InterleaveLower(floats, x[2], x[3]), hn::InterleaveUpper(floats, x[2], x[3]));
    const auto abPairs = hn::BitCast(pairs, ab);
    const auto cdPairs = hn::BitCast(pairs, cd);
    const Floats four = hn::Add(hn::BitCast(floats, hn::InterleaveLower(pairs, abPairs, cdPairs)),
                                hn::BitCast(floats, hn::InterleaveUpper(pairs, abPairs, cdPairs)));
    storeQuads(floats, four, out);
#endif
}

/// One block of rows of one kv head.
template <class Cache>
struct Block
{
    const Attention& a;
    const typename Cache::Element* keys;
    const typename Cache::Element* values;
    std::int64_t rows;

    [[nodiscard]] HWY_INLINE std::int64_t stride() const { return a.kvHeads * a.headDim; }

    /// scores[h][j] for all rows, minus infinity behind the last.
    template <std::size_t heads>
    HWY_INLINE void score(const float* query, float (*scores)[blockRows]) const
    {
        for (std::int64_t row = 0; row < rows; row += scoredRows) {
            // Behind the last row, the last again.
            const typename Cache::Element* key[scoredRows];
            for (std::int64_t i = 0; i < scoredRows; ++i)
                key[i] = keys + std::min(row + i, rows - 1) * stride();
            Floats sums[heads][scoredRows];
            HWY_UNROLL(4)
            for (std::size_t h = 0; h < heads; ++h)
                HWY_UNROLL(4)
            for (std::int64_t i = 0; i < scoredRows; ++i)
                sums[h][i] = hn::Zero(floats);
            for (std::int64_t k = 0; k < a.headDim; k += step) {
                const std::int64_t count = a.headDim - k;
                Floats part[scoredRows];
                HWY_UNROLL(4)
                for (std::int64_t i = 0; i < scoredRows; ++i)
                    part[i] = loadFloats<Cache>(key[i] + k, count);
                HWY_UNROLL(4)
                for (std::size_t h = 0; h < heads; ++h) {
                    const Floats q = loadFloats<F32Cache>(
                        query + static_cast<std::int64_t>(h) * a.headDim + k, count);
                    HWY_UNROLL(4)
                    for (std::int64_t i = 0; i < scoredRows; ++i)
                        sums[h][i] = hn::MulAdd(q, part[i], sums[h][i]);
                }
            }
            HWY_UNROLL(4)
            for (std::size_t h = 0; h < heads; ++h)
                sumLanes(sums[h], scores[h] + row);
        }
        for (std::size_t h = 0; h < heads; ++h) {
            std::fill(scores[h] + rows, scores[h] + blockRows,
                      -std::numeric_limits<float>::infinity());
            for (std::int64_t row = 0; row < blockRows; row += step)
                hn::StoreU(hn::Mul(hn::LoadU(floats, scores[h] + row), spread(a.scale)), floats,
                           scores[h] + row);
        }
    }

    /// out[h] = out[h] * kept[h] + sum over rows of weights[h][j] * values[j]
    template <std::size_t heads>
    HWY_INLINE void gather(const float (*weights)[blockRows], const float* kept, float* out) const
    {
        for (std::int64_t k = 0; k < a.headDim; k += step) {
            const std::int64_t count = std::min(step, a.headDim - k);
            Floats sums[heads];
            HWY_UNROLL(4)
            for (std::size_t h = 0; h < heads; ++h)
                sums[h] = hn::Mul(
                    loadFloats<F32Cache>(out + static_cast<std::int64_t>(h) * a.headDim + k, count),
                    spread(kept[h]));
            for (std::int64_t row = 0; row < rows; ++row) {
                const Floats value = loadFloats<Cache>(values + row * stride() + k, count);
                HWY_UNROLL(4)
                for (std::size_t h = 0; h < heads; ++h)
                    sums[h] = hn::MulAdd(value, spread(weights[h][row]), sums[h]);
            }
            // Unrolled, too: the sums would lie in memory all along otherwise.
            HWY_UNROLL(4)
            for (std::size_t h = 0; h < heads; ++h)
                storeFloats(sums[h], count, out + static_cast<std::int64_t>(h) * a.headDim + k);
        }
    }
};

HWY_INLINE float highestOf(const float* scores)
{
    Floats highest = hn::LoadU(floats, scores);
    for (std::int64_t i = step; i < blockRows; i += step)
        highest = hn::Max(highest, hn::LoadU(floats, scores + i));
    return hn::GetLane(hn::MaxOfLanes(floats, highest));
}

/// scores = exp(scores - maximum); returns their sum.
HWY_INLINE float exponentiate(float* scores, float maximum)
{
    Sixteen sum = zeros();
    for (std::size_t i = 0; i < blockRows; i += laneCount) {
        const Sixteen weights = expOf(subtract(load(scores + i), spread(maximum)));
        store(weights, scores + i);
        sum = add(sum, weights);
    }
    return total(sum);
}

/// What some heads of one query have come to.
template <std::size_t heads>
struct Softmax
{
    float maximum[heads];
    double sum[heads];

    HWY_INLINE void clear()
    {
        std::fill_n(maximum, heads, -std::numeric_limits<float>::infinity());
        std::fill_n(sum, heads, 0.0);
    }

    /// Adds a block to the sums and to `out`, [heads, headDim].
    template <class Cache>
    HWY_INLINE void add(const Block<Cache>& block, const float* query, float* out)
    {
        alignas(64) float scores[heads][blockRows];
        float kept[heads];
        block.template score<heads>(query, scores);
        for (std::size_t h = 0; h < heads; ++h) {
            const float highest = std::max(maximum[h], highestOf(scores[h]));
            kept[h] = sum[h] == 0 ? 0.0F : std::exp(maximum[h] - highest);
            maximum[h] = highest;
            const float added = exponentiate(scores[h], highest);
            sum[h] = sum[h] * static_cast<double>(kept[h]) + static_cast<double>(added);
        }
        block.template gather<heads>(scores, kept, out);
    }
};

/// `heads` heads from `head` on, of one kv head, of `count` queries from `first` on.
template <class Cache, std::size_t heads>
HWY_NOINLINE void attendTogether(const Attention& a, const float* query, std::int64_t first,
                                 std::int64_t count, std::int64_t head, float* out)
{
    const std::int64_t stride = a.kvHeads * a.headDim;
    const std::int64_t offset = head / a.group * a.headDim;
    const auto* const keys = static_cast<const typename Cache::Element*>(a.keys) + offset;
    const auto* const values = static_cast<const typename Cache::Element*>(a.values) + offset;
    const std::int64_t width = a.group * stride; // of a query
    query += first * width + head * a.headDim;
    out += first * width + head * a.headDim;
    const std::int64_t seenByFirst = a.rows - a.queries + first + 1;
    Softmax<heads> softmax[mostQueries];
    for (std::int64_t q = 0; q < count; ++q) {
        softmax[q].clear();
        std::fill_n(out + q * width, static_cast<std::int64_t>(heads) * a.headDim, 0.0F);
    }
    for (std::int64_t row = 0; row < seenByFirst + count - 1; row += blockRows)
        for (std::int64_t q = std::max<std::int64_t>(0, row - seenByFirst + 1); q < count; ++q) {
            const Block<Cache> block{.a = a,
                                     .keys = keys + row * stride,
                                     .values = values + row * stride,
                                     .rows = std::min(blockRows, seenByFirst + q - row)};
            softmax[q].add(block, query + q * width, out + q * width);
        }
    for (std::int64_t q = 0; q < count; ++q)
        for (std::size_t h = 0; h < heads; ++h) {
            const auto factor = static_cast<float>(1.0 / softmax[q].sum[h]);
            float* const result = out + q * width + static_cast<std::int64_t>(h) * a.headDim;
            for (std::int64_t k = 0; k < a.headDim; ++k)
                result[k] *= factor;
        }
}

/// The same of all queries.
template <class Cache, std::size_t heads>
void attendAll(const Attention& a, const float* query, std::int64_t head, float* out)
{
    for (std::int64_t first = 0; first < a.queries; first += mostQueries)
        attendTogether<Cache, heads>(a, query, first, std::min(mostQueries, a.queries - first),
                                     head, out);
}

template <class Cache>
void attendIn(const Attention& a, const float* query, std::int64_t begin, std::int64_t end,
              float* out)
{
    while (begin < end) {
        const std::int64_t inGroup = a.group - begin % a.group;
        const std::int64_t together = std::min({mostHeads, inGroup, end - begin});
        if constexpr (mostHeads >= 4) {
            if (together == 4)
                attendAll<Cache, 4>(a, query, begin, out);
            else if (together == 3)
                attendAll<Cache, 3>(a, query, begin, out);
        }
        if (together == 2)
            attendAll<Cache, 2>(a, query, begin, out);
        else if (together == 1)
            attendAll<Cache, 1>(a, query, begin, out);
        begin += together;
    }
}

void attendCache(const Attention& a, const float* query, std::int64_t begin, std::int64_t end,
                 float* out)
{
    if (a.type == WeightType::F32)
        attendIn<F32Cache>(a, query, begin, end, out);
    else if (a.type == WeightType::F16)
        attendIn<F16Cache>(a, query, begin, end, out);
    else
        attendIn<BF16Cache>(a, query, begin, end, out);
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {

HWY_EXPORT(attendCache);

void attendHeads(const Attention& attention, const float* query, std::int64_t begin,
                 std::int64_t end, float* out)
{
    HWY_DYNAMIC_DISPATCH(attendCache)(attention, query, begin, end, out);
}

} // namespace halftone::cpu
#endif
