// Makes the part of a step's record that follows from its logits and its decision.
#pragma once

#include "reasoning/steprule.h"
#include "sampling/logitspass.h"
#include "trace/steprecord.h"

#include <span>

namespace halftone {

/// Fills the distributions' fields, `input`, `sampled`, `forced` and what follows from them.
/// Events are appended.
void recordDecision(std::span<const float> logits, const LogitsSummary& raw, const Decision&,
                    StepRecord& record);

} // namespace halftone
