// The best of a row of logits, and those above a threshold, without looking at most of them one by
// one: block by block, as kernels/logitblocks.h looks. Logits that are not finite are never chosen.
#pragma once

#include "base/ids.h"
#include "base/topheap.h"
#include "kernels/logitblocks.h"
#include "sampling/logitspass.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace halftone {

inline constexpr float minusInfinity = -std::numeric_limits<float>::infinity();

/// f(part, where it begins) for each `size` logits of a row.
template <class F>
void overParts(std::span<const float> logits, std::size_t size, const F& f)
{
    for (std::size_t begin = 0; begin < logits.size(); begin += size)
        f(logits.subspan(begin, std::min(size, logits.size() - begin)), begin);
}

/// f(id, logit) for each of a block's logits above `threshold`, by ascending id. `begin` is the
/// block's first id.
template <class F>
void eachOfBlockAbove(std::span<const float> block, std::size_t begin, float threshold, const F& f)
{
    std::array<std::uint32_t, cpu::logitsPerBlock + 16> places;
    const std::size_t count = cpu::placesAbove(block, threshold, places);
    for (std::size_t i = 0; i < count; ++i)
        f(TokenId{static_cast<std::int32_t>(begin + places[i])}, block[places[i]]);
}

/// f(block, begin) for each block of a row that has a logit above `threshold`.
template <class F>
void overBlocksAbove(LogitsPass& pass, float threshold, const F& f)
{
    const auto peaks = pass.peaks();
    overParts(pass.logits(), cpu::logitsPerBlock,
              [&](std::span<const float> block, std::size_t begin) {
                  if (peaks[begin / cpu::logitsPerBlock].highest > threshold)
                      f(block, begin);
              });
}

/// eachOfBlockAbove() for all of a row.
template <class F>
void eachAbove(LogitsPass& pass, float threshold, const F& f)
{
    overBlocksAbove(pass, threshold, [&](std::span<const float> block, std::size_t begin) {
        eachOfBlockAbove(block, begin, threshold, f);
    });
}

[[nodiscard]] inline std::size_t countAbove(LogitsPass& pass, float threshold)
{
    std::size_t count = 0;
    overBlocksAbove(pass, threshold, [&](std::span<const float> block, std::size_t) {
        count += cpu::countAbove(block, threshold);
    });
    return count;
}

/// A value that `count` logits at least are above, and not many more where the best are spread over
/// the row: among the highest of many parts of it, the one of that rank.
[[nodiscard]] inline float boundOfBest(LogitsPass& pass, std::size_t count)
{
    constexpr std::size_t mostParts = 4096;
    std::array<float, mostParts> highest{};
    std::size_t parts = 0;
    const auto logits = pass.logits();
    if (const auto peaks = pass.peaks(); count <= peaks.size() && peaks.size() <= mostParts) {
        for (const cpu::BlockPeak& peak : peaks)
            highest[parts++] = peak.highest;
    } else {
        const std::size_t size = std::max<std::size_t>(64, logits.size() / (2 * count + 1));
        if (count * size > logits.size() || logits.size() > size * mostParts)
            return minusInfinity;
        overParts(logits, size, [&](std::span<const float> part, std::size_t) {
            highest[parts++] = cpu::peakOf(part).highest;
        });
    }
    const auto ranked = highest.begin() + static_cast<std::ptrdiff_t>(count) - 1;
    std::nth_element(highest.begin(), ranked, highest.begin() + static_cast<std::ptrdiff_t>(parts),
                     std::greater<>());
    return std::nextafter(*ranked, minusInfinity);
}

/// The `count` best, by rank; `Token` is made of an id and a logit. `out` is reused.
template <class Token>
void takeBest(LogitsPass& pass, std::size_t count, std::vector<Token>& out)
{
    TopHeap best(out, std::min(count, pass.logits().size()));
    if (count > 0)
        eachAbove(pass, boundOfBest(pass, count), [&](TokenId id, float logit) {
            best.offer(Token{id, logit});
        });
    best.finish();
}

} // namespace halftone
