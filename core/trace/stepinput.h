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
    Noise,   // a mixture plus Gaussian noise, which is drawn again from the step's RNG key
    Hidden,  // a vector that is no combination of rows, kept whole
};

/// A mixture is whole when its weights sum to 1 and `vector` is empty. One over the full vocabulary
/// has too many components to keep: `vector` is then the weighted sum itself, and ids and weights
/// are its heaviest components, whose weights sum to less than 1.
struct StepInput
{
    InputKind kind = InputKind::Token;
    std::vector<TokenId> ids;   // by descending weight, ties by lower id; one id for Token
    std::vector<float> weights; // as many as ids; {1} for Token
    std::vector<float> vector;  // [embedding size], of Hidden and of full-vocabulary mixtures
    float noiseScale = 0;       // Noise alone: standard deviation of each coordinate's noise

    [[nodiscard]] static StepInput token(TokenId id)
    {
        return {InputKind::Token, {id}, {1.0F}, {}, 0};
    }
    bool operator==(const StepInput&) const = default;
};

} // namespace halftone
