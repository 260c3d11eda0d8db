// What the benchmarks tell of many samples of one quantity, in the unit of the samples.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace halftone {

class Quantiles
{
public:
    /// At least one value.
    explicit Quantiles(std::vector<double> values)
        : m_sorted(std::move(values))
    {
        std::sort(m_sorted.begin(), m_sorted.end());
    }

    /// The value that `share` of the others are below: 0 is the least, 1 the greatest.
    [[nodiscard]] double at(double share) const
    {
        return m_sorted[static_cast<std::size_t>(share * static_cast<double>(m_sorted.size() - 1))];
    }
    [[nodiscard]] double median() const { return at(0.5); }

    /// "median 1.23   99th 4.56   longest 7.89", in columns.
    [[nodiscard]] std::string text() const
    {
        char line[96];
        std::snprintf(line, sizeof line, "median %7.2f   99th %7.2f   longest %7.2f", median(),
                      at(0.99), at(1));
        return line;
    }

private:
    std::vector<double> m_sorted;
};

} // namespace halftone
