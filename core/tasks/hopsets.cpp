#include "tasks/hopsets_p.h"

#include <algorithm>
#include <queue>
#include <set>

namespace halftone {

namespace {

using Nodes = std::vector<std::vector<int>>; // by node: its neighbours

/// Hops from the nearest of `starts`, -1 where no way leads.
std::vector<int> distances(const Nodes& next, std::span<const int> starts)
{
    std::vector<int> hops(next.size(), -1);
    std::queue<int> open;
    for (const int start : starts) {
        open.push(start);
        hops[static_cast<std::size_t>(start)] = 0;
    }
    while (!open.empty()) {
        const auto node = static_cast<std::size_t>(open.front());
        open.pop();
        for (const int other : next[node])
            if (hops[static_cast<std::size_t>(other)] < 0) {
                hops[static_cast<std::size_t>(other)] = hops[node] + 1;
                open.push(other);
            }
    }
    return hops;
}

} // namespace

HopSets hopSets(int nodes, std::span<const std::pair<int, int>> edges, int root,
                std::span<const int> targets, int mostHops)
{
    Nodes forward(static_cast<std::size_t>(nodes));
    Nodes backward(static_cast<std::size_t>(nodes));
    for (const auto& [from, to] : edges) {
        forward[static_cast<std::size_t>(from)].push_back(to);
        backward[static_cast<std::size_t>(to)].push_back(from);
    }
    const std::vector<int> fromRoot = distances(forward, std::span(&root, 1));
    const std::vector<int> toTarget = distances(backward, targets);
    const int length = toTarget[static_cast<std::size_t>(root)];
    HopSets sets;
    if (!targets.empty() && (length < 0 || length > mostHops))
        return sets;
    std::set<int> reached{root};
    for (int hop = 0; hop <= (targets.empty() ? mostHops : length) && !reached.empty(); ++hop) {
        sets.reachable.emplace_back(reached.begin(), reached.end());
        if (!targets.empty())
            sets.optimal.emplace_back();
        std::set<int> next;
        for (const int node : reached) {
            const auto at = static_cast<std::size_t>(node);
            if (!targets.empty() && fromRoot[at] == hop && toTarget[at] == length - hop)
                sets.optimal.back().push_back(node);
            next.insert(forward[at].begin(), forward[at].end());
        }
        reached = std::move(next);
    }
    return sets;
}

} // namespace halftone
