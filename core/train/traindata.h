// The items that a recipe trains on, by number: draw n is the same for ever, so a training that is
// resumed meets the items that it would have met. Generators make fresh ones for every draw; a
// file's are drawn evenly, with repetition.
//
// A file is any that tasks/datasets.h reads; the stage 'soft' needs its items' frontiers.
#pragma once

#include "base/result.h"
#include "tasks/task.h"
#include "train/recipe.h"

#include <cstdint>
#include <string>
#include <vector>

namespace halftone {

class TrainData
{
public:
    /// Reads the files. Fails with NotFound or InvalidInput, naming file and line.
    [[nodiscard]] static Result<TrainData> open(const TrainRecipe&);

    [[nodiscard]] Result<TaskItem> item(std::uint64_t draw) const;
    /// Prompt, chain and answers of a file's items, or of enough of a generator's to meet its
    /// words.
    [[nodiscard]] Result<std::vector<std::string>> texts() const;

private:
    struct Source
    {
        DataSource description;
        double upTo = 0;             // sum of the weights up to this one, of a sum of 1
        std::vector<TaskItem> items; // of a file
    };
    [[nodiscard]] Result<TaskItem> itemOf(const Source&, std::uint64_t draw) const;

    std::uint64_t m_seed = 0;
    std::vector<Source> m_sources;
};

} // namespace halftone
