// A schedule's segments in words, for the strip, its tooltips and screen readers.
#pragma once

#include "reasoning/schedule.h"

#include <QString>

namespace halftone::ui {

/// "step 40", "when entropy above 2.5 nats".
[[nodiscard]] QString triggerText(const Trigger&);
/// "soft, temperature 0.6"; "no change".
[[nodiscard]] QString changeText(const Segment&);

} // namespace halftone::ui
