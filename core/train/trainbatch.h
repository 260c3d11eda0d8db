// What a training step reads: rows of packed sequences, what is fed at each place of them and what
// is wanted after it. Plain data, so that everything that decides what a model learns is made and
// tested without libtorch.
//
// A slot is a place of a batch: row * length + column. Sequences lie behind one another in a row;
// each begins at position 0 and sees only itself.
#pragma once

#include "base/rng.h"

#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace halftone {

/// Weights by token.
using TokenMixture = std::vector<std::pair<std::int32_t, float>>;

/// `weight` of a token at a slot, of a mixture that is fed or of a distribution that is wanted.
struct SlotToken
{
    std::int32_t slot = 0;
    std::int32_t token = 0;
    float weight = 0;
    bool operator==(const SlotToken&) const = default;
};

/// Gaussian noise on what is fed at a slot; `sigma` in units of the embedding table's mean RMS, as
/// the modes' noise-sigma is.
struct SlotNoise
{
    std::int32_t slot = 0;
    float sigma = 0;
    RngKey key;
};

/// A slot that is fed what the model makes of the slots before it: the last hidden state, or its
/// own mixture. Rounds count such slots of a sequence from 1: round r needs those before it.
struct RoundSlot
{
    std::int32_t slot = 0;
    std::int32_t round = 1;
};

struct TrainBatch
{
    std::int64_t rows = 0;
    std::int64_t length = 0;
    std::vector<std::int32_t> ids;       // [slots]; 0 where nothing is
    std::vector<std::int32_t> positions; // [slots], in the sequence
    std::vector<std::int32_t> sequences; // [slots], numbered in the row; -1 where nothing is
    std::vector<SlotToken> mixtures;     // fed instead of the slot's id; by ascending slot
    std::vector<SlotNoise> noises;       // on mixtures
    std::vector<RoundSlot> latents;      // fed the hidden state before them
    std::vector<SlotToken> targets;      // wanted after the slot; by ascending slot
    std::int64_t tokens = 0;             // slots that hold something
};

/// Feeds a mixture at a slot that was fed a token.
void feedMixture(TrainBatch&, std::int32_t slot, const TokenMixture&);

/// Some rows of a batch, as a batch of their own.
struct BatchPart
{
    TrainBatch batch;
    std::int32_t firstSlot = 0; // in the whole

    [[nodiscard]] bool holds(std::int32_t slot) const
    {
        return slot >= firstSlot && slot - firstSlot < std::ssize(batch.ids);
    }
};

/// At most `most` parts of about as many rows. They depend on the batch alone, so that what is
/// summed over them does not depend on how many threads there are.
[[nodiscard]] std::vector<BatchPart> splitRows(const TrainBatch&, std::int64_t most);

/// Slots after which something is wanted.
[[nodiscard]] std::int64_t targetSlots(const TrainBatch&);

} // namespace halftone
