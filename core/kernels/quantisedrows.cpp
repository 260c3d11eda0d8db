#include "kernels/quantisedrows.h"

#include "kernels/weighttype.h"

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/quantisedrows.cpp"
#include <hwy/foreach_target.h>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

using IntTag = hn::Rebind<std::int32_t, FloatTag>;
using ByteTag = hn::Rebind<std::int8_t, FloatTag>;

/// One block of 32 values. Returns its scale, NaN where a value is no finite number.
HWY_INLINE float quantiseBlock(const float* x, std::int8_t* out, std::int32_t* negatedSum)
{
    // As integers magnitudes have the same order, and those that are no finite number come last.
    auto largest = hn::Zero(IntTag());
    for (std::size_t k = 0; k < quantBlock; k += partLanes)
        largest = hn::Max(largest, hn::BitCast(IntTag(), hn::Abs(hn::LoadU(floats, x + k))));
    const auto magnitude = std::bit_cast<float>(hn::GetLane(hn::MaxOfLanes(IntTag(), largest)));
    const float scale =
        std::isfinite(magnitude) ? magnitude / 127.0F : std::numeric_limits<float>::quiet_NaN();
    float reciprocal = 1.0F / scale;
    if (!std::isfinite(reciprocal)) // zeros, or so small that they are as good as zeros
        reciprocal = 0;
    auto sum = hn::Zero(IntTag());
    for (std::size_t k = 0; k < quantBlock; k += partLanes) {
        const auto rounded = hn::NearestInt(hn::Mul(hn::LoadU(floats, x + k), spread(reciprocal)));
        sum = hn::Sub(sum, rounded);
        hn::StoreU(hn::DemoteTo(ByteTag(), rounded), ByteTag(), out + k);
    }
    *negatedSum = hn::GetLane(hn::SumOfLanes(IntTag(), sum));
    return scale;
}

/// Some blocks of a row; what comes of one lies `count` blocks after what came of the last.
void quantiseSome(const float* x, std::int64_t blocks, std::int64_t count, std::int8_t* values,
                  float* scales, std::int32_t* negatedSums)
{
    for (std::int64_t block = 0; block < blocks; ++block) {
        const std::int64_t at = block * count;
        scales[at] =
            quantiseBlock(x + block * quantBlock, values + at * quantBlock, negatedSums + at);
    }
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {

HWY_EXPORT(quantiseSome);

void QuantisedRows::resize(std::int64_t count, std::int64_t columns)
{
    const auto blocks = static_cast<std::size_t>(count * columns / quantBlock);
    m_count = count;
    m_columns = columns;
    if (m_scales.size() >= blocks)
        return;
    m_values.resize(blocks * quantBlock);
    m_scales.resize(blocks);
    m_negatedSums.resize(blocks);
}

void QuantisedRows::quantise(const float* x, std::int64_t begin, std::int64_t end)
{
    for (std::int64_t row = begin; row < end; ++row)
        quantiseBlocks(x + row * m_columns, row, 0, m_columns / quantBlock);
}

void QuantisedRows::quantiseBlocks(const float* x, std::int64_t row, std::int64_t begin,
                                   std::int64_t end)
{
    const std::int64_t at = begin * m_count + row;
    HWY_DYNAMIC_DISPATCH(quantiseSome)
    (x, end - begin, m_count, m_values.data() + at * quantBlock, m_scales.data() + at,
     m_negatedSums.data() + at);
}

} // namespace halftone::cpu
#endif
