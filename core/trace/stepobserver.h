// Watches a session step. Optional: a session without one pays nothing.
#pragma once

namespace halftone {

struct StepRecord;

class StepObserver
{
public:
    virtual ~StepObserver() = default;
    /// On the engine thread, once a step, after the decision is final. Must be quick and not throw;
    /// the record is the session's and valid during the call alone.
    virtual void stepTaken(const StepRecord&) = 0;
};

} // namespace halftone
