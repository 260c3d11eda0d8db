// permutation: "order 3 1 2 of a b c" is "c a b". inversion: "undo 3 1 2" is "2 3 1", the
// permutation p with order p of (order 3 1 2 of x) = x. The chain looks up one place after the
// other.
#include "tasks/generators_p.h"
#include "tasks/words_p.h"

#include <numeric>

namespace halftone {

namespace {

/// Of 1 to n.
std::vector<int> drawPermutation(TaskRng& rng, int n)
{
    std::vector<int> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 1);
    rng.shuffle(order);
    return order;
}

std::string numbers(const std::vector<int>& values)
{
    std::vector<std::string> words;
    for (const int value : values)
        words.push_back(std::to_string(value));
    return joined(words, " ");
}

} // namespace

Draft makePermutation(TaskRng& rng, int length, const TaskOptions&)
{
    std::vector<std::string> letters;
    for (char c = 'a'; c <= 'l'; ++c)
        letters.emplace_back(1, c);
    rng.shuffle(letters);
    letters.resize(static_cast<std::size_t>(length));
    const std::vector<int> order = drawPermutation(rng, length);

    Draft draft;
    std::vector<std::string> steps;
    std::vector<std::string> result;
    for (const int place : order) {
        result.push_back(letters[static_cast<std::size_t>(place) - 1]);
        steps.push_back(std::to_string(place) + " is " + result.back() + ".");
    }
    draft.item.prompt = "order " + numbers(order) + " of " + joined(letters, " ");
    draft.item.chain = joined(steps, " ");
    draft.item.answer = joined(result, " ");
    draft.question = draft.item.prompt;
    return draft;
}

Draft makeInversion(TaskRng& rng, int length, const TaskOptions&)
{
    const std::vector<int> order = drawPermutation(rng, length);
    std::vector<int> inverse(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        inverse[static_cast<std::size_t>(order[i]) - 1] = static_cast<int>(i) + 1;

    Draft draft;
    std::vector<std::string> steps;
    for (std::size_t i = 0; i < inverse.size(); ++i)
        steps.push_back(std::to_string(i + 1) + " at " + std::to_string(inverse[i]) + ".");
    draft.item.prompt = "undo " + numbers(order);
    draft.item.chain = joined(steps, " ");
    draft.item.answer = numbers(inverse);
    draft.question = draft.item.prompt;
    return draft;
}

} // namespace halftone
