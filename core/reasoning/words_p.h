// Words for the details of events.
#pragma once

#include <string>

namespace halftone {

/// Four digits, which are enough for a person: "0.6931".
[[nodiscard]] std::string shortNumber(double);

} // namespace halftone
