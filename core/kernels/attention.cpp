#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cpp"
#include <hwy/foreach_target.h>

#include "kernels/cacheblock-inl.h"
#include "kernels/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

constexpr std::int64_t mostQueries = 16; // that meet a block before the next is read
constexpr std::int64_t mostHeads = 8;    // of one kv head, that share a reading of a block
constexpr std::int64_t mostSums = 512;   // heads of queries that share a reading of the cache
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t heldHeads = 8; // two vectors of each and what they are made of: 32 registers
#else
constexpr std::size_t heldHeads = 4;
#endif
using Line = float[side]; // of one head: part of a query, scores, weights

/// out[h] += sum over i of x[h][i] * factor.rows[i], in some vectors from `column` on.
template <std::size_t heads, std::size_t vectors>
HWY_INLINE void addColumns(const Line* x, const Factor& factor, std::int64_t column, float* out,
                           std::int64_t outStride, Ahead& ahead)
{
    const auto place = [&](std::size_t h, std::size_t v) {
        return out + static_cast<std::int64_t>(h) * outStride + column +
               static_cast<std::int64_t>(v) * step;
    };
    const std::int64_t count = vectors > 1 ? step : factor.columns - column; // of a vector
    Floats sums[heads][vectors];
    HWY_UNROLL(8)
    for (std::size_t h = 0; h < heads; ++h)
        HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v)
        sums[h][v] = loadFloats<F32Cache>(place(h, v), count);
    const float* row = factor.rows + column;
    for (std::int64_t i = 0; i < factor.count; ++i) {
        Floats part[vectors];
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < vectors; ++v)
            part[v] = hn::LoadU(floats, row + static_cast<std::int64_t>(v) * step);
        row += factor.stride;
        if (i % static_cast<std::int64_t>(parts) == 0) // as often with short vectors
            for (std::size_t v = 0; v < vectors; v += 2)
                ahead.fetch();
        HWY_UNROLL(8)
        for (std::size_t h = 0; h < heads; ++h) {
            const Floats each = spread(x[h][i]);
            HWY_UNROLL(4)
            for (std::size_t v = 0; v < vectors; ++v)
                sums[h][v] = hn::MulAdd(each, part[v], sums[h][v]);
        }
    }
    // Unrolled, too: the sums would lie in memory all along otherwise.
    HWY_UNROLL(8)
    for (std::size_t h = 0; h < heads; ++h)
        HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v)
        storeFloats(sums[h][v], count, place(h, v));
}

/// In all columns.
template <std::size_t heads>
HWY_NOINLINE void addProductsOf(const Line* x, const Factor& factor, float* out,
                                std::int64_t outStride, Ahead& ahead)
{
    // Sums of as many as keep the processor's multipliers busy.
    constexpr std::size_t vectors = heads <= heldHeads / 2 ? 4 : 2;
    constexpr std::int64_t together = vectors * partLanes;
    std::int64_t column = 0;
    for (; column + together <= factor.columns; column += together)
        addColumns<heads, vectors>(x, factor, column, out, outStride, ahead);
    for (; column < factor.columns; column += step)
        addColumns<heads, 1>(x, factor, column, out, outStride, ahead);
}

/// Of any number of heads.
template <std::size_t held = heldHeads>
HWY_INLINE void addProducts(std::int64_t heads, const Line* x, const Factor& factor, float* out,
                            std::int64_t outStride, Ahead& ahead)
{
    constexpr auto count = static_cast<std::int64_t>(held);
    for (; heads >= count; heads -= count) {
        addProductsOf<held>(x, factor, out, outStride, ahead);
        x += count;
        out += count * outStride;
    }
    if constexpr (held > 1)
        addProducts<held - 1>(heads, x, factor, out, outStride, ahead);
}

