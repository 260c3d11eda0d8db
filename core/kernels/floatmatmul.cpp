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
constexpr std::int64_t gatheredRows = 96;

// The two sums of each row of x that meet one vector of weights fill most of the registers.
#if HWY_TARGET <= HWY_AVX3
constexpr std::int64_t mostTogether = 12;
#else
constexpr std::int64_t mostTogether = partLanes >= 4 ? 3 : 1;
#endif

/// Columns 2i and 2i + 1 of a panel's 16 rows.
struct F32Weights
{
    static constexpr std::size_t columnBytes = laneCount * sizeof(float);
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

/// One chunk of one panel with `rows` rows of x, `stride` values apart.
template <class Weights, std::size_t rows>
HWY_INLINE void multiplyChunk(const std::byte* panel, std::size_t columns, const float* x,
                              std::size_t stride, Sixteen* HWY_RESTRICT out)
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
};

template <class Weights, std::size_t rows>
HWY_NOINLINE void multiplyTile(const Product& p, std::int64_t panel, const Chunk& chunk,
                               const float* x, std::int64_t b)
{
    Sixteen sums[rows];
    multiplyChunk<Weights, rows>(
        p.weights.panel(panel) + static_cast<std::size_t>(chunk.first) * Weights::columnBytes,
        static_cast<std::size_t>(chunk.columns), x, static_cast<std::size_t>(chunkColumns), sums);
    const std::int64_t row = panel * panelRows;
    for (std::size_t i = 0; i < rows; ++i)
        finish(sums[i], chunk.first == 0, chunk.last && p.bias != nullptr ? p.bias + row : nullptr,
               rowsOfPanel(p.weights, panel),
               p.y + (b + static_cast<std::int64_t>(i)) * p.stride + row);
}

/// All of [b, b + count) in tiles as large as registers allow.
template <class Weights>
void multiplyTiles(const Product& p, std::int64_t panel, const Chunk& chunk, const float* gathered,
                   std::int64_t b, std::int64_t count)
{
    std::int64_t i = 0;
    const auto tiles = [&]<std::size_t rows>() HWY_ATTR {
        if constexpr (rows <= mostTogether)
            for (; i + static_cast<std::int64_t>(rows) <= count;
                 i += static_cast<std::int64_t>(rows))
                multiplyTile<Weights, rows>(p, panel, chunk, gathered + i * chunkColumns, b + i);
    };
    tiles.template operator()<12>();
    tiles.template operator()<8>();
    tiles.template operator()<5>();
    tiles.template operator()<3>();
    tiles.template operator()<2>();
    tiles.template operator()<1>();
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
            multiplyChunk<Weights, 1>(
                p.weights.panel(panel) + static_cast<std::size_t>(k) * Weights::columnBytes,
                static_cast<std::size_t>(std::min(chunkColumns, columns - k)), p.x + k, 0, &part);
            sum = k == 0 ? part : add(sum, part);
        }
        const std::int64_t row = panel * panelRows;
        finish(sum, true, p.bias != nullptr ? p.bias + row : nullptr, rowsOfPanel(p.weights, panel),
               p.y + row);
    }
}

template <class Weights>
void multiplySeveral(const Product& p, std::int64_t begin, std::int64_t end)
{
    const std::int64_t columns = p.weights.columns();
    alignas(64) std::array<float, gatheredRows * chunkColumns> gathered;
    for (std::int64_t b = 0; b < p.count; b += gatheredRows) {
        const std::int64_t count = std::min(gatheredRows, p.count - b);
        for (std::int64_t k = 0; k < columns; k += chunkColumns) {
            const Chunk chunk{.first = k,
                              .columns = std::min(chunkColumns, columns - k),
                              .last = k + chunkColumns >= columns};
            for (std::int64_t i = 0; i < count; ++i)
                std::memcpy(gathered.data() + i * chunkColumns, p.x + (b + i) * columns + k,
                            static_cast<std::size_t>(chunk.columns) * sizeof(float));
            for (std::int64_t panel = begin; panel < end; ++panel)
                multiplyTiles<Weights>(p, panel, chunk, gathered.data(), b, count);
        }
    }
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
