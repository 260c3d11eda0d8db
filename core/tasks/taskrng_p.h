// The draws of one generated item: Philox by (seed, index), so that an item is the same whatever
// was made before it.
#pragma once

#include "base/rng.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace halftone {

class TaskRng
{
public:
    TaskRng(std::uint64_t seed, std::uint64_t index, std::uint32_t stream)
        : m_rng({seed, index, stream})
    {
    }

    /// 0 to n - 1; n is at least 1.
    std::size_t below(std::size_t n)
    {
        return static_cast<std::size_t>(m_rng.uniform() * static_cast<double>(n));
    }
    /// `least` to `most`, both included.
    int between(int least, int most)
    {
        return least + static_cast<int>(below(static_cast<std::size_t>(most - least) + 1));
    }
    bool chance(double probability) { return m_rng.uniform() < probability; }

    template <class T>
    const T& pick(const std::vector<T>& values)
    {
        return values[below(values.size())];
    }
    template <class T>
    void shuffle(std::vector<T>& values)
    {
        for (std::size_t i = values.size(); i > 1; --i)
            std::swap(values[i - 1], values[below(i)]);
    }

private:
    StepRng m_rng;
};

} // namespace halftone
