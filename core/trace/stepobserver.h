// Watches a session step. Optional: a session without one pays nothing.
#pragma once

#include "base/ids.h"

#include <span>

namespace halftone {

struct StepRecord;

/// A continuation that was tried on a fork of the cache and is not part of the run.
struct TrialBranch
{
    StepIndex from;                    // its first step stands where this one of the run does
    std::span<const StepRecord> steps; // its own
    int number = 0;                    // 1 for the first of the trials at this step
    int count = 0;                     // of all trials there
    double perplexity = 0;             // under the distribution that was drawn from
    bool chosen = false;               // the run goes on as this one did
};

class StepObserver
{
public:
    virtual ~StepObserver() = default;
    /// On the engine thread, once a step, after the decision is final. Must be quick and not throw;
    /// the record is the session's and valid during the call alone.
    virtual void stepTaken(const StepRecord&) = 0;
    /// Likewise, for each trial before the step at which they were tried is taken.
    virtual void trialTaken(const TrialBranch&) {}
};

} // namespace halftone
