// Writes a run's steps to the library while they are taken. An observer for the engine thread: it
// copies the record into a buffer under a short lock; a thread of its own, with its own connection,
// stores what has gathered at least every 100 ms, one transaction a batch. So a process that is
// killed loses at most the last 200 ms of steps.
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
    /// Without finish() the run reads as Interrupted.
    ~RunRecorder() override;

    [[nodiscard]] const RunInfo& info() const; // with the ids that the library gave
    void stepTaken(const StepRecord&) override;
    /// The first failure of the writer (disk full, …); steps after it are not stored.
    [[nodiscard]] Result<void> status() const;
    /// Stores what is left and closes the run. Call once, when no more steps come.
    [[nodiscard]] Result<void> finish(RunStatus, StopReason, const RunTimings&,
                                      const std::string& failure = {});

private:
    struct Parts;
    explicit RunRecorder(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> m_parts;
};

} // namespace halftone