/// exp of y, which is at most 0 or no number. Below e^-87 is nothing.
HWY_INLINE Sixteen weightsOf(const Sixteen& y)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i) {
        const Floats power = expOfNegative(y.part[i]);
        const Floats small = hn::IfThenZeroElse(hn::Lt(y.part[i], spread(-87.0F)), power);
        out.part[i] = hn::IfThenElse(hn::Eq(y.part[i], y.part[i]), small, y.part[i]);
    }
    return out;
}

HWY_INLINE float sumOf(const Sixteen& x)
{
    Floats sum = x.part[0];
    HWY_UNROLL(16)
    for (std::size_t i = 1; i < parts; ++i)
        sum = hn::Add(sum, x.part[i]);
    return hn::GetLane(hn::SumOfLanes(floats, sum));
}

/// What a head of a query has come to, beside its part of the result.
struct Softmax
{
    float maximum = -std::numeric_limits<float>::infinity();
    double sum = 0;

    /// Makes weights of a block's scores; returns what the result so far is to be multiplied with.
    HWY_INLINE float weigh(float* scores, std::int64_t rows, Ahead& ahead)
    {
        std::fill(scores + rows, scores + side, -std::numeric_limits<float>::infinity());
        Floats highest = spread(maximum);
        for (std::int64_t i = 0; i < side; i += step)
            highest = hn::Max(highest, hn::LoadU(floats, scores + i));
        const float before = maximum;
        maximum = hn::GetLane(hn::MaxOfLanes(floats, highest));
        Sixteen added = zeros();
        for (std::size_t i = 0; i < side; i += laneCount) {
            const Sixteen weights = weightsOf(subtract(load(scores + i), spread(maximum)));
            store(weights, scores + i);
            added = add(added, weights);
            for (int line = 0; line < 4; ++line)
                ahead.fetch();
        }
        const float kept = before == maximum ? 1.0F : std::exp(before - maximum);
        sum = sum * static_cast<double>(kept) + static_cast<double>(sumOf(added));
        return kept;
    }
};

/// Some heads of queries that follow one another, no more than mostSums in all, over the cache.
/// Blocks of rows are the outermost loop, so that the cache is read once, in its order.
template <class Cache>
class Pass
{
public:
    /// Heads [begin, end) of `count` queries from `first` on; `query` and `out` are all queries'.
    Pass(const Attention& a, const float* query, std::int64_t first, std::int64_t count,
         std::int64_t begin, std::int64_t end, float* out)
        : m_a(a)
        , m_query(query + first * queryStride())
        , m_out(out + first * queryStride())
        , m_count(count)
        , m_begin(begin)
        , m_end(end)
        , m_seenByFirst(a.rows - a.queries + first + 1)
    {
    }
    void run()
    {
        for (std::int64_t q = 0; q < m_count; ++q)
            std::fill(result(q, m_begin), result(q, m_end), 0.0F);
        const std::int64_t seen = m_seenByFirst + m_count - 1;
        for (std::int64_t row = 0; row < seen; row += side) {
            Ahead ahead = fetching(row + side, std::min(side, seen - row - side));
            for (std::int64_t head = m_begin, heads = 0; head < m_end; head += heads) {
                heads = std::min({mostHeads, m_a.group - head % m_a.group, m_end - head});
                addBlock(row, std::min(side, seen - row), head, heads, ahead);
            }
        }
        for (std::int64_t q = 0; q < m_count; ++q)
            for (std::int64_t head = m_begin; head < m_end; ++head)
                scale(result(q, head), static_cast<float>(1.0 / softmax(q, head).sum));
    }

private:
    using Element = typename Cache::Element;

