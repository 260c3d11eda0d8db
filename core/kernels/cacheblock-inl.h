// A block of a KV cache's rows as float32 that attention multiplies with, and the fetching of the
// next from memory. Included once for each target, after hwy/foreach_target.h.
#if defined(HALFTONE_KERNELS_CACHEBLOCK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HALFTONE_KERNELS_CACHEBLOCK_INL_H
#undef HALFTONE_KERNELS_CACHEBLOCK_INL_H
#else
#define HALFTONE_KERNELS_CACHEBLOCK_INL_H
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

constexpr std::int64_t side = 64; // rows of a block, and as many of headDim at a time
constexpr auto step = static_cast<std::int64_t>(partLanes);

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

/// x[i]'s lane k to x[k]'s lane i.
HWY_INLINE void transpose([[maybe_unused]] Floats (&x)[partLanes])
{
#if HWY_TARGET != HWY_SCALAR
    // Within each 128 bits first, 4 x 4; then these as wholes.
    const hn::Repartition<double, FloatTag> pairs;
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < partLanes; i += 4) {
        const auto lower01 = hn::BitCast(pairs, hn::InterleaveLower(floats, x[i], x[i + 1]));
        const auto upper01 = hn::BitCast(pairs, hn::InterleaveUpper(floats, x[i], x[i + 1]));
        const auto lower23 = hn::BitCast(pairs, hn::InterleaveLower(floats, x[i + 2], x[i + 3]));
        const auto upper23 = hn::BitCast(pairs, hn::InterleaveUpper(floats, x[i + 2], x[i + 3]));
        x[i] = hn::BitCast(floats, hn::InterleaveLower(pairs, lower01, lower23));
        x[i + 1] = hn::BitCast(floats, hn::InterleaveUpper(pairs, lower01, lower23));
        x[i + 2] = hn::BitCast(floats, hn::InterleaveLower(pairs, upper01, upper23));
        x[i + 3] = hn::BitCast(floats, hn::InterleaveUpper(pairs, upper01, upper23));
    }
    if constexpr (partLanes >= 8) {
        constexpr std::size_t half = partLanes / 2;
        HWY_UNROLL(8)
        for (std::size_t i = 0; i < half; ++i) {
            const Floats lower = hn::ConcatLowerLower(floats, x[i + half], x[i]);
            x[i + half] = hn::ConcatUpperUpper(floats, x[i + half], x[i]);
            x[i] = lower;
        }
    }
    if constexpr (partLanes == 16) {
        HWY_UNROLL(8)
        for (std::size_t i = 0; i < 8; ++i) {
            const std::size_t at = i / 4 * 8 + i % 4;
            const Floats even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(x[at + 4]), x[at]);
            x[at + 4] = hn::OddEvenBlocks(x[at + 4], hn::SwapAdjacentBlocks(x[at]));
            x[at] = even;
        }
    }
#endif
}

/// Fetches a block's keys, then its values, while the one before is computed: one line at a time,
/// spread evenly over the work, since more at once than memory is ready for is waited for or
/// dropped, and in the order in which they lie, since processors then read ahead of it, too.
class Ahead
{
public:
    Ahead() = default; // nothing
    /// Of each row, `stride` bytes from the last, the first `width` bytes.
    Ahead(const std::byte* keys, const std::byte* values, std::int64_t rows, std::int64_t width,
          std::int64_t stride)
        : m_at(keys)
        , m_end(keys + width)
        , m_values(values)
        , m_width(width)
        , m_stride(stride)
        , m_rows(rows)
        , m_rowsLeft(rows)
    {
    }
    HWY_INLINE void fetch()
    {
        if (m_at == nullptr)
            return;
        __builtin_prefetch(m_at, 0, 2); // past the nearest cache, which the present block fills
        m_at += 64;
        if (m_at >= m_end)
            nextRow();
    }

private:
    HWY_INLINE void nextRow() // a call would spill the sums that the caller holds in registers
    {
        if (--m_rowsLeft > 0) {
            m_end += m_stride;
            m_at = m_end - m_width;
        } else {
            m_at = std::exchange(m_values, nullptr);
            m_end = m_at + m_width;
            m_rowsLeft = m_rows;
        }
    }

    const std::byte* m_at = nullptr; // null behind the last
    const std::byte* m_end = nullptr;
    const std::byte* m_values = nullptr;
    std::int64_t m_width = 0;
    std::int64_t m_stride = 0;
    std::int64_t m_rows = 0;
    std::int64_t m_rowsLeft = 0;
};

/// What heads are multiplied with.
struct Factor
{
    const float* rows; // whole vectors
    std::int64_t stride;
    std::int64_t count;
    std::int64_t columns;
};

/// Up to `side` rows of one kv head. `room`, for side * side floats, is what a factor may lie in.
template <class Cache>
struct Block
{
    using Element = typename Cache::Element;
    const Element* keys;
    const Element* values;
    std::int64_t stride;
    std::int64_t headDim;
    std::int64_t rows;

    /// Keys' values from k on, a row for each, a column for each key.
    HWY_INLINE Factor transposedKeys(std::int64_t k, float* room, Ahead& ahead) const
    {
        const std::int64_t dims = std::min(side, headDim - k);
        for (std::int64_t row = 0; row < rows; row += step)
            for (std::int64_t dim = 0; dim < dims; dim += step) {
                Floats x[partLanes];
                HWY_UNROLL(16)
                for (std::int64_t i = 0; i < step; ++i) // behind the last row, the last again
                    x[i] = loadFloats<Cache>(keys + std::min(row + i, rows - 1) * stride + k + dim,
                                             dims - dim);
                transpose(x);
                HWY_UNROLL(16)
                for (std::int64_t i = 0; i < step; ++i) {
                    hn::StoreU(x[i], floats, room + (dim + i) * side + row);
                    if (i % 2 == 0)
                        ahead.fetch();
                }
            }
        return {.rows = room,
                .stride = side,
                .count = dims,
                .columns = (rows + step - 1) / step * step};
    }

    /// Values from k on, a row for each row of the cache.
    HWY_INLINE Factor floatValues(std::int64_t k, float* room) const
    {
        const std::int64_t dims = std::min(side, headDim - k);
        if constexpr (std::is_same_v<Cache, F32Cache>)
            if (dims % step == 0)
                return {.rows = values + k, .stride = stride, .count = rows, .columns = dims};
        for (std::int64_t row = 0; row < rows; ++row)
            for (std::int64_t dim = 0; dim < dims; dim += step)
                hn::StoreU(loadFloats<Cache>(values + row * stride + k + dim, dims - dim), floats,
                           room + row * side + dim);
        return {.rows = room, .stride = side, .count = rows, .columns = dims};
    }
};

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
