#include "bench/quartiles.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace halftone::cli {

Quartiles quartiles(std::vector<double> values)
{
    if (values.empty())
        return {};
    std::sort(values.begin(), values.end());
    const auto at = [&values](double part) {
        const double place = part * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, values.size() - 1);
        return std::lerp(values[below], values[above], place - static_cast<double>(below));
    };
    return {at(0.25), at(0.5), at(0.75)};
}

double median(std::vector<double> values)
{
    return quartiles(std::move(values)).median;
}

} // namespace halftone::cli
