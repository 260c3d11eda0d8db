// The random numbers of the modes, written a second time from Philox's bits on.
#pragma once

#include "base/rng.h"

#include <vector>

namespace halftone::test::reference {

[[nodiscard]] double normal(StepRng&);
[[nodiscard]] double gumbel(StepRng&);
/// ln of a Gamma(shape, 1) variable (Marsaglia and Tsang, 2000).
[[nodiscard]] double logGamma(StepRng&, double shape);

/// The token at cumulative probability u, by descending probability and then id.
[[nodiscard]] int drawn(const std::vector<double>& p, double u);

} // namespace halftone::test::reference
