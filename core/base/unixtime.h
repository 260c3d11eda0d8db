// The time of day, as runs and sessions are stamped with it.
#pragma once

#include <cstdint>

namespace halftone {

/// Milliseconds since 1970 in UTC, leap seconds not counted.
[[nodiscard]] std::int64_t unixMs();

} // namespace halftone
