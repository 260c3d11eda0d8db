#include "tasks/generators.h"

#include "format/text_p.h"
#include "tasks/generators_p.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <optional>

namespace halftone {

namespace {

struct Maker
{
    GeneratedTask task;
    Draft (*make)(TaskRng&, int difficulty, const TaskOptions&);
    std::uint32_t stream; // of the random numbers: never changed, or items change with it
};

const std::vector<Maker>& makers()
{
    static const std::vector<Maker> all{
        {{"graph",
          "Which of two things somebody is, by a chain of 'every … is a …' (after ProsQA).", "hops",
          AnswerRule::LastWord, 1, 8, 2, 5},
         makeGraph,
         101},
        {{"walks", "A walk along arrows to an end; any end is right.", "hops", AnswerRule::LastWord,
          1, 8, 2, 4},
         makeWalk,
         102},
        {{"sums", "Running sums of digits modulo 10.", "operands", AnswerRule::LastWord, 1, 16, 2,
          5},
         makeSum,
         103},
        {{"arithmetic", "Word problems of several operations, running results as the chain.",
          "operations", AnswerRule::LastWord, 1, 12, 1, 5},
         makeStory,
         104},
        {{"permutation", "Letters put in a given order.", "letters", AnswerRule::Sequence, 2, 12, 3,
          6},
         makePermutation,
         105},
        {{"inversion", "The permutation that undoes a given one.", "numbers", AnswerRule::Sequence,
          2, 12, 4, 8},
         makeInversion,
         106},
        {{"countdown",
          "A target reached from numbers, each used once, with the search as the chain.", "numbers",
          AnswerRule::Expression, 2, 4, 4, 4},
         makeCountdown,
         107},
        {{"recall", "What a list of facts says of some of its names.", "facts",
          AnswerRule::Sequence, 1, 16, 4, 10},
         makeRecall,
         108},
    };
    return all;
}

const Maker* findMaker(std::string_view name)
{
    for (const Maker& maker : makers())
        if (maker.task.name == name)
            return &maker;
    return nullptr;
}

Split splitOf(std::string_view question)
{
    switch (XXH3_64bits(question.data(), question.size()) % 10) {
    case 0:
        return Split::Validation;
    case 1:
        return Split::Test;
    default:
        return Split::Train;
    }
}

struct Range
{
    int least = 0;
    int most = 0;
};

Result<Range> difficulties(const GeneratedTask& task, const TaskOptions& options)
{
    Range range{options.leastDifficulty != 0 ? options.leastDifficulty : task.usualLeast,
                options.mostDifficulty != 0 ? options.mostDifficulty : task.usualMost};
    // One bound beyond the usual of the other says enough.
    if (options.mostDifficulty == 0)
        range.most = std::max(range.most, range.least);
    if (options.leastDifficulty == 0)
        range.least = std::min(range.least, range.most);
    if (range.least < task.least || range.most > task.most || range.least > range.most)
        return failure(ErrorCode::InvalidArgument,
                       "The task " + task.name + " makes questions of " +
                           std::to_string(task.least) + " to " + std::to_string(task.most) + " " +
                           task.difficultyUnit + ", and " + std::to_string(range.least) + " to " +
                           std::to_string(range.most) + " were asked for.");
    return range;
}

/// A question of the split falls within ten or twenty attempts; this many fail only where the
/// difficulty leaves a handful of questions, none of them in the split.
constexpr int maxAttempts = 2000;

std::optional<TaskItem> makeItem(const Maker& maker, const TaskRequest& request, Range range,
                                 std::uint64_t index)
{
    TaskRng rng(request.seed, index, maker.stream);
    for (int attempt = 0; attempt < maxAttempts; ++attempt) {
        const int difficulty = rng.between(range.least, range.most);
        Draft draft = maker.make(rng, difficulty, request.options);
        if (splitOf(draft.question) != request.split)
            continue;
        char number[24];
        std::snprintf(number, sizeof number, "%06llu", static_cast<unsigned long long>(index));
        draft.item.id = maker.task.name + "-" + std::string(nameOf(request.split)) + "-" +
                        std::to_string(request.seed) + "-" + number;
        draft.item.difficulty = difficulty;
        if (request.options.think)
            draft.item.prompt += " <think>";
        return std::move(draft.item);
    }
    return std::nullopt;
}

} // namespace

std::string_view nameOf(Split split)
{
    switch (split) {
    case Split::Train:
        return "train";
    case Split::Validation:
        return "validation";
    case Split::Test:
        break;
    }
    return "test";
}

const std::vector<GeneratedTask>& generatedTasks()
{
    static const std::vector<GeneratedTask> tasks = [] {
        std::vector<GeneratedTask> list;
        for (const Maker& maker : makers())
            list.push_back(maker.task);
        return list;
    }();
    return tasks;
}

Result<TaskSet> generate(const TaskRequest& request)
{
    const Maker* maker = findMaker(request.task);
    if (maker == nullptr) {
        std::string names;
        for (const GeneratedTask& task : generatedTasks())
            names += (names.empty() ? "" : ", ") + task.name;
        return failure(ErrorCode::InvalidArgument,
                       "There is no task " + inQuotes(request.task) + "; there are " + names + ".");
    }
    if (request.count < 0 || request.count > maxGeneratedItems)
        return failure(ErrorCode::InvalidArgument,
                       "A set has 0 to " + std::to_string(maxGeneratedItems) + " items, and " +
                           std::to_string(request.count) + " were asked for.");
    const auto range = difficulties(maker->task, request.options);
    if (!range)
        return Unexpected(range.error());

    TaskSet set{maker->task.name, maker->task.difficultyUnit, maker->task.rule, {}};
    set.items.reserve(static_cast<std::size_t>(request.count));
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(request.count); ++i) {
        auto item = makeItem(*maker, request, *range, request.first + i);
        if (!item)
            return failure(ErrorCode::InvalidArgument,
                           "The task " + request.task + " has no question of " +
                               std::to_string(range->least) + " to " + std::to_string(range->most) +
                               " " + maker->task.difficultyUnit + " in the " +
                               std::string(nameOf(request.split)) +
                               " split; ask for more difficult ones.");
        set.items.push_back(std::move(*item));
    }
    return set;
}

} // namespace halftone
