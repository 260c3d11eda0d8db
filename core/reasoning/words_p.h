// Words for the details of events.
#pragma once

#include <cstdint>
#include <string>

namespace halftone {

/// Four digits, which are enough for a person: "0.6931".
[[nodiscard]] std::string shortNumber(double);
/// "1 step", "32 steps"
[[nodiscard]] std::string stepCount(std::int64_t);

} // namespace halftone
