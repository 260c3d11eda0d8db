// Sessions of one engine that advance together: one pass over the weights for all of them.
#pragma once

#include "base/result.h"
#include "engine/session.h"

#include <span>

namespace halftone {

/// Feeds what each session decided last, so that its next step() costs no forward pass. Sessions
/// with nothing to feed (just prefilled, finished, fed already) are left alone, and so are those
/// that a partner writes in or that have to read what it wrote: they feed themselves. The steps have the
/// bits that they would have alone. All must be of one engine; engine thread. After a failure every
/// session that was to be fed is poisoned.
[[nodiscard]] Result<void> feedTogether(std::span<Session* const>);

} // namespace halftone
