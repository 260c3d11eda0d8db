#include "train/traindata.h"

#include "base/rng.h"
#include "tasks/datasets.h"
#include "tasks/generators.h"
#include "train/streams_p.h"

#include <algorithm>

namespace halftone {

Result<TrainData> TrainData::open(const TrainRecipe& recipe)
{
    TrainData data;
    data.m_seed = recipe.seed;
    double total = 0;
    for (const DataSource& source : recipe.data)
        total += source.weight;
    double sum = 0;
    for (const DataSource& description : recipe.data) {
        sum += description.weight;
        Source source{description, sum / total, {}};
        if (!description.file.empty()) {
            auto set = readTasks(description.file);
            if (!set)
                return Unexpected(set.error());
            source.items = std::move(set->items);
            if (source.items.empty())
                return failure(ErrorCode::InvalidInput,
                               description.file.string() + " holds no questions.");
        }
        data.m_sources.push_back(std::move(source));
    }
    return data;
}

Result<TaskItem> TrainData::item(std::uint64_t draw) const
{
    StepRng rng({m_seed, draw, itemStream});
    const double at = rng.uniform();
    const auto source = std::find_if(m_sources.begin(), m_sources.end() - 1,
                                     [at](const Source& one) { return at < one.upTo; });
    if (source->description.file.empty())
        return itemOf(*source, draw);
    return source->items[static_cast<std::size_t>(rng.uniform() *
                                                  static_cast<double>(source->items.size()))];
}

Result<TaskItem> TrainData::itemOf(const Source& source, std::uint64_t draw) const
{
    const DataSource& wanted = source.description;
    auto made = generate({.task = wanted.task,
                          .seed = m_seed,
                          .first = draw,
                          .count = 1,
                          .split = Split::Train,
                          .options = {.leastDifficulty = wanted.leastDifficulty,
                                      .mostDifficulty = wanted.mostDifficulty,
                                      .forks = wanted.forks,
                                      .think = wanted.think}});
    if (!made)
        return Unexpected(made.error());
    return std::move(made->items.front());
}

Result<std::vector<std::string>> TrainData::texts() const
{
    constexpr std::uint64_t enough = 5000; // of a generator: its words are some hundred
    std::vector<std::string> texts;
    const auto add = [&](const TaskItem& item) {
        texts.insert(texts.end(), {item.prompt, item.chain, item.answer});
        texts.insert(texts.end(), item.accepted.begin(), item.accepted.end());
        for (const std::vector<std::string>& hop : item.frontier)
            texts.insert(texts.end(), hop.begin(), hop.end());
    };
    for (const Source& source : m_sources) {
        for (const TaskItem& item : source.items)
            add(item);
        if (!source.description.file.empty())
            continue;
        for (std::uint64_t n = 0; n < enough; ++n) {
            const Result<TaskItem> item = itemOf(source, n);
            if (!item)
                return Unexpected(item.error());
            add(*item);
        }
    }
    return texts;
}

} // namespace halftone
