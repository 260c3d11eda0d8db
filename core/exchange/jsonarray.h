// Arrays of float32 as nested JSON arrays, the innermost one line each.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>

namespace halftone {

/// Writes `values` in C order with the digits that read back as the same float32, then a line
/// break. NaN and infinity become null. `shape` has one or two extents whose product is the number
/// of values.
void writeJsonArray(std::ostream&, std::span<const float> values,
                    std::span<const std::int64_t> shape);

} // namespace halftone
