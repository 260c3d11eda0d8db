// Runs of one setting that differ in their seed alone, and advance together: the prompt is read
// once, and each pass over the weights serves all that go on. A single run is a group of one.
// Stored as one session, the first run with the others as its children. Engine thread only.
#pragma once

#include "runs/grouptotals.h"
#include "runs/recordedrun.h"

#include <chrono>
#include <vector>

namespace halftone {

class RunGroup
{
public:
    /// `first` has read its prompt and stands before a step; `info` as RecordedRun::start() takes
    /// it. The others are forks of it with the seeds that follow. When one cannot be begun, those
    /// that were are closed as failed.
    [[nodiscard]] static Result<RunGroup> start(std::unique_ptr<Session> first, RunInfo info,
                                                const std::optional<std::filesystem::path>& library,
                                                int count = 1);

    [[nodiscard]] const std::vector<RecordedRun>& runs() const { return m_runs; }
    [[nodiscard]] const RecordedRun& first() const { return m_runs.front(); }
    [[nodiscard]] bool goesOn() const;

    /// One step of each run that goes on; closes those that ended with it. `byHand`: see
    /// Session::stepWith(); of the first run. When one fails, also to be stored, all that go on are
    /// closed as failed with that error's sentence.
    [[nodiscard]] Result<void> step(const StepInput* byHand = nullptr);
    /// Of each run that goes on; see Session::change(). The first refusal is returned.
    [[nodiscard]] Result<void> change(const std::string& mode, const ParameterValues&);
    /// See Session::requestStop() and setTrialCancel(); of each run.
    void requestStop();
    void setTrialCancel(const CancelToken&);
    /// Closes what goes on. The first failure to store an end is returned; all are closed.
    [[nodiscard]] Result<void> close(RunStatus, StopReason, const std::string& failure = {});

    /// The runs that were closed since the last call, in their order.
    [[nodiscard]] std::vector<RunInfo> takeClosed();
    [[nodiscard]] GroupTotals totals() const;
    /// Frees the caches of all runs but the first. Once nothing goes on.
    void keepFirst();

private:
    RunGroup() = default;
    Result<void> stepEach(const StepInput* byHand);
    Result<void> closeFinished();
    Result<void> closeOne(std::size_t run, RunStatus, StopReason, const std::string& failure);

    std::vector<RecordedRun> m_runs;
    std::vector<RunInfo> m_closed; // and not taken
    std::chrono::steady_clock::time_point m_storingChecked;
};

} // namespace halftone
