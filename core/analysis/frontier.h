// Where a run's thinking steps are in the graph of its prompt (tasks/promptgraph.h): the hop of
// each step, how its mixture and its raw distribution are spread over the graph, and which
// candidates this hop can reach. Grows with the run. Not shared between threads.
#pragma once

#include "tasks/promptgraph.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace halftone {

/// What a token is at a hop. One that begins a longer name is what that name is, the best where it
/// begins several.
enum class Reach : std::uint8_t
{
    None,   // not of this hop
    Decoy,  // reachable at this hop, on no shortest way to the answer
    Optimal // reachable, and on a shortest way; of a walk every reachable node
};

/// The parts of a distribution at a hop, fractions of 1. Frontier, other nodes, elsewhere and
/// unrecorded make up all of it; optimal and decoys the frontier. NaN where there is nothing to
/// tell.
struct FrontierShares
{
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();
    double frontier = none;
    double optimal = none; // NaN, as are decoys, where every way is right
    double decoys = none;
    double otherNodes = none; // of the graph, not of this hop
    double elsewhere = none;  // on tokens that begin no node
    double unrecorded = none; // on tokens that the trace does not keep
    /// How many nodes of the frontier share its part as if evenly: exp of the entropy over them, 1
    /// for a token. A token that begins several names counts for the first of them. NaN where the
    /// frontier has no part, and where a name is begun already: the choice is made before.
    double effectiveNodes = none;
};

struct FrontierStep
{
    std::optional<int> hop; // none: no thought, or not about a node
    std::string begun;      // of a name that earlier tokens have begun
    FrontierShares fed;     // weights of a token or mixture; NaN without a hop and of hidden states
    FrontierShares raw;     // T = 1, full vocabulary, over the recorded candidates
};

class FrontierTrace
{
public:
    FrontierTrace(PromptGraph, std::shared_ptr<const TokenTable>);

    [[nodiscard]] const PromptGraph& graph() const { return m_graph; }
    /// The next steps of the run.
    void append(std::span<const StepRecord>);
    [[nodiscard]] const std::vector<FrontierStep>& steps() const { return m_steps; }
    /// None for a step without a hop.
    [[nodiscard]] Reach reachOf(std::size_t step, TokenId) const;

private:
    using Weights = std::vector<std::pair<TokenId, double>>;
    [[nodiscard]] FrontierShares sharesOf(const FrontierStep&, const Weights&) const;

    PromptGraph m_graph;
    std::shared_ptr<const TokenTable> m_tokens;
    HopReader m_reader;
    std::vector<FrontierStep> m_steps;
};

} // namespace halftone
