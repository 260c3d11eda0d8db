// One pass over a row of logits: everything about the raw distribution that a step records.
//
//   log-sum-exp L = ln sum exp(z_i);  p_i = exp(z_i - L)
//   entropy     H = -sum p_i ln p_i           (nats)
//   varentropy  V = sum p_i (ln p_i + H)^2    (nats^2)
//
// Blockwise online maximum with double block sums, in fixed order: the same bits for the same
// logits. Logits of minus infinity count as probability 0. So do NaN and plus infinity, which no
// sound model gives: they are counted, so that a caller can refuse the row.
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

/// Entropy in nats of softmax(logits / temperature), nothing filtered; 0 at temperature 0. At
/// temperature 1 it has the bits of LogitsSummary::entropy.
[[nodiscard]] double scaledEntropy(std::span<const float> logits, double temperature);

} // namespace halftone
