#include "train/batchmaker.h"

#include <algorithm>

namespace halftone {

namespace {

bool bySlot(const SlotToken& a, const SlotToken& b)
{
    return a.slot < b.slot;
}

/// Puts `sequence` at `first`, which is its first slot in the batch.
void place(TrainSequence sequence, std::int32_t first, std::int32_t number, PackedBatch& packed)
{
    TrainBatch& batch = packed.batch;
    for (std::size_t i = 0; i < sequence.ids.size(); ++i) {
        const std::size_t slot = static_cast<std::size_t>(first) + i;
        batch.ids[slot] = sequence.ids[i];
        batch.positions[slot] = static_cast<std::int32_t>(i);
        batch.sequences[slot] = number;
    }
    const auto move = [first](auto& from, auto& to) {
        for (auto& one : from) {
            one.slot += first;
            to.push_back(one);
        }
    };
    move(sequence.mixtures, batch.mixtures);
    move(sequence.noises, batch.noises);
    move(sequence.latents, batch.latents);
    move(sequence.targets, batch.targets);
    for (OwnMixture& own : sequence.own) {
        own.place.slot += first;
        packed.own.push_back(own);
    }
    batch.tokens += std::ssize(sequence.ids);
}

} // namespace

BatchMaker::BatchMaker(const TrainRecipe& recipe, const TrainData& data,
                       const ExampleMaker& examples)
    : m_recipe(recipe)
    , m_data(data)
    , m_examples(examples)
{
}

Result<PackedBatch> BatchMaker::make(std::int64_t step, std::uint64_t firstDraw) const
{
    PackedBatch packed;
    TrainBatch& batch = packed.batch;
    batch.length = m_recipe.rowTokens;
    batch.rows = m_recipe.batchTokens / m_recipe.rowTokens;
    const auto slots = static_cast<std::size_t>(batch.rows * batch.length);
    batch.ids.assign(slots, 0);
    batch.positions.assign(slots, 0);
    batch.sequences.assign(slots, -1);
    std::vector<std::int64_t> filled(static_cast<std::size_t>(batch.rows), 0);
    std::int32_t number = 0;
    for (std::uint64_t draw = firstDraw;; ++draw) {
        const Result<TaskItem> item = m_data.item(draw);
        if (!item)
            return Unexpected(item.error());
        Result<TrainSequence> sequence = m_examples.make(*item, draw, step);
        if (!sequence)
            return Unexpected(sequence.error());
        const std::int64_t length = std::ssize(sequence->ids);
        if (length > batch.length)
            return failure(ErrorCode::InvalidInput,
                           "The item " + item->id + " has " + std::to_string(length) +
                               " tokens, and a row holds 'row_tokens', " +
                               std::to_string(batch.length) + "; raise it.");
        const auto row = std::find_if(filled.begin(), filled.end(), [&](std::int64_t used) {
            return used + length <= batch.length;
        });
        if (row == filled.end()) {
            packed.nextDraw = draw;
            break;
        }
        const auto first = (row - filled.begin()) * batch.length + *row;
        *row += length;
        place(std::move(*sequence), static_cast<std::int32_t>(first), number++, packed);
    }
    std::stable_sort(batch.mixtures.begin(), batch.mixtures.end(), bySlot);
    std::stable_sort(batch.targets.begin(), batch.targets.end(), bySlot);
    std::sort(packed.own.begin(), packed.own.end(),
              [](const OwnMixture& a, const OwnMixture& b) { return a.place.slot < b.place.slot; });
    return packed;
}

} // namespace halftone
