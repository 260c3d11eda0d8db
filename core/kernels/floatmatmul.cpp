// Products of f32, f16 and bf16 weights.
#include "kernels/tiles_p.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/floatmatmul.cpp"
#include <hwy/foreach_target.h>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

constexpr std::int64_t chunkColumns = 256;
// Rows of x whose chunks are copied side by side, so that they neither evict each other from a
// cache that maps all of them to the same few lines nor need a pointer each.
constexpr std::int64_t gatheredRows = 192;
constexpr std::int64_t fewRows = 12;

// The two sums of each row of x that meet one vector of weights fill most of the registers.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t mostTogether = 12;
#else
constexpr std::size_t mostTogether = partLanes >= 4 ? 3 : 1;
#endif

/// Columns 2i and 2i + 1 of a panel's 16 rows.
struct F32Weights
{
    static constexpr std::size_t columnBytes = laneCount * sizeof(float);
    static constexpr std::size_t prefetchedRows = 6;
    static HWY_INLINE Sixteen even(const std::byte* panel, std::size_t pair)
    {
        return load(reinterpret_cast<const float*>(panel + 2 * pair * columnBytes));
    }
    static HWY_INLINE Sixteen odd(const std::byte* panel, std::size_t pair)
    {
        return load(reinterpret_cast<const float*>(panel + (2 * pair + 1) * columnBytes));
    }
};

struct F16Weights
{
    static constexpr std::size_t columnBytes = laneCount * sizeof(std::uint16_t);
    static constexpr std::size_t prefetchedRows = 3;
    static HWY_INLINE Sixteen even(const std::byte* panel, std::size_t pair)
    {
        return loadHalves(panel + 2 * pair * columnBytes);
    }
    static HWY_INLINE Sixteen odd(const std::byte* panel, std::size_t pair)
    {
        return loadHalves(panel + (2 * pair + 1) * columnBytes);
    }
};

struct BF16Weights
{
    static constexpr std::size_t columnBytes = laneCount * sizeof(std::uint16_t);
    static constexpr std::size_t prefetchedRows = 3;
    static HWY_INLINE Sixteen even(const std::byte* panel, std::size_t pair)
    {
        Sixteen out;
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < parts; ++i)
            out.part[i] = hn::BitCast(floats, hn::ShiftLeft<16>(pairs(panel, pair, i)));
        return out;
    }
    static HWY_INLINE Sixteen odd(const std::byte* panel, std::size_t pair)
    {
        Sixteen out;
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < parts; ++i)
            out.part[i] =
                hn::BitCast(floats, hn::And(pairs(panel, pair, i), hn::Set(words, 0xffff0000U)));
        return out;
    }

private:
    static HWY_INLINE hn::Vec<WordTag> pairs(const std::byte* panel, std::size_t pair,
                                             std::size_t part)
    {
        return hn::LoadU(words,
                         reinterpret_cast<const std::uint32_t*>(panel + 2 * pair * columnBytes) +
                             part * partLanes);
    }
};

/// One chunk of one panel with `rows` rows of x, `stride` values apart. Weights `ahead` bytes later
/// are asked for.
template <class Weights, std::size_t rows>
HWY_INLINE void multiplyChunk(const std::byte* panel, std::size_t columns, const float* x,
                              std::size_t stride, std::size_t ahead, Sixteen* HWY_RESTRICT out)
{
    Sixteen even[rows];
    Sixteen odd[rows];
    HWY_UNROLL(16)
    for (std::size_t b = 0; b < rows; ++b) {
        even[b] = zeros();
        odd[b] = zeros();
    }
    std::size_t k = 0;
    for (; k + 2 <= columns; k += 2) {
        prefetchWeights<(rows >= Weights::prefetchedRows)>(panel + ahead + k * Weights::columnBytes,
                                                           2 * Weights::columnBytes);
        const Sixteen evenWeights = Weights::even(panel, k / 2);
        HWY_UNROLL(16)
        for (std::size_t b = 0; b < rows; ++b)
            even[b] = multiplyAdd(evenWeights, spread(x[b * stride + k]), even[b]);
        const Sixteen oddWeights = Weights::odd(panel, k / 2);
        HWY_UNROLL(16)
        for (std::size_t b = 0; b < rows; ++b)
            odd[b] = multiplyAdd(oddWeights, spread(x[b * stride + k + 1]), odd[b]);
    }
    if (k < columns) {
        const Sixteen evenWeights = Weights::even(panel, k / 2);
        HWY_UNROLL(16)
        for (std::size_t b = 0; b < rows; ++b)
            even[b] = multiplyAdd(evenWeights, spread(x[b * stride + k]), even[b]);
    }
    HWY_UNROLL(16)
    for (std::size_t b = 0; b < rows; ++b)
        out[b] = add(even[b], odd[b]);
}

