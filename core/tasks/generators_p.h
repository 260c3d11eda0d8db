// One function a task. Each makes a question of the given difficulty, without its <think>, and says
// what the question is apart from the order of its facts.
#pragma once

#include "tasks/generators.h"
#include "tasks/taskrng_p.h"

namespace halftone {

struct Draft
{
    TaskItem item; // without id and difficulty
    /// The same for questions that differ only in the order of their facts.
    std::string question;
};

[[nodiscard]] Draft makeGraph(TaskRng&, int hops, const TaskOptions&);
[[nodiscard]] Draft makeWalk(TaskRng&, int hops, const TaskOptions&);
[[nodiscard]] Draft makeSum(TaskRng&, int operands, const TaskOptions&);
[[nodiscard]] Draft makeStory(TaskRng&, int operations, const TaskOptions&);
[[nodiscard]] Draft makePermutation(TaskRng&, int length, const TaskOptions&);
[[nodiscard]] Draft makeInversion(TaskRng&, int length, const TaskOptions&);
[[nodiscard]] Draft makeCountdown(TaskRng&, int numbers, const TaskOptions&);
[[nodiscard]] Draft makeRecall(TaskRng&, int facts, const TaskOptions&);

} // namespace halftone
