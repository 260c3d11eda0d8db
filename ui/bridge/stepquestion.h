// A question about one step of a run that costs forward passes. It is answered beside the run, from
// a fork of its cache or from its record fed again: run, cache and timings stay as they are.
#pragma once

#include "base/ids.h"
#include "engine/collapse.h"
#include "trace/steprecord.h"

#include <variant>

namespace halftone::ui {

/// How far is what follows the step's mixture from what follows its parts?
struct ProbeQuestion
{
    StepIndex step;
};

/// Or: what had followed, had the step been discrete?
using StepQuestion = std::variant<ProbeQuestion, CollapsePlan>;

struct StepAnswer
{
    RunId run;
    StepIndex step;
    std::variant<MixtureProbe, Collapse> found;
};

[[nodiscard]] inline StepIndex stepOf(const StepQuestion& question)
{
    return std::visit([](const auto& q) { return q.step; }, question);
}

} // namespace halftone::ui
