#include "train/traindata.h"

#include "base/rng.h"
#include "format/text_p.h"
#include "tasks/generators.h"
#include "train/streams_p.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace halftone {

namespace {

constexpr std::uint64_t maxFileBytes = 256 << 20;
constexpr std::size_t maxHops = 256;

using Json = nlohmann::json;

bool isTextList(const Json& json)
{
    return json.is_array() &&
           std::all_of(json.begin(), json.end(), [](const Json& text) { return text.is_string(); });
}

Result<TaskItem> readItem(std::string_view line, const std::string& place)
{
    const Result<Json> json = parseJsonObject(line, place);
    if (!json)
        return Unexpected(json.error());
    TaskItem item;
    item.id = place;
    const std::pair<const char*, std::string*> texts[] = {
        {"prompt", &item.prompt}, {"chain", &item.chain}, {"answer", &item.answer}};
    for (const auto& [key, target] : texts) {
        const auto found = json->find(key);
        if (found == json->end() && target == &item.chain)
            continue;
        if (found == json->end() || !found->is_string())
            return failure(ErrorCode::InvalidInput,
                           place + " needs " + inQuotes(key) + ", a text.");
        *target = found->get<std::string>();
    }
    if (const auto accepted = json->find("accepted"); accepted != json->end()) {
        if (!isTextList(*accepted))
            return failure(ErrorCode::InvalidInput, place + ": 'accepted' should be a list of "
                                                            "texts.");
        item.accepted = accepted->get<std::vector<std::string>>();
    }
    if (const auto frontier = json->find("frontier"); frontier != json->end()) {
        if (!frontier->is_array() || frontier->size() > maxHops ||
            !std::all_of(frontier->begin(), frontier->end(), isTextList))
            return failure(ErrorCode::InvalidInput,
                           place + ": 'frontier' should be a list of at most " +
                               std::to_string(maxHops) + " lists of texts, one a hop.");
        item.frontier = frontier->get<std::vector<std::vector<std::string>>>();
    }
    return item;
}

Result<std::vector<TaskItem>> readItems(const std::filesystem::path& file)
{
    const Result<std::string> text = readSmallFile(file, maxFileBytes);
    if (!text)
        return Unexpected(text.error());
    std::vector<TaskItem> items;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text->size(); ++number) {
        const std::size_t end = std::min(text->find('\n', begin), text->size());
        const std::string_view line = std::string_view(*text).substr(begin, end - begin);
        begin = end + 1;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos)
            continue;
        auto item = readItem(line, file.string() + ", line " + std::to_string(number + 1));
        if (!item)
            return Unexpected(item.error());
        items.push_back(std::move(*item));
    }
    if (items.empty())
        return failure(ErrorCode::InvalidInput, file.string() + " holds no items.");
    return items;
}

} // namespace

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
            auto items = readItems(description.file);
            if (!items)
                return Unexpected(items.error());
            source.items = std::move(*items);
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
