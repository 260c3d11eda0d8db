// Writes a run's steps to the library while they are taken. An observer for the engine thread: it
// copies the record into a ring, without a lock but for waking the writer from time to time; that
// is a thread of its own, with its own connection, which stores what has gathered at least every
// 100 ms, one transaction a batch. So a process that is killed loses at most the last 200 ms of
// steps. When the disk cannot follow, a thousand steps wait in memory, and after that the engine
// waits for the disk: no step is dropped.
#pragma once

#include "base/result.h"
#include "store/sessionstore.h"
#include "trace/stepobserver.h"

#include <filesystem>
#include <memory>

namespace halftone {

class RunRecorder : public StepObserver
{
public:
    /// Opens its own connection to the library at `path` and stores `info` as a running run.
    /// With an unset session id it makes a session named after the prompt.
    [[nodiscard]] static Result<std::unique_ptr<RunRecorder>>
    start(const std::filesystem::path& path, RunInfo info, std::shared_ptr<const TokenTable>);
    /// Stores what is left; without finish() the run reads as Interrupted.
    ~RunRecorder() override;

    /// With the ids that the library gave; as stored at the end after finish().
    [[nodiscard]] const RunInfo& info() const;
    void stepTaken(const StepRecord&) override;
    /// Stored as a finished child run that leaves this one where the trial began.
    void trialTaken(const TrialBranch&) override;
    /// The run's settings from its next step on, as Session::change() made them. Stored before any
    /// step that was taken under them.
    void settingsChanged(std::string settings);
    /// The first failure of the writer (disk full, …); steps after it are not stored.
    [[nodiscard]] Result<void> status() const;
    /// Returns when every step taken so far is stored, as a fork of this run needs them to be; with
    /// status().
    [[nodiscard]] Result<void> flush();
    /// Stores what is left and closes the run. Call once, when no more steps come.
    [[nodiscard]] Result<void> finish(RunStatus, StopReason, const RunTimings&,
                                      const std::string& failure = {});

private:
    struct Parts;
    explicit RunRecorder(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> m_parts;
};

} // namespace halftone
