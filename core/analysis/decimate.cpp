#include "analysis/decimate.h"

#include <algorithm>
#include <cmath>

namespace halftone {

std::vector<SeriesPoint> decimate(std::span<const double> values, double firstX, std::size_t begin,
                                  std::size_t end, std::size_t columns)
{
    std::vector<SeriesPoint> points;
    end = std::min(end, values.size());
    if (begin >= end || columns == 0)
        return points;
    const std::size_t count = end - begin;
    const auto pointAt = [&](std::size_t i) {
        return SeriesPoint{firstX + static_cast<double>(i), values[i]};
    };
    if (count <= 2 * columns) {
        points.reserve(count);
        for (std::size_t i = begin; i < end; ++i)
            if (!std::isnan(values[i]))
                points.push_back(pointAt(i));
        return points;
    }
    points.reserve(2 * columns);
    for (std::size_t column = 0; column < columns; ++column) {
        const std::size_t from = begin + count * column / columns;
        const std::size_t to = begin + count * (column + 1) / columns;
        std::size_t least = to;
        std::size_t greatest = to;
        for (std::size_t i = from; i < to; ++i) {
            if (std::isnan(values[i]))
                continue;
            if (least == to || values[i] < values[least])
                least = i;
            if (greatest == to || values[i] > values[greatest])
                greatest = i;
        }
        if (least == to)
            continue;
        points.push_back(pointAt(std::min(least, greatest)));
        if (least != greatest)
            points.push_back(pointAt(std::max(least, greatest)));
    }
    return points;
}

} // namespace halftone
