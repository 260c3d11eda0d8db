// Points in time for a person.
#pragma once

#include <cstdint>
#include <string>

namespace halftone::cli {

/// Unix milliseconds as local time: "2025-03-14 15:09:26 +0100"; "-" for 0.
[[nodiscard]] std::string whenText(std::int64_t unixMs);

} // namespace halftone::cli
