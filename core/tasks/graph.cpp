// graph: "Max is a zorp. Every zorp is a lemp. … Is Max a gorp or a blin?" Two persons, each with a
// graph of things in levels. Only one person is asked about; one of the two things is reached from
// that person, the other from the other person, both after as many hops, so that neither depth nor
// degree tells them apart.
#include "tasks/generators_p.h"
#include "tasks/words_p.h"

#include <algorithm>
#include <array>

namespace halftone {

namespace {

struct Edge
{
    std::string from;
    std::string to;
};

/// Names by level; level 0 is the person. The first of each level is on the way to
/// `things.back()[0]`.
struct Side
{
    std::vector<std::vector<std::string>> levels;
    std::vector<Edge> edges;
    std::vector<std::vector<std::string>> optimal; // of the levels: on a way to the target
};

class SideMaker
{
public:
    SideMaker(TaskRng& rng, std::vector<std::string>& words)
        : m_rng(rng)
        , m_words(words)
    {
    }

    Side make(const std::string& person, std::size_t hops, bool forks)
    {
        Side side;
        side.levels = {{person}};
        for (std::size_t level = 1; level <= hops; ++level) {
            side.levels.push_back({word()});
            side.edges.push_back({side.levels[level - 1][0], side.levels[level][0]});
            if (!forks)
                continue;
            // A decoy, and sometimes a second way between things that are there already. Edges go
            // one level on, so that every way to the target has the same length.
            if (level == 1 || m_rng.chance(0.6)) {
                side.levels[level].push_back(word());
                side.edges.push_back(
                    {m_rng.pick(side.levels[level - 1]), side.levels[level].back()});
            }
            if (side.levels[level - 1].size() > 1 && m_rng.chance(0.4))
                addEdge(side, level);
        }
        findOptimal(side);
        return side;
    }

private:
    std::string word()
    {
        std::string taken = std::move(m_words.back());
        m_words.pop_back();
        return taken;
    }

    void addEdge(Side& side, std::size_t level)
    {
        Edge edge{m_rng.pick(side.levels[level - 1]), m_rng.pick(side.levels[level])};
        const auto same = [&](const Edge& other) {
            return other.from == edge.from && other.to == edge.to;
        };
        if (std::ranges::none_of(side.edges, same))
            side.edges.push_back(std::move(edge));
    }

    static void findOptimal(Side& side)
    {
        side.optimal.resize(side.levels.size());
        side.optimal.back() = {side.levels.back()[0]};
        for (std::size_t level = side.levels.size() - 1; level-- > 0;)
            for (const std::string& name : side.levels[level])
                if (std::ranges::any_of(side.edges, [&](const Edge& edge) {
                        return edge.from == name &&
                               std::ranges::count(side.optimal[level + 1], edge.to) > 0;
                    }))
                    side.optimal[level].push_back(name);
    }

    TaskRng& m_rng;
    std::vector<std::string>& m_words;
};

std::string sentence(const std::string& from, const std::string& to, bool person)
{
    return (person ? from : "Every " + from) + " is a " + to + ".";
}

/// Of the ways to the target one at random.
std::string rightWay(TaskRng& rng, const Side& side)
{
    std::string chain;
    const std::string* at = &side.levels[0][0];
    for (std::size_t level = 1; level < side.levels.size(); ++level) {
        std::vector<const std::string*> next;
        for (const Edge& edge : side.edges)
            if (edge.from == *at && std::ranges::count(side.optimal[level], edge.to) > 0)
                next.push_back(&edge.to);
        const std::string* to = rng.pick(next);
        chain += (level > 1 ? " " : "") + sentence(*at, *to, level == 1);
        at = to;
    }
    return chain;
}

} // namespace

Draft makeGraph(TaskRng& rng, int hops, const TaskOptions& options)
{
    std::vector<std::string> words = nodeWords();
    rng.shuffle(words);
    std::vector<std::string> persons = personNames();
    rng.shuffle(persons);
    SideMaker maker(rng, words);
    const auto length = static_cast<std::size_t>(hops);
    std::array<Side, 2> sides{maker.make(persons[0], length, options.forks),
                              maker.make(persons[1], length, options.forks)};

    std::vector<std::string> facts;
    for (const Side& side : sides)
        for (const Edge& edge : side.edges)
            facts.push_back(sentence(edge.from, edge.to, edge.from == side.levels[0][0]));
    rng.shuffle(facts);

    const Side& asked = sides[0];
    const std::string& target = asked.levels.back()[0];
    std::vector<std::string> choices{target, sides[1].levels.back()[0]};
    rng.shuffle(choices);
    const auto question = [&] {
        return " Is " + persons[0] + " a " + choices[0] + " or a " + choices[1] + "?";
    };

    Draft draft;
    draft.item.prompt = joined(facts, " ") + question();
    draft.item.chain = rightWay(rng, asked);
    draft.item.answer = target;
    draft.item.frontier = asked.levels;
    draft.item.optimal = asked.optimal;
    std::ranges::sort(facts);
    std::ranges::sort(choices);
    draft.question = joined(facts, " ") + question();
    return draft;
}

} // namespace halftone
