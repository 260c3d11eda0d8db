// The nodes of a directed graph by hop, for sets and prompts that hold one.
#pragma once

#include <span>
#include <utility>
#include <vector>

namespace halftone {

struct HopSets
{
    /// By hop from 0, nodes ascending: those that exactly so many edges can reach. Ends with the
    /// hop of the nearest target; without targets, when nothing is left to reach.
    std::vector<std::vector<int>> reachable;
    /// Of each of these the nodes on a shortest way to a nearest target; empty without targets.
    std::vector<std::vector<int>> optimal;
};

/// All sets empty when there are targets and none is reached. `mostHops` bounds what goes in
/// circles.
[[nodiscard]] HopSets hopSets(int nodes, std::span<const std::pair<int, int>> edges, int root,
                              std::span<const int> targets, int mostHops);

} // namespace halftone
