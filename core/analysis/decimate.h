// Long series reduced for a plot that is some hundred pixels wide: the least and the greatest value
// of every pixel column, so that no peak is lost.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace halftone {

struct SeriesPoint
{
    double x = 0;
    double y = 0;
};

/// `values[i]` stands at x = `firstX` + i. At most two points a column, in ascending x, from the
/// indices [begin, end); NaN is skipped. Short ranges come back whole.
[[nodiscard]] std::vector<SeriesPoint> decimate(std::span<const double> values, double firstX,
                                                std::size_t begin, std::size_t end,
                                                std::size_t columns);

} // namespace halftone
