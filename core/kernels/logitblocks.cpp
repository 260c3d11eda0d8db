#include "kernels/logitblocks.h"

#include <algorithm>
#include <limits>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/logitblocks.cpp"
#include <hwy/foreach_target.h>

#include "kernels/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

constexpr float minusInfinity = -std::numeric_limits<float>::infinity();
constexpr float highestFinite = std::numeric_limits<float>::max();
constexpr float lowestExponent = -87; // exp of less is hardly a number of full precision

using Mask = hn::Mask<FloatTag>;

HWY_INLINE Mask isValid(Floats x)
{
    return hn::Le(x, spread(highestFinite)); // not of NaN
}

HWY_INLINE std::int64_t countInvalid(std::span<const float> logits)
{
    return std::count_if(logits.begin(), logits.end(),
                         [](float logit) { return !(logit <= highestFinite); });
}

/// The first `count` of sixteen logits, and impossible ones.
HWY_INLINE Sixteen loadLogits(const float* x, std::size_t count)
{
    if (count == laneCount)
        return load(x);
    alignas(64) float lanes[laneCount];
    std::fill(lanes, lanes + laneCount, minusInfinity);
    std::copy(x, x + count, lanes);
    return load(lanes);
}

/// f(logits, place) for sixteen at a time.
template <class F>
HWY_INLINE void overLogits(std::span<const float> block, const F& f)
{
    std::size_t i = 0;
    for (; i + laneCount <= block.size(); i += laneCount)
        f(load(block.data() + i), i);
    if (i < block.size())
        f(loadLogits(block.data() + i, block.size() - i), i);
}

/// The sum of all lanes, halves onto each other.
HWY_INLINE double totalInDouble(const Sixteen& x)
{
    alignas(64) float lanes[laneCount];
    store(x, lanes);
    double sums[laneCount];
    std::copy(lanes, lanes + laneCount, sums);
    for (std::size_t half = laneCount / 2; half > 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i)
            sums[i] += sums[i + half];
    return sums[0];
}

BlockPeak peakOfBlock(std::span<const float> block)
{
    // Four sixteens at a time, since each maximum waits for the one before.
    constexpr std::size_t chains = 4;
    Sixteen highest[chains];
    for (Sixteen& chain : highest)
        for (Floats& part : chain.part)
            part = spread(minusInfinity);
    std::int64_t invalid = 0;
    const auto look = [&](const Sixteen& logits, Sixteen& chain) HWY_ATTR {
        Mask allValid = isValid(logits.part[0]);
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < parts; ++i) {
            const Floats x = logits.part[i];
            const Mask valid = isValid(x);
            allValid = hn::And(allValid, valid);
            chain.part[i] = hn::Max(chain.part[i], hn::IfThenElse(valid, x, spread(minusInfinity)));
        }
        return allValid;
    };
    std::size_t at = 0;
    for (; at + chains * laneCount <= block.size(); at += chains * laneCount) {
        Mask allValid = hn::Eq(spread(0), spread(0));
        HWY_UNROLL(4)
        for (std::size_t c = 0; c < chains; ++c)
            allValid = hn::And(allValid, look(load(block.data() + at + c * laneCount), highest[c]));
        if (HWY_UNLIKELY(!hn::AllTrue(floats, allValid)))
            invalid += countInvalid(block.subspan(at, chains * laneCount));
    }
    overLogits(block.subspan(at),
               [&](const Sixteen& logits, std::size_t) HWY_ATTR { look(logits, highest[0]); });
    invalid += countInvalid(block.subspan(at));

    alignas(64) float lanes[chains * laneCount];
    for (std::size_t c = 0; c < chains; ++c)
        store(highest[c], lanes + c * laneCount);
    return {*std::max_element(lanes, lanes + chains * laneCount), invalid};
}

SoftmaxSums sumsOfBlock(std::span<const float> block, float highest, float scale)
{
    if (highest == minusInfinity)
        return {};
    std::size_t atHighest = 0;
    Sixteen w = zeros();
    Sixteen wy = zeros();
    Sixteen wyy = zeros();
    overLogits(block, [&](const Sixteen& logits, std::size_t) HWY_ATTR {
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < parts; ++i) {
            const Floats x = logits.part[i];
            const Floats scaled = hn::Mul(hn::Sub(x, spread(highest)), spread(scale));
            // Nor is a logit that is not valid below the highest.
            const Mask counts =
                hn::And(hn::Lt(x, spread(highest)), hn::Ge(scaled, spread(lowestExponent)));
            const Floats y = hn::IfThenElseZero(counts, scaled);
            const Floats e = hn::IfThenElseZero(counts, expOfNegative(y));
            const Floats ey = hn::Mul(e, y);
            atHighest += hn::CountTrue(floats, hn::Eq(x, spread(highest)));
            w.part[i] = hn::Add(w.part[i], e);
            wy.part[i] = hn::Add(wy.part[i], ey);
            wyy.part[i] = hn::MulAdd(ey, y, wyy.part[i]);
        }
    });
    return {.atHighest = static_cast<double>(atHighest),
            .w = totalInDouble(w),
            .wy = totalInDouble(wy),
            .wyy = totalInDouble(wyy)};
}

std::size_t countInBlock(std::span<const float> block, float threshold)
{
    std::size_t count = 0;
    overLogits(block, [&](const Sixteen& logits, std::size_t) HWY_ATTR {
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < parts; ++i) {
            const Floats x = logits.part[i];
            count += hn::CountTrue(floats, hn::And(hn::Gt(x, spread(threshold)), isValid(x)));
        }
    });
    return count;
}

std::size_t placesInBlock(std::span<const float> block, float threshold, std::uint32_t* places)
{
    std::size_t count = 0;
    overLogits(block, [&](const Sixteen& logits, std::size_t place) HWY_ATTR {
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < parts; ++i) {
            const Floats x = logits.part[i];
            const Mask above = hn::And(hn::Gt(x, spread(threshold)), isValid(x));
            if (HWY_LIKELY(hn::AllFalse(floats, above)))
                continue;
            const auto first = static_cast<std::uint32_t>(place + i * partLanes);
            const auto compressed =
                hn::Compress(hn::Iota(words, first), hn::RebindMask(words, above));
            hn::StoreU(compressed, words, places + count);
            count += hn::CountTrue(floats, above);
        }
    });
    return count;
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {

HWY_EXPORT(peakOfBlock);
HWY_EXPORT(sumsOfBlock);
HWY_EXPORT(countInBlock);
HWY_EXPORT(placesInBlock);

BlockPeak peakOf(std::span<const float> block)
{
    return HWY_DYNAMIC_DISPATCH(peakOfBlock)(block);
}

SoftmaxSums softmaxSums(std::span<const float> block, float highest, float scale)
{
    return HWY_DYNAMIC_DISPATCH(sumsOfBlock)(block, highest, scale);
}

std::size_t countAbove(std::span<const float> block, float threshold)
{
    return HWY_DYNAMIC_DISPATCH(countInBlock)(block, threshold);
}

std::size_t placesAbove(std::span<const float> block, float threshold,
                        std::span<std::uint32_t> places)
{
    return HWY_DYNAMIC_DISPATCH(placesInBlock)(block, threshold, places.data());
}

} // namespace halftone::cpu
#endif
