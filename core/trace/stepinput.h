// What a step feeds to the model at its position.
#pragma once

#include "base/ids.h"

#include <vector>

namespace halftone {

/// `kind` in JSON and in the store: token, mixture, noise, hidden.
enum class InputKind : std::uint8_t
{
    Token,   // one row of the embedding table
    Mixture, // a weighted sum of rows
    Noise,   // a mixture plus noise that is drawn again from the step's RNG key
    Hidden,  // a vector that is no combination of rows, kept whole
};

struct StepInput
{
    InputKind kind = InputKind::Token;
    std::vector<TokenId> ids;   // by descending weight, ties by lower id; one id for Token
    std::vector<float> weights; // as many as ids; sum 1 for mixtures, {1} for Token
    std::vector<float> vector;  // Hidden alone: [embedding size]

    [[nodiscard]] static StepInput token(TokenId id)
    {
        return {InputKind::Token, {id}, {1.0F}, {}};
    }
    bool operator==(const StepInput&) const = default;
};

} // namespace halftone
