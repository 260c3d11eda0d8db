// Where a run's thinking steps are in the graph of its prompt (tasks/promptgraph.h): the hop of
// each step, how much of its mixture and of its raw distribution lies on the nodes that this hop
// can reach, and which candidates those are. Grows with the run. Not shared between threads.
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

struct FrontierStep
{
    std::optional<int> hop; // none: not a thinking step, or not about a node
    std::string begun;      // of a name that earlier tokens have begun
    /// Weight on the frontier of what was fed: 1 or 0 for a token, the sum over the named
    /// components for a mixture. NaN without a hop and for hidden states.
    double mixture = std::numeric_limits<double>::quiet_NaN();
    /// Raw probability of the frontier (T = 1, full vocabulary), over the recorded candidates. NaN
    /// without a hop.
    double raw = std::numeric_limits<double>::quiet_NaN();
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
    [[nodiscard]] Reach reachOf(const FrontierStep&, TokenId) const;

    PromptGraph m_graph;
    std::shared_ptr<const TokenTable> m_tokens;
    HopReader m_reader;
    std::vector<FrontierStep> m_steps;
};

} // namespace halftone
