// Mixtures as thought steps are fed in training: of the nodes of a frontier, or of what the model
// itself predicts, with the noises of the modes.
#pragma once

#include "base/rng.h"
#include "train/recipe.h"
#include "train/trainbatch.h"

#include <cstdint>
#include <span>
#include <vector>

namespace halftone {

/// All weights are above 0 and sum to 1. Even over `tokens`, each counted once.
[[nodiscard]] TokenMixture evenMixture(std::vector<std::int32_t> tokens);
/// The `top` most probable of `probabilities` [V], renormalised.
[[nodiscard]] TokenMixture topMixture(std::span<const float> probabilities, std::int32_t top);
/// With Dirichlet or Gumbel noise on its weights; Gaussian noise is on vectors and not here.
[[nodiscard]] TokenMixture perturbed(TokenMixture, const SoftSettings&, StepRng&);

} // namespace halftone
