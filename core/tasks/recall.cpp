// recall: "Every gand is a nilt. Sam is a bust. recall Sam gand" is "bust nilt". Nothing but
// looking up, several times over, what graph does on its way: a small model learns to follow graphs
// soon after it has learnt this, and can take very long without.
#include "tasks/generators_p.h"
#include "tasks/words_p.h"

#include <algorithm>
#include <cstddef>

namespace halftone {

namespace {

constexpr std::size_t mostAsked = 8;
constexpr double personShare = 0.3;

struct Fact
{
    std::string name;
    std::string what;
    std::string sentence;
};

std::vector<Fact> drawFacts(TaskRng& rng, std::size_t count)
{
    std::vector<std::string> words = nodeWords();
    rng.shuffle(words);
    std::vector<std::string> persons = personNames();
    rng.shuffle(persons);
    std::vector<Fact> facts;
    while (facts.size() < count) {
        Fact fact;
        const bool person = !persons.empty() && rng.chance(personShare);
        std::vector<std::string>& names = person ? persons : words;
        fact.name = names.back();
        names.pop_back();
        do
            fact.what = rng.pick(nodeWords());
        while (fact.what == fact.name);
        fact.sentence = (person ? "" : "Every ") + fact.name + " is a " + fact.what + ".";
        facts.push_back(std::move(fact));
    }
    return facts;
}

} // namespace

Draft makeRecall(TaskRng& rng, int count, const TaskOptions&)
{
    std::vector<Fact> facts = drawFacts(rng, static_cast<std::size_t>(count));
    std::vector<std::string> told;
    for (const Fact& fact : facts)
        told.push_back(fact.sentence);
    rng.shuffle(facts);
    facts.resize(std::min(facts.size(), mostAsked));
    std::vector<std::string> names;
    std::vector<std::string> steps;
    std::vector<std::string> result;
    for (const Fact& fact : facts) {
        names.push_back(fact.name);
        steps.push_back(fact.sentence);
        result.push_back(fact.what);
    }
    const std::string question = " recall " + joined(names, " ");

    Draft draft;
    draft.item.prompt = joined(told, " ") + question;
    draft.item.chain = joined(steps, " ");
    draft.item.answer = joined(result, " ");
    std::ranges::sort(told);
    draft.question = joined(told, " ") + question;
    return draft;
}

} // namespace halftone
