// Batches of packed sequences: draws follow one another until one fits into no row any more; that
// one begins the next batch. A batch depends on the recipe, the step and the first draw alone.
#pragma once

#include "base/result.h"
#include "train/example.h"
#include "train/traindata.h"

#include <cstdint>
#include <vector>

namespace halftone {

struct PackedBatch
{
    TrainBatch batch;
    std::vector<OwnMixture> own; // slots of the batch
    std::uint64_t nextDraw = 0;
};

class BatchMaker
{
public:
    /// All outlive it.
    BatchMaker(const TrainRecipe&, const TrainData&, const ExampleMaker&);
    /// Fails with InvalidInput when an item is longer than a row.
    [[nodiscard]] Result<PackedBatch> make(std::int64_t step, std::uint64_t firstDraw) const;

private:
    const TrainRecipe& m_recipe;
    const TrainData& m_data;
    const ExampleMaker& m_examples;
};

} // namespace halftone