/// y[0 .. rows) is, or grows by, `sum`; with the bias when the row is complete.
HWY_INLINE void finish(Sixteen sum, bool first, const float* bias, std::int64_t rows, float* y)
{
    if (rows == panelRows) {
        if (!first)
            sum = add(load(y), sum);
        if (bias != nullptr)
            sum = add(sum, load(bias));
        store(sum, y);
        return;
    }
    alignas(64) float lanes[laneCount];
    store(sum, lanes);
    for (std::int64_t r = 0; r < rows; ++r) {
        const float value = first ? lanes[r] : y[r] + lanes[r];
        y[r] = bias != nullptr ? value + bias[r] : value;
    }
}

/// One chunk's place in a product.
struct Chunk
{
    std::int64_t first = 0; // column
    std::int64_t columns = 0;
    bool last = false;
    std::size_t ahead = 0; // bytes from here to the weights that are needed soon
};

template <class Weights, std::size_t rows>
HWY_NOINLINE void multiplyTile(const Product& p, std::int64_t panel, const Chunk& chunk,
                               const float* x, std::int64_t b)
{
    Sixteen sums[rows];
    multiplyChunk<Weights, rows>(p.weights.panel(panel) +
                                     static_cast<std::size_t>(chunk.first) * Weights::columnBytes,
                                 static_cast<std::size_t>(chunk.columns), x,
                                 static_cast<std::size_t>(chunkColumns), chunk.ahead, sums);
    const std::int64_t row = panel * panelRows;
    for (std::size_t i = 0; i < rows; ++i)
        finish(sums[i], chunk.first == 0, chunk.last && p.bias != nullptr ? p.bias + row : nullptr,
               rowsOfPanel(p.weights, panel),
               p.y + (b + static_cast<std::int64_t>(i)) * p.stride + row);
}

/// All of [b, b + count).
template <class Weights>
void multiplyTiles(const Product& p, std::int64_t panel, const Chunk& chunk, const float* gathered,
                   std::int64_t b, std::int64_t count)
{
    overTiles<mostTogether>(count, [&]<std::size_t rows>(std::int64_t first) HWY_ATTR {
        multiplyTile<Weights, rows>(p, panel, chunk, gathered + first * chunkColumns, b + first);
    });
}

/// One row of x: the weights in one stream.
template <class Weights>
void multiplyOne(const Product& p, std::int64_t begin, std::int64_t end)
{
    const std::int64_t columns = p.weights.columns();
    for (std::int64_t panel = begin; panel < end; ++panel) {
        Sixteen sum;
        for (std::int64_t k = 0; k < columns; k += chunkColumns) {
            Sixteen part;
            multiplyChunk<Weights, 1>(p.weights.panel(panel) +
                                          static_cast<std::size_t>(k) * Weights::columnBytes,
                                      static_cast<std::size_t>(std::min(chunkColumns, columns - k)),
                                      p.x + k, 0, 0, &part);
            sum = k == 0 ? part : add(sum, part);
        }
        const std::int64_t row = panel * panelRows;
        finish(sum, true, p.bias != nullptr ? p.bias + row : nullptr, rowsOfPanel(p.weights, panel),
               p.y + row);
    }
}

