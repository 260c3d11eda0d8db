// The modes, one function from each mode's file.
#pragma once

#include "reasoning/modes.h"

namespace halftone {

[[nodiscard]] Mode budgetMode();
[[nodiscard]] Mode cautiousMode();
[[nodiscard]] Mode dirichletMode();
[[nodiscard]] Mode discreteMode();
[[nodiscard]] Mode entropixMode();
[[nodiscard]] Mode fillerMode();
[[nodiscard]] Mode gumbelMode();
[[nodiscard]] Mode latentMode();
[[nodiscard]] Mode mixInputsMode();
[[nodiscard]] Mode noiseMode();
[[nodiscard]] Mode softMode();
[[nodiscard]] Mode speculativeMode();
[[nodiscard]] Mode swiMode();

} // namespace halftone
