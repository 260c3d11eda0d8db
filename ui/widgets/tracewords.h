// Steps of the trace as text: what its tool tip says of one, and what it copies of several.
#pragma once

#include "widgets/tracepainter.h"

#include <QString>

namespace halftone::ui {

/// Lines on one step: where it is, the token with its raw probability, entropy, what was fed,
/// events. Plain text; empty where there is no such step.
[[nodiscard]] QString stepSummary(const RunDocument&, qint64 step);

/// What the steps say; bytes that form no character as "<0xNN>".
[[nodiscard]] QString textOf(const RunDocument&, StepRange);

/// A line a step of step, id and visible text, with tabs between them.
[[nodiscard]] QString tokenLinesOf(const RunDocument&, StepRange);

} // namespace halftone::ui
