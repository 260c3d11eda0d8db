// Which steps of a run are words of it, by what was recorded of them.
#pragma once

#include "trace/steprecord.h"

namespace halftone {

/// Begins or ends the thinking.
[[nodiscard]] bool marksThinking(const StepRecord&);
/// Neither such a mark nor the end token.
[[nodiscard]] bool isSaid(const StepRecord&);
/// Said in the thinking.
[[nodiscard]] bool isThought(const StepRecord&);

} // namespace halftone
