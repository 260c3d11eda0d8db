#include "train/trainbatch.h"

#include <algorithm>

namespace halftone {

namespace {

/// Those of `all` in the slots from `first` up to `end`, counted from `first`.
template <class T>
std::vector<T> within(const std::vector<T>& all, std::int64_t first, std::int64_t end)
{
    std::vector<T> some;
    for (T one : all)
        if (one.slot >= first && one.slot < end) {
            one.slot -= static_cast<std::int32_t>(first);
            some.push_back(one);
        }
    return some;
}

} // namespace

void feedMixture(TrainBatch& batch, std::int32_t slot, const TokenMixture& mixture)
{
    const auto place =
        std::upper_bound(batch.mixtures.begin(), batch.mixtures.end(), slot,
                         [](std::int32_t at, const SlotToken& one) { return at < one.slot; });
    std::vector<SlotToken> parts;
    for (const auto& [token, weight] : mixture)
        parts.push_back({slot, token, weight});
    batch.mixtures.insert(place, parts.begin(), parts.end());
}

std::vector<BatchPart> splitRows(const TrainBatch& batch, std::int64_t most)
{
    const std::int64_t count = std::clamp<std::int64_t>(batch.rows, 1, most);
    std::vector<BatchPart> parts;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t row = i * batch.rows / count;
        TrainBatch part;
        part.rows = (i + 1) * batch.rows / count - row;
        part.length = batch.length;
        const std::int64_t first = row * batch.length;
        const std::int64_t end = first + part.rows * part.length;
        part.ids.assign(batch.ids.begin() + first, batch.ids.begin() + end);
        part.positions.assign(batch.positions.begin() + first, batch.positions.begin() + end);
        part.sequences.assign(batch.sequences.begin() + first, batch.sequences.begin() + end);
        part.mixtures = within(batch.mixtures, first, end);
        part.noises = within(batch.noises, first, end);
        part.latents = within(batch.latents, first, end);
        part.targets = within(batch.targets, first, end);
        part.tokens =
            part.rows * part.length - std::count(part.sequences.begin(), part.sequences.end(), -1);
        parts.push_back({std::move(part), static_cast<std::int32_t>(first)});
    }
    return parts;
}

std::int64_t targetSlots(const TrainBatch& batch)
{
    std::int64_t count = 0;
    std::int32_t last = -1;
    for (const SlotToken& target : batch.targets) {
        count += target.slot != last ? 1 : 0;
        last = target.slot;
    }
    return count;
}

} // namespace halftone
