// Draws from the distributions that the modes' noises need, each from a step's own random numbers
// so that it can be drawn again from the step's key alone.
#pragma once

#include "base/rng.h"

#include <span>

namespace halftone {

/// Standard normal, by Box and Muller's transform; uses two uniform draws.
[[nodiscard]] double normalDraw(StepRng&);
/// Standard Gumbel: -ln(-ln u), u uniform in (0, 1).
[[nodiscard]] double gumbelDraw(StepRng&);
/// Gamma of this shape (above 0) and scale 1, by Marsaglia and Tsang (ACM TOMS 26, 2000). Shapes
/// below 1 by their boost, u^(1 / shape), whose logarithm is returned by logGammaDraw() without
/// underflow.
[[nodiscard]] double logGammaDraw(StepRng&, double shape);

/// Adds `scale` times standard normal noise to every coordinate, in order. The same key gives the
/// same noise to the bit.
void addNormalNoise(RngKey, float scale, std::span<float> x);

} // namespace halftone
