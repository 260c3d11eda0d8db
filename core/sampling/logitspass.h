// One pass over a row of logits: everything about the raw distribution that a step records.
//
//   log-sum-exp L = ln sum exp(z_i);  p_i = exp(z_i - L)
//   entropy     H = -sum p_i ln p_i           (nats)
//   varentropy  V = sum p_i (ln p_i + H)^2    (nats^2)
//
// One reading of the row (kernels/logitblocks.h): block by block, the sums of each in float32 over
// 16 lanes and of all in double, referred to the highest logit so far. In one order, so the same
// logits give the same bits, on every processor that rounds a product and a sum once.
//
// Absolute errors on rows of 151,936: log-sum-exp below 1e-6, entropy 1e-5, varentropy 5e-5
// (measured: 1e-7, 6e-8, 4e-7). Beside a certain token entropy keeps its digits, however small it
// is. On one thread of a Zen 4 at AVX-512 such a row takes 56 us, 68 with the best 32. Sums without
// a maximum, float32 mantissas beside exponents of their own as in XNNPACK's Two-Pass Softmax, take
// 39 us, but are off by up to 1e-5, 1e-5 and 5e-6 (tests/bench/bench_logits.cpp).
//
// Logits of minus infinity count as probability 0. So do NaN and plus infinity, which no sound
// model gives: they are counted, so that a caller can refuse the row.
#pragma once

#include "base/ids.h"

#include <cstdint>
#include <span>
#include <vector>

namespace halftone {

struct TokenLogit
{
    TokenId id;
    float logit = 0;
};

struct LogitsSummary
{
    double logSumExp = 0;
    double entropy = 0;
    double varentropy = 0;
    double pMax = 0;
    std::int64_t invalid = 0;    // logits that are NaN or plus infinity
    std::vector<TokenLogit> top; // by descending logit, ties by lower id; probability 0 left out

    [[nodiscard]] double probability(float logit) const; // exp(logit - logSumExp)
};

/// Summarises `logits` [vocabulary] at T = 1 and keeps the `topCount` best (fewer when there are
/// fewer of probability above 0). `out` is reused, so that a loop does not allocate. A row without
/// a finite logit gives zeros and an empty `top`.
void summariseLogits(std::span<const float> logits, int topCount, LogitsSummary& out);

/// What a temperature above 0 makes of a row.
struct ScaledSummary
{
    float maximum = 0;     // the highest logit
    double mass = 0;       // sum exp((z_i - maximum) / T); 0: no logit is finite
    double entropy = 0;    // of softmax(logits / T), nats
    double varentropy = 0; // nats^2
};
[[nodiscard]] ScaledSummary scaledSummary(std::span<const float> logits, double temperature);

/// Entropy in nats of softmax(logits / temperature), nothing filtered; 0 at temperature 0. At
/// temperature 1 it has the bits of LogitsSummary::entropy.
[[nodiscard]] double scaledEntropy(std::span<const float> logits, double temperature);

} // namespace halftone
