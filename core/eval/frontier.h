// How much of what was fed, and of what the model foresaw, lies on the nodes that a hop of a graph
// can reach: measured on the stored traces of items that know their frontier.
//
// A thinking step belongs to the hop of the token that stands in its place in the reference chain,
// where that is a node; a hop is the first on which its node is reached. A chain of nodes alone
// goes on beyond its end up to the last hop. A hidden state stands for a whole step of a chain: the
// n-th for hop n.
#pragma once

#include "tasks/task.h"
#include "tokenizer/tokenizer.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace halftone {

/// Over items, since samples of one item are not independent: an item counts by the mean of its
/// samples, a sample by the mean of its steps on the hop.
struct MeanWeight
{
    double mean = std::numeric_limits<double>::quiet_NaN();
    double standardError = std::numeric_limits<double>::quiet_NaN();
    std::int64_t items = 0;
};

/// The parts of a distribution. Frontier, other nodes, elsewhere and unrecorded make up all of it;
/// optimal and decoys the frontier, of items that tell them apart.
struct HopWeights
{
    MeanWeight frontier;
    MeanWeight optimal;
    MeanWeight decoys;     // reached by this hop, and not optimal
    MeanWeight otherNodes; // of the graph
    MeanWeight elsewhere;  // on tokens that are no nodes
    MeanWeight unrecorded; // on tokens that the trace does not keep
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
    std::int64_t leftOut = 0; // items whose nodes are not one token each
    std::vector<HopReport> hops;
};

/// A graph in the tokens of a model.
struct TokenGraph
{
    std::vector<std::vector<TokenId>> frontier; // by hop
    std::vector<std::vector<TokenId>> optimal;  // empty where every way is right
    std::vector<TokenId> nodes;                 // all, ascending
    std::vector<std::optional<std::size_t>> hopOfThought;
};

/// Nothing where a node is not one token of its own. The other nodes are read from the prompt,
/// where each fact is a sentence that begins with a node, or with "Every" and a node, and ends with
/// one. `pieces` are the model's as the traces have them.
[[nodiscard]] std::optional<TokenGraph> tokenGraph(const TaskItem&, const Tokenizer&,
                                                   const TokenTable& pieces);

/// Of one setting.
class FrontierMeter
{
public:
    /// The samples of one item.
    void add(const TokenGraph&, std::span<const std::vector<StepRecord>> samples);
    /// One whose graph has no tokens.
    void leaveOut() { ++m_leftOut; }
    [[nodiscard]] FrontierReport report() const;

private:
    using Parts = std::array<std::vector<double>, 6>; // of HopWeights, in its order, by item
    struct Hop
    {
        Parts fed;
        Parts raw;
    };

    std::map<std::size_t, Hop> m_hops;
    std::int64_t m_samples = 0;
    std::int64_t m_leftOut = 0;
};

} // namespace halftone
