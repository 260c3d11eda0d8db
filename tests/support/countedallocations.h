// Counts what the program takes from the heap: a source of the program itself, since it replaces
// operator new for all of it.
#pragma once

#include <cstdint>

namespace halftone::test {

/// Calls of operator new by all threads since the program began.
[[nodiscard]] std::int64_t allocationsSoFar();

} // namespace halftone::test
