// How far two distributions over the same tokens are from each other.
#pragma once

#include <span>
#include <vector>

namespace halftone {

/// exp(z - log-sum-exp z), in double; logits that are not finite have probability 0.
[[nodiscard]] std::vector<double> probabilities(std::span<const float> logits);

/// Jensen-Shannon divergence in nats: H((P + Q) / 2) - (H(P) + H(Q)) / 2, from 0 to ln 2 (Lin, IEEE
/// Trans. Inf. Theory 37, 1991). Summed as KL terms against the mean, so that equal distributions
/// give exactly 0.
[[nodiscard]] double jensenShannon(std::span<const double> p, std::span<const double> q);

} // namespace halftone
