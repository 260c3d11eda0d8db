// walks: "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern", a tree of arrows
// with one or two true forks, and arrows that lead nowhere from the start.
#include "tasks/generators_p.h"
#include "tasks/words_p.h"

#include <algorithm>

namespace halftone {

namespace {

struct Arrow
{
    std::string from;
    std::string to;
};

/// Nodes of the tree by hop from the start, each with its parent's place in the hop before.
struct Node
{
    std::string name;
    std::size_t parent = 0;
};
using Levels = std::vector<std::vector<Node>>;

class Names
{
public:
    explicit Names(TaskRng& rng)
        : m_words(nodeWords())
    {
        rng.shuffle(m_words);
    }
    std::string next()
    {
        std::string word = std::move(m_words.back());
        m_words.pop_back();
        return word;
    }

private:
    std::vector<std::string> m_words;
};

/// Adds a way from node `at` of level `from` to a new end on level `to`.
void grow(Levels& levels, Names& names, std::size_t from, std::size_t at, std::size_t to)
{
    for (std::size_t level = from + 1; level <= to; ++level) {
        levels[level].push_back({names.next(), at});
        at = levels[level].size() - 1;
    }
}

bool isEnd(const Levels& levels, std::size_t level, std::size_t at)
{
    return level + 1 == levels.size() ||
           std::ranges::none_of(levels[level + 1],
                                [&](const Node& node) { return node.parent == at; });
}

/// The nodes from the first hop to this one.
std::string wayTo(const Levels& levels, std::size_t level, std::size_t at)
{
    std::string way = levels[level][at].name;
    while (level > 1) {
        at = levels[level][at].parent;
        way.insert(0, levels[--level][at].name + " ");
    }
    return way;
}

} // namespace

Draft makeWalk(TaskRng& rng, int hops, const TaskOptions& options)
{
    Names names(rng);
    const auto length = static_cast<std::size_t>(hops);
    Levels levels(length + 1);
    levels[0].push_back({names.next(), 0});
    grow(levels, names, 0, 0, length);
    if (options.forks) {
        // Twice in three times one fork. Other ways end with the first, or one hop sooner.
        const int forks = rng.chance(1.0 / 3) ? 2 : 1;
        for (int i = 0; i < forks; ++i) {
            const std::size_t from = rng.below(length);
            const std::size_t at = rng.below(levels[from].size());
            if (isEnd(levels, from, at))
                continue;
            const bool sooner = length - from > 1 && rng.chance(0.5);
            grow(levels, names, from, at, sooner ? length - 1 : length);
        }
    }

    std::vector<Arrow> arrows;
    for (std::size_t level = 1; level < levels.size(); ++level)
        for (const Node& node : levels[level])
            arrows.push_back({levels[level - 1][node.parent].name, node.name});
    for (int decoys = rng.between(0, 2); decoys > 0; --decoys) {
        std::string from = names.next();
        arrows.push_back({std::move(from), names.next()});
    }
    rng.shuffle(arrows);

    Draft draft;
    std::vector<std::string> facts;
    for (const Arrow& arrow : arrows)
        facts.push_back(arrow.from + " " + arrow.to + " .");
    const std::string from = " from " + levels[0][0].name;
    draft.item.prompt = joined(facts, " ") + from;
    std::ranges::sort(facts);
    draft.question = joined(facts, " ") + from;

    struct End
    {
        std::size_t level;
        std::size_t at;
    };
    std::vector<End> ends;
    for (std::size_t level = 0; level < levels.size(); ++level) {
        draft.item.frontier.emplace_back();
        for (std::size_t at = 0; at < levels[level].size(); ++at) {
            draft.item.frontier.back().push_back(levels[level][at].name);
            if (isEnd(levels, level, at))
                ends.push_back({level, at});
        }
    }
    rng.shuffle(ends);
    draft.item.chain = wayTo(levels, ends[0].level, ends[0].at);
    draft.item.answer = levels[ends[0].level][ends[0].at].name;
    for (std::size_t i = 1; i < ends.size(); ++i)
        draft.item.accepted.push_back(levels[ends[i].level][ends[i].at].name);
    return draft;
}

} // namespace halftone
