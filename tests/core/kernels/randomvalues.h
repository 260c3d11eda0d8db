// Numbers for tests of arithmetic.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace halftone::test {

/// Values from -1 to 1 that a seed gives.
inline std::vector<float> randomValues(std::int64_t count, unsigned seed)
{
    std::mt19937 generator(seed);
    std::vector<float> out(static_cast<std::size_t>(count));
    for (float& value : out)
        value = static_cast<float>(generator()) / 2147483648.0F - 1.0F;
    return out;
}

} // namespace halftone::test
