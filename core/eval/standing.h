// How far a stored evaluation has come.
#pragma once

#include "eval/plan.h"
#include "store/evaluationstore.h"

#include <cstdint>
#include <optional>

namespace halftone {

struct EvaluationStanding
{
    /// Where the plan takes all items of a file, those are counted that have been begun: at least
    /// so many.
    std::int64_t samplesPlanned = 0;
    bool atLeast = false;
    bool finished = false;
};

/// How many items the plan takes; 0: as many as its file holds.
[[nodiscard]] std::int64_t itemsPlanned(const EvaluationPlan&);

/// Items are begun one after another and each under every setting and seed, so one that is not
/// complete, or one that is planned and was not begun, tells that there is more to come.
[[nodiscard]] EvaluationStanding standingOf(const EvaluationInfo&, const EvaluationPlan&);
/// By the plan that is stored with it; none where that cannot be read.
[[nodiscard]] std::optional<EvaluationStanding> standingOf(const EvaluationInfo&);

} // namespace halftone
