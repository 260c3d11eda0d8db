// Step records as rows of `steps` and `events`, and back, equal to the bit.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "store/sqlite_p.h"
#include "trace/steprecord.h"

#include <cstdint>
#include <span>
#include <vector>

namespace halftone {

/// Most runs and most steps a run that a row's id has room for.
inline constexpr std::int64_t maxRun = std::int64_t{1} << 31;
inline constexpr std::int64_t maxStep = std::int64_t{1} << 32;

/// The id of a step's row; steps of one run are neighbours in the file.
[[nodiscard]] constexpr std::int64_t stepRowId(RunId run, StepIndex step)
{
    return run.value << 32 | step.value;
}

/// Keeps its statements, so that many small batches cost little.
class StepWriter
{
public:
    [[nodiscard]] static Result<StepWriter> prepare(const Database&);
    [[nodiscard]] Result<void> write(RunId, const StepRecord&);

private:
    StepWriter(Statement step, Statement event)
        : m_step(std::move(step))
        , m_event(std::move(event))
    {
    }
    Statement m_step;
    Statement m_event;
};

/// Appends the run's own steps in [from, end) to `steps`. Fails when one is missing or damaged.
[[nodiscard]] Result<void> readSteps(const Database&, RunId, StepIndex from, StepIndex end,
                                     std::vector<StepRecord>& steps);
/// Changes nothing when the run has no own step of this number.
[[nodiscard]] Result<void> updateProbe(const Database&, RunId, StepIndex, const MixtureProbe&);
/// One more than the last own step of the run; `none` when it has no own step.
[[nodiscard]] Result<std::int64_t> endOfSteps(const Database&, RunId, std::int64_t none);
[[nodiscard]] Result<void> deleteSteps(const Database&, RunId);

} // namespace halftone