    [[nodiscard]] std::int64_t rowStride() const { return m_a.kvHeads * m_a.headDim; }
    [[nodiscard]] std::int64_t queryStride() const { return m_a.group * rowStride(); }
    [[nodiscard]] float* result(std::int64_t q, std::int64_t head)
    {
        return m_out + q * queryStride() + head * m_a.headDim;
    }
    [[nodiscard]] Softmax& softmax(std::int64_t q, std::int64_t head)
    {
        return m_softmax[q * (m_end - m_begin) + head - m_begin];
    }
    /// From a row on, what a head sees of keys or values.
    [[nodiscard]] const Element* at(const void* rows, std::int64_t row, std::int64_t head) const
    {
        return static_cast<const Element*>(rows) + row * rowStride() +
               head / m_a.group * m_a.headDim;
    }
    void scale(float* x, float factor) const
    {
        for (std::int64_t k = 0; k < m_a.headDim; ++k)
            x[k] *= factor;
    }
    /// Of the rows from `row` on, what this pass reads.
    [[nodiscard]] Ahead fetching(std::int64_t row, std::int64_t rows) const
    {
        if (rows <= 0)
            return {};
        constexpr std::int64_t size = sizeof(Element);
        const Element* const keys = at(m_a.keys, row, m_begin);
        const std::int64_t width = at(m_a.keys, row, m_end - 1) + m_a.headDim - keys;
        return {reinterpret_cast<const std::byte*>(keys),
                reinterpret_cast<const std::byte*>(at(m_a.values, row, m_begin)), rows,
                width * size, rowStride() * size};
    }
    /// Heads of one kv head. A query sees what lies before its own row, and that.
    void addBlock(std::int64_t row, std::int64_t rows, std::int64_t head, std::int64_t heads,
                  Ahead& ahead)
    {
        const Block<Cache> block{.keys = at(m_a.keys, row, head),
                                 .values = at(m_a.values, row, head),
                                 .stride = rowStride(),
                                 .headDim = m_a.headDim,
                                 .rows = rows};
        const std::int64_t first = std::max<std::int64_t>(0, row - m_seenByFirst + 1);
        const auto seenBy = [&](std::int64_t q) { return std::min(side, m_seenByFirst + q - row); };
        for (std::int64_t q = first; q < m_count; ++q)
            std::fill_n(m_scores[q][0], heads * side, 0.0F);
        for (std::int64_t k = 0; k < m_a.headDim; k += side) {
            const Factor keys = block.transposedKeys(k, m_room, ahead);
            for (std::int64_t q = first; q < m_count; ++q) {
                for (std::int64_t h = 0; h < heads; ++h) {
                    const float* const from =
                        m_query + q * queryStride() + (head + h) * m_a.headDim + k;
                    for (std::int64_t i = 0; i < keys.count; ++i)
                        m_scaled[h][i] = from[i] * m_a.scale;
                }
                addProducts(heads, m_scaled, keys, m_scores[q][0], side, ahead);
            }
        }
        for (std::int64_t q = first; q < m_count; ++q)
            for (std::int64_t h = 0; h < heads; ++h) {
                const float kept = softmax(q, head + h).weigh(m_scores[q][h], seenBy(q), ahead);
                if (kept != 1)
                    scale(result(q, head + h), kept);
            }
        for (std::int64_t k = 0; k < m_a.headDim; k += side) {
            Factor values = block.floatValues(k, m_room);
            for (std::int64_t q = first; q < m_count; ++q) {
                values.count = seenBy(q);
                addProducts(heads, m_scores[q], values, result(q, head) + k, m_a.headDim, ahead);
            }
        }
    }

    const Attention& m_a;
    const float* m_query;
    float* m_out;
    std::int64_t m_count;
    std::int64_t m_begin;
    std::int64_t m_end;
    std::int64_t m_seenByFirst;
    Softmax m_softmax[mostSums];
    alignas(64) float m_room[side * side];
    alignas(64) Line m_scaled[mostHeads];
    alignas(64) Line m_scores[mostQueries][mostHeads];
};

template <class Cache>
HWY_NOINLINE void attendIn(const Attention& a, const float* query, std::int64_t begin,
                           std::int64_t end, float* out)
{
    for (std::int64_t first = 0; first < a.queries; first += mostQueries) {
        const std::int64_t count = std::min(mostQueries, a.queries - first);
        const std::int64_t heads = mostSums / count;
        for (std::int64_t head = begin; head < end; head += heads)
            Pass<Cache>(a, query, first, count, head, std::min(end, head + heads), out).run();
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
