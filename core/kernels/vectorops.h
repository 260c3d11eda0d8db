// What a decode step does with one row of activations between its products. On plain float32
// memory, of any length; sums run over 16 lanes in one order, on every target. Any thread.
#pragma once

#include <cstdint>

namespace halftone::cpu {

/// y = x / sqrt(mean(x^2) + epsilon) * weight; all [n]; y may be x. The mean is a float32 sum over
/// lanes, the root double.
void rmsNorm(const float* x, const float* weight, double epsilon, std::int64_t n, float* y);

/// x += added, then rmsNorm of it into y, which is neither.
void addRmsNorm(float* x, const float* added, const float* weight, double epsilon, std::int64_t n,
                float* y);

/// y = silu(gate) * up, silu(g) = g / (1 + exp(-g)); all [n]; y may be either.
void siluTimes(const float* gate, const float* up, std::int64_t n, float* y);

/// Turns `heads` heads of 2 * pairs values each: value i and value i + pairs of a head are one
/// pair, turned by one position's angle, whose cosine and sine are [pairs].
void rotate(float* x, std::int64_t heads, std::int64_t pairs, const float* cosines,
            const float* sines);

/// y = exp(x), both [n]; y may be x. Within 2 units in the last place from -87 to 88; below,
/// results fall to 0, above they are +infinity from 104 at the latest. (Highway's Exp.)
void exponential(const float* x, std::int64_t n, float* y);

} // namespace halftone::cpu
