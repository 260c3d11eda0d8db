// What a pass over a row of logits does with each block of it, so that the row is read from memory
// once while its block is looked at several times. sampling/logitspass.h puts blocks together.
//
// Logits that are NaN or plus infinity are not valid: they are counted and otherwise left out. Any
// thread. Lanes are 16 and summed in one order on every target, so that processors that can round a
// product and a sum once give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace halftone::cpu {

/// Logits of one block, but for a row's last; a block stays in the first cache.
inline constexpr std::size_t logitsPerBlock = 1024;

struct BlockPeak
{
    float highest = 0;        // of the valid ones; minus infinity where there are none
    std::int64_t invalid = 0; // how many are NaN or plus infinity
};

[[nodiscard]] BlockPeak peakOf(std::span<const float> block);

/// Sums over the valid logits z of a block, of y = (z - highest) * scale and w = exp(y). Those at
/// the highest are counted instead, so that what is beside a certain token keeps all its digits.
/// Left out: y below -87, where w is less than 2e-38.
struct SoftmaxSums
{
    double atHighest = 0;
    double w = 0;
    double wy = 0;
    double wyy = 0;
};

/// `highest` is the block's, as peakOf() gives it. In float32, lane by lane. Zeros where no logit
/// is finite.
[[nodiscard]] SoftmaxSums softmaxSums(std::span<const float> block, float highest, float scale);

/// How many valid logits are above `threshold`.
[[nodiscard]] std::size_t countAbove(std::span<const float> block, float threshold);

/// Writes where in the block valid logits above `threshold` are, in order, and returns how many.
/// `places` has room for 16 more than the block has logits.
[[nodiscard]] std::size_t placesAbove(std::span<const float> block, float threshold,
                                      std::span<std::uint32_t> places);

} // namespace halftone::cpu
