// Reasoning tasks that are made, not read: as many questions as wanted, each with a right chain of
// thought and, where there is a graph, the nodes that each hop can reach.
//
// Item n depends on the task, the seed, n, the split and the options, never on the count, so that a
// trainer can go on where it stopped. A split is a property of the question itself (a hash of it,
// whatever the order in which it states its facts): no question is in two splits, of any seed or
// options. Within a split a short question can come twice: there are only so many.
//
// All texts are words, numbers and . ? + - * / ( ) = : with ordinary words around them, so that any
// tokenizer reads them; those of walks and sums are exactly the starter's
// (tests/models/starter/README.md).
#pragma once

#include "base/result.h"
#include "tasks/task.h"

#include <string_view>

namespace halftone {

/// Eight questions in ten are for training, one for validation, one for testing.
enum class Split : std::uint8_t
{
    Train,
    Validation,
    Test,
};

[[nodiscard]] std::string_view nameOf(Split);

struct GeneratedTask
{
    std::string name;           // "graph"
    std::string summary;        // a sentence
    std::string difficultyUnit; // "hops"
    AnswerRule rule = AnswerRule::LastWord;
    int least = 1; // the difficulties that it can make
    int most = 1;
    int usualLeast = 1; // those that it makes when none is asked for
    int usualMost = 1;
};

/// graph, walks, sums, arithmetic, permutation, inversion, countdown, recall.
[[nodiscard]] const std::vector<GeneratedTask>& generatedTasks();

struct TaskOptions
{
    int leastDifficulty = 0; // 0: usual. difficulties are drawn evenly
    int mostDifficulty = 0;  // 0: usual
    /// walks, graph: a second way leaves the first one. Without, no choice needs looking ahead.
    bool forks = true;
    bool think = true; // prompts end with an open <think>
};

struct TaskRequest
{
    std::string task;
    std::uint64_t seed = 1;
    std::uint64_t first = 0; // index of the first item
    std::int64_t count = 100;
    Split split = Split::Train;
    TaskOptions options = {};
};

inline constexpr std::int64_t maxGeneratedItems = 1'000'000;

/// Fails with InvalidArgument for an unknown task, a count or difficulties out of range, and
/// difficulties at which no question falls into the split.
[[nodiscard]] Result<TaskSet> generate(const TaskRequest&);

} // namespace halftone
