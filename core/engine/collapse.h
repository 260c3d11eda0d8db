// "Collapse here": what the next steps of a run would have been had one of its soft steps been
// discrete. On a fork of the cache one of the mixture's tokens is fed in its place, and the run
// goes on from there; beside it the recorded inputs are fed again, so that the two can be compared
// step by step. The run and its cache stay as they are, and none of this counts in its timings.
//
// Engine thread.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "engine/session.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// Which of the mixture's tokens is fed instead of it.
enum class CollapseTo : std::uint8_t
{
    Heaviest,
    Second, // the second heaviest
    Drawn,  // by the weights and the run's seed: always the same one for a step
};

/// "heaviest", "second", "drawn"
[[nodiscard]] std::string_view name(CollapseTo);

struct CollapsePlan
{
    StepIndex step;
    std::int64_t steps = 16; // how many follow it, at most
    CollapseTo to = CollapseTo::Heaviest;
    bool greedy = false; // they take the most probable token; else they decide as the run does
    bool operator==(const CollapsePlan&) const = default;
};

inline constexpr std::int64_t maxCollapseSteps = 10'000;

struct Collapse
{
    CollapsePlan plan;
    TokenId token;    // fed in the mixture's place
    float weight = 0; // its weight in the mixture
    /// The collapsed step and those after it, as recorded and as they would have been; each ends
    /// early where its run ends.
    std::vector<StepRecord> original;
    std::vector<StepRecord> collapsed;
    /// Of the raw distributions of each pair: Jensen-Shannon, nats, T = 1, full vocabulary. The
    /// first pair's is 0, as both decide the collapsed step after the same history.
    std::vector<double> divergence;
    /// The first pair after the collapsed step that shows different tokens; absent: none does.
    std::optional<StepIndex> firstDifference;
    /// Under which the collapsed steps were taken, where they are not the run's own.
    std::optional<RunSettings> settings;
};

/// Why there is nothing to collapse at the step, as a sentence; empty where there is.
[[nodiscard]] std::string whyNotCollapsible(const StepRecord&);

/// `recorded` are the run's steps from decision 0 on, and `session` holds those before plan.step at
/// least. Fails with InvalidArgument (no such step, one token was fed, no second one, steps out of
/// range), Cancelled and what the model fails with.
[[nodiscard]] Result<Collapse> collapse(const Session& session,
                                        std::span<const StepRecord> recorded, const CollapsePlan&,
                                        const ProgressFn& = {}, const CancelToken& = {});

} // namespace halftone
