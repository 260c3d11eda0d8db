// The parameters with which every mode's logits are adjusted before it decides (logitadjust.h), and
// the text that a run is made to begin with. They act in both phases.
#pragma once

#include "base/result.h"
#include "reasoning/modes.h"
#include "reasoning/parameters.h"
#include "sampling/logitadjust.h"

#include <vector>

namespace halftone {

/// repetition-penalty, frequency-penalty, presence-penalty, penalty-window, penalty-prompt,
/// logit-bias, ban, force-start; all off.
[[nodiscard]] std::vector<ParameterSpec> tokenParameters();

/// From completed values. Refuses lists that cannot be read, ids outside the vocabulary, texts that
/// are not one token, a token biased twice, and a ban of every token.
[[nodiscard]] Result<LogitAdjustments> logitAdjustments(const ParameterValues&, const ModeContext&);
/// The ids that a run begins with by force.
[[nodiscard]] Result<std::vector<TokenId>> forcedStart(const ParameterValues&, const ModeContext&);

} // namespace halftone
