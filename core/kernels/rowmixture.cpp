#include "kernels/rowmixture.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rowmixture.cpp"
#include <hwy/foreach_target.h>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

using ShortTag = hn::Rebind<std::uint16_t, FloatTag>;

/// A vector from wherever it lies: files do not align their values.
template <class Tag>
HWY_INLINE hn::Vec<Tag> loadAnywhere(Tag tag, const std::uint8_t* x)
{
#if HWY_TARGET == HWY_SCALAR // its vectors are one value, never several bytes
    hn::TFromD<Tag> value;
    std::memcpy(&value, x, sizeof value);
    return hn::LoadU(tag, &value);
#else
    return hn::BitCast(tag, hn::LoadU(hn::Repartition<std::uint8_t, Tag>(), x));
#endif
}

struct StoredF32
{
    static constexpr std::size_t bytes = 4;
    static HWY_INLINE Floats load(const std::uint8_t* x) { return loadAnywhere(floats, x); }
};

struct StoredF16
{
    static constexpr std::size_t bytes = 2;
    static HWY_INLINE Floats load(const std::uint8_t* x)
    {
        return hn::PromoteTo(floats, loadAnywhere(halves, x));
    }
};

struct StoredBF16
{
    static constexpr std::size_t bytes = 2;
    static HWY_INLINE Floats load(const std::uint8_t* x)
    {
        const auto upper = hn::PromoteTo(words, loadAnywhere(ShortTag(), x));
        return hn::BitCast(floats, hn::ShiftLeft<16>(upper));
    }
};

/// sum + weight * row for `count` values, a vector at a time: never in one rounding.
template <class Stored>
HWY_INLINE void addRow(const std::uint8_t* row, float weight, std::size_t count, float* x)
{
    std::size_t i = 0;
    for (; i + partLanes <= count; i += partLanes)
        hn::StoreU(hn::Add(hn::LoadU(floats, x + i),
                           hn::Mul(spread(weight), Stored::load(row + i * Stored::bytes))),
                   floats, x + i);
    if (i == count)
        return;
    std::array<std::uint8_t, partLanes * Stored::bytes> last{};
    std::copy(row + i * Stored::bytes, row + count * Stored::bytes, last.begin());
    alignas(64) float sums[partLanes] = {};
    std::copy(x + i, x + count, sums);
    hn::StoreU(hn::Add(hn::LoadU(floats, sums), hn::Mul(spread(weight), Stored::load(last.data()))),
               floats, sums);
    std::copy(sums, sums + (count - i), x + i);
}

/// Columns [begin, end) of the rows from `first` on, one for each weight.
template <class Stored>
HWY_INLINE void addRowsOf(const StoredMatrix& table, std::int64_t first,
                          std::span<const float> weights, std::int64_t begin, std::int64_t end,
                          float* x)
{
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(table.bytes.data());
    const auto columns = static_cast<std::size_t>(table.columns);
    const auto from = static_cast<std::size_t>(begin);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] == 0.0F)
            continue;
        const std::size_t value = (static_cast<std::size_t>(first) + i) * columns + from;
        addRow<Stored>(bytes + value * Stored::bytes, weights[i],
                       static_cast<std::size_t>(end - begin), x + from);
    }
}

void addRows(const StoredMatrix& table, std::int64_t first, std::span<const float> weights,
             std::int64_t begin, std::int64_t end, float* x)
{
    switch (table.type) {
    case WeightType::F32:
        return addRowsOf<StoredF32>(table, first, weights, begin, end, x);
    case WeightType::F16:
        return addRowsOf<StoredF16>(table, first, weights, begin, end, x);
    default:
        return addRowsOf<StoredBF16>(table, first, weights, begin, end, x);
    }
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {

HWY_EXPORT(addRows);

void addWeightedRow(const StoredMatrix& table, std::int64_t row, float weight, std::span<float> x)
{
    HWY_DYNAMIC_DISPATCH(addRows)(table, row, {&weight, 1}, 0, table.columns, x.data());
}

void addAllRows(const StoredMatrix& table, std::span<const float> weights, std::int64_t begin,
                std::int64_t end, std::span<float> x)
{
    std::fill(x.begin() + begin, x.begin() + end, 0.0F);
    HWY_DYNAMIC_DISPATCH(addRows)(table, 0, weights, begin, end, x.data());
}

} // namespace halftone::cpu
#endif
