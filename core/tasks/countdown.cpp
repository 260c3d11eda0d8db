// countdown: "make 24 from 3 8 5 2", each number used once. The chain is a search: whole attempts,
// each ended by "no." or "yes."; intermediate results are whole and stay within 1 to 99.
#include "tasks/generators_p.h"
#include "tasks/words_p.h"

#include <algorithm>

namespace halftone {

namespace {

constexpr int mostValue = 99;
constexpr int mostFailures = 3; // attempts that fail before the right one

struct Term
{
    int value = 0;
    std::string text; // in parentheses where it is no single number
};

struct Attempt
{
    Term result;
    std::string steps;
};

struct Operation
{
    char sign;
    int result;
};

/// At least one: of two equal values the quotient, of two others the difference.
std::vector<Operation> possible(int larger, int smaller)
{
    std::vector<Operation> list;
    if (larger + smaller <= mostValue)
        list.push_back({'+', larger + smaller});
    if (larger > smaller)
        list.push_back({'-', larger - smaller});
    if (smaller > 1 && larger * smaller <= mostValue)
        list.push_back({'*', larger * smaller});
    if (larger % smaller == 0 && (smaller > 1 || larger == 1))
        list.push_back({'/', larger / smaller});
    return list;
}

Attempt attempt(TaskRng& rng, const std::vector<int>& numbers)
{
    std::vector<Term> terms;
    for (const int number : numbers)
        terms.push_back({number, std::to_string(number)});
    Attempt made;
    while (terms.size() > 1) {
        rng.shuffle(terms);
        Term first = std::move(terms.back());
        terms.pop_back();
        Term second = std::move(terms.back());
        terms.pop_back();
        if (first.value < second.value)
            std::swap(first, second);
        const Operation chosen = rng.pick(possible(first.value, second.value));
        const std::string sign = std::string(" ") + chosen.sign + " ";
        made.steps += std::to_string(first.value) + sign + std::to_string(second.value) + " = " +
                      std::to_string(chosen.result) + ". ";
        std::string text = first.text + sign + second.text;
        if (!terms.empty())
            text = "(" + text + ")";
        terms.push_back({chosen.result, std::move(text)});
    }
    made.result = std::move(terms[0]);
    return made;
}

} // namespace

Draft makeCountdown(TaskRng& rng, int count, const TaskOptions&)
{
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i)
        numbers.push_back(rng.between(1, 20));
    Attempt right = attempt(rng, numbers);
    const int target = right.result.value;

    Draft draft;
    for (int failures = rng.between(0, mostFailures); failures > 0; --failures) {
        Attempt other = attempt(rng, numbers);
        if (other.result.value == target) {
            right = std::move(other);
            break;
        }
        draft.item.chain += other.steps + "no. ";
    }
    draft.item.chain += right.steps + "yes.";
    draft.item.answer = right.result.text;

    const auto question = [&] {
        std::vector<std::string> words;
        for (const int number : numbers)
            words.push_back(std::to_string(number));
        return "make " + std::to_string(target) + " from " + joined(words, " ");
    };
    draft.item.prompt = question();
    std::ranges::sort(numbers);
    draft.question = question();
    return draft;
}

} // namespace halftone
