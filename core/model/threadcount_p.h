// How many threads a model computes with.
#pragma once

#include "base/result.h"

namespace halftone {

/// `asked`, or for 0 all cores but one, at least one. Fails with InvalidArgument beyond 256.
[[nodiscard]] Result<int> threadCount(int asked);

} // namespace halftone
