// What a person adds to a model's logits before anything is decided from them: penalties on tokens
// that were there before, biases, bans. In this order, on finite logits:
//
//   repetition  z > 0: z / r, else z * r, for tokens of the history (Keskar et al., "CTRL")
//   frequency   z - f * (how often the token is in the history)  (OpenAI's API)
//   presence    z - p when it is in the history                   (OpenAI's API)
//   bias        z + b
//   ban         minus infinity
//
// So the repetition penalty, which is not the same for logits that are shifted, acts on the model's
// own. Computed in double and rounded once; a finite logit stays finite unless it is banned.
#pragma once

#include "base/ids.h"

#include <cstdint>
#include <span>
#include <vector>

namespace halftone {

struct LogitBias
{
    TokenId id;
    double bias = 0;
    bool operator==(const LogitBias&) const = default;
};

struct LogitAdjustments
{
    double repetitionPenalty = 1; // 1: off; above 0
    double frequencyPenalty = 0;  // 0: off
    double presencePenalty = 0;   // 0: off
    std::int64_t window = 0;      // the history's last tokens that count; 0: all
    bool countsPrompt = false;    // the history begins with the prompt, else with the first step
    std::vector<LogitBias> biases; // ids within the vocabulary
    std::vector<TokenId> banned;   // likewise

    [[nodiscard]] bool penalises() const
    {
        return repetitionPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0;
    }
    [[nodiscard]] bool changesNothing() const
    {
        return !penalises() && biases.empty() && banned.empty();
    }
};

/// `logits` [vocabulary] adjusted into `out`, whose storage is reused. Of `history` the window
/// counts. False when no finite logit is left.
[[nodiscard]] bool adjustLogits(std::span<const float> logits, const LogitAdjustments&,
                                std::span<const TokenId> history, std::vector<float>& out);

} // namespace halftone
