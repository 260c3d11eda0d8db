// How much of what was fed, and of what the model foresaw, lies on the nodes that a hop of a graph
// can reach, and how many of them are held open: the mean over items of what analysis/frontier.h
// says of each step of their stored traces.
#pragma once

#include "tasks/promptgraph.h"
#include "tasks/task.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace halftone {

/// Over items, since samples of one item are not independent: an item counts by the mean of its
/// samples, a sample by the mean of its steps on the hop.
struct ItemMean
{
    double mean = std::numeric_limits<double>::quiet_NaN();
    double standardError = std::numeric_limits<double>::quiet_NaN();
    std::int64_t items = 0;
};

/// The parts of a distribution as FrontierShares has them, and how open it holds the frontier.
struct HopWeights
{
    ItemMean frontier;
    ItemMean optimal;
    ItemMean decoys;
    ItemMean otherNodes;
    ItemMean elsewhere;
    ItemMean unrecorded;
    ItemMean nodes;          // of the frontier
    ItemMean effectiveNodes; // of them in the distribution
    // The same of the items alone whose frontier has two nodes at least.
    ItemMean nodesAtForks;
    ItemMean effectiveNodesAtForks;
};

struct HopReport
{
    int hop = 0;
    HopWeights fed; // of tokens and mixtures; a hidden state has none
    HopWeights raw; // of the raw distribution
};

struct FrontierReport
{
    std::int64_t samples = 0; // with a step that belongs to a hop
    std::int64_t leftOut = 0; // items with a frontier whose prompt is in no form that is read
    std::vector<HopReport> hops;
};

/// Frontier and optimal nodes as the item knows them, form and other nodes as its prompt tells;
/// nothing where the prompt tells no graph.
[[nodiscard]] std::optional<PromptGraph> graphOf(const TaskItem&);

/// Of one setting.
class FrontierMeter
{
public:
    /// The samples of one item.
    void add(const PromptGraph&, std::span<const std::vector<StepRecord>> samples,
             const std::shared_ptr<const TokenTable>&);
    /// One that has no graph.
    void leaveOut() { ++m_leftOut; }
    [[nodiscard]] FrontierReport report() const;

private:
    using Figures = std::array<std::vector<double>, 10>; // of HopWeights, in its order, by item
    struct Hop
    {
        Figures fed;
        Figures raw;
    };

    std::map<int, Hop> m_hops;
    std::int64_t m_samples = 0;
    std::int64_t m_leftOut = 0;
};

} // namespace halftone