/// Columns [k, k + chunkColumns) of rows [b, b + count) of x, or what there is of them.
void gather(const Product& p, std::int64_t b, std::int64_t count, std::int64_t k, float* out)
{
    const std::int64_t columns = p.weights.columns();
    const auto bytes =
        static_cast<std::size_t>(std::min(chunkColumns, columns - k)) * sizeof(float);
    for (std::int64_t i = 0; i < count; ++i)
        std::memcpy(out + i * chunkColumns, p.x + (b + i) * columns + k, bytes);
}

Chunk chunkAt(const Product& p, std::int64_t k, std::size_t ahead)
{
    const std::int64_t columns = p.weights.columns();
    return {.first = k,
            .columns = std::min(chunkColumns, columns - k),
            .last = k + chunkColumns >= columns,
            .ahead = ahead};
}

/// Some rows of x, all of which meet a chunk of weights at once: the weights in one stream.
template <class Weights>
void multiplyFew(const Product& p, std::int64_t begin, std::int64_t end, float* gathered)
{
    const std::int64_t columns = p.weights.columns();
    for (std::int64_t k = 0; k < columns; k += chunkColumns)
        gather(p, 0, p.count, k, gathered + k * p.count);
    for (std::int64_t panel = begin; panel < end; ++panel)
        for (std::int64_t k = 0; k < columns; k += chunkColumns)
            multiplyTiles<Weights>(p, panel, chunkAt(p, k, prefetchDistance),
                                   gathered + k * p.count, 0, p.count);
}

/// Many rows of x: a chunk of them stays in the second-level cache while the weights pass by.
template <class Weights>
void multiplyMany(const Product& p, std::int64_t begin, std::int64_t end, float* gathered)
{
    for (std::int64_t b = 0; b < p.count; b += gatheredRows) {
        const std::int64_t count = std::min(gatheredRows, p.count - b);
        for (std::int64_t k = 0; k < p.weights.columns(); k += chunkColumns) {
            gather(p, b, count, k, gathered);
            const Chunk chunk = chunkAt(p, k, panelBytes(p.weights.type(), p.weights.columns()));
            for (std::int64_t panel = begin; panel < end; ++panel)
                multiplyTiles<Weights>(p, panel, chunk, gathered, b, count);
        }
    }
}

template <class Weights>
void multiplySeveral(const Product& p, std::int64_t begin, std::int64_t end)
{
    alignas(64) std::array<float, gatheredRows * chunkColumns> gathered;
    const std::int64_t chunks = (p.weights.columns() + chunkColumns - 1) / chunkColumns;
    if (p.count <= fewRows && p.count * chunks * chunkColumns <= std::ssize(gathered))
        multiplyFew<Weights>(p, begin, end, gathered.data());
    else
        multiplyMany<Weights>(p, begin, end, gathered.data());
}

template <class Weights>
void multiplyWith(const Product& p, std::int64_t begin, std::int64_t end)
{
    if (p.count == 1)
        multiplyOne<Weights>(p, begin, end);
    else
        multiplySeveral<Weights>(p, begin, end);
}

void multiplyFloats(const Product& p, std::int64_t begin, std::int64_t end)
{
    switch (p.weights.type()) {
    case WeightType::F32:
        return multiplyWith<F32Weights>(p, begin, end);
    case WeightType::F16:
        return multiplyWith<F16Weights>(p, begin, end);
    case WeightType::BF16:
        return multiplyWith<BF16Weights>(p, begin, end);
    case WeightType::Q8_0:
    case WeightType::Q4_0:
        break;
    }
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {

HWY_EXPORT(multiplyFloats);

void multiplyFloatPanels(const Product& product, std::int64_t begin, std::int64_t end)
{
    HWY_DYNAMIC_DISPATCH(multiplyFloats)(product, begin, end);
}

} // namespace halftone::cpu
#endif
