// The middle of samples and how far half of them lie from it.
#pragma once

#include <vector>

namespace halftone::cli {

struct Quartiles
{
    double low = 0;
    double median = 0;
    double high = 0;
};

/// Linear between the two values nearest to each; zeros of no values.
[[nodiscard]] Quartiles quartiles(std::vector<double> values);
[[nodiscard]] double median(std::vector<double> values);

} // namespace halftone::cli
