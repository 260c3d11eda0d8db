// Gaussian noise on what a mode feeds while thinking: a layer around any rule that mixes. The rule
// decides as it does without; the layer says how much noise, and the session draws it from the
// step's key when the input is fed, so a record holds a number and not a vector.
#pragma once

#include "reasoning/modes.h"

#include <string_view>

namespace halftone {

/// noise-sigma; `source` says where the default is from.
[[nodiscard]] ParameterSpec noiseParameter(double defaultSigma, std::string_view source);

/// `rule` with noise on what it feeds; the rule itself when it has no noise-sigma or one of 0.
[[nodiscard]] std::unique_ptr<StepRule> withNoise(std::unique_ptr<StepRule> rule,
                                                  const ParameterValues&, const ModeContext&);

} // namespace halftone
