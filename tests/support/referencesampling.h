// What the sampling code has to give, written a second time: plain float64 loops over whole
// probability vectors, step by step as the definitions say, renormalising after each filter.
#pragma once

#include "sampling/filters.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace halftone::test::reference {

/// exp(z / T) over its sum; [vocabulary].
[[nodiscard]] std::vector<double> softmax(std::span<const float> logits, double temperature);
[[nodiscard]] double entropy(const std::vector<double>& p);    // nats
[[nodiscard]] double varentropy(const std::vector<double>& p); // nats^2

/// Probabilities by id, 0 where a filter removed the token; [vocabulary].
[[nodiscard]] std::vector<double> filtered(std::span<const float> logits, const SamplingSettings&);

/// The `count` most probable, renormalised, by descending weight and then lower id.
[[nodiscard]] std::vector<std::pair<int, double>> mixture(const std::vector<double>& p, int count);

/// The first step that a cold stop ends, or -1.
[[nodiscard]] int coldStopStep(const std::vector<double>& entropies, double threshold, int length);

/// Logits from a seed, normal with this spread; the same on every machine.
[[nodiscard]] std::vector<float> randomLogits(int size, std::uint64_t seed, double spread = 3);

} // namespace halftone::test::reference
