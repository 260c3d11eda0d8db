// Sliding-window attention: which rows a query sees.
#pragma once

#include <algorithm>
#include <cstdint>

namespace halftone {

/// The first row that a query at `position` sees: `window` rows, its own among them; 0: all.
[[nodiscard]] inline std::int64_t firstSeen(std::int64_t position, std::int32_t window)
{
    return window > 0 ? std::max<std::int64_t>(0, position - window + 1) : 0;
}

} // namespace halftone
