// The session library: one SQLite file (see format.md) of sessions, their runs and the runs' steps.
// WAL, foreign keys, `user_version` migrations made on a backup copy. A file with a newer schema
// opens read-only. An object is used by one thread at a time; several objects, also of several
// processes, may have the same file open.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace halftone {

struct RunSummary
{
    RunId id;
    std::optional<RunId> parent;
    StepIndex forkStep; // of a child
    std::string change; // of a child
    ForkRole role = ForkRole::Fork; // of a child
    std::string mode;
    std::string modelName;
    std::uint64_t seed = 0;
    RunStatus status = RunStatus::Running;
    StopReason stop = StopReason::None;
    std::int64_t steps = 0; // the prefix shared with the parent included
    std::int64_t startedMs = 0;
};

struct SessionSummary
{
    SessionId id;
    std::string name;
    std::int64_t createdMs = 0;
    std::optional<std::int64_t> binnedMs; // in the bin since
    std::vector<RunSummary> runs;         // by id: parents before children
};

struct SessionFilter
{
    std::string search; // in names and prompts, case-insensitive; empty for all
    bool bin = false;   // those in the bin instead of the others
};

class SessionStore
{
public:
    enum class Access
    {
        ReadWrite,
        ReadOnly
    };

    /// `$XDG_DATA_HOME/halftone/library.sqlite`, or `~/.local/share/…`.
    [[nodiscard]] static std::filesystem::path defaultPath();

    /// Makes the file and its folders when absent. Fails with InvalidInput (not a database,
    /// damaged: names what to do), NotFound, DiskFull, Busy.
    [[nodiscard]] static Result<std::unique_ptr<SessionStore>> open(const std::filesystem::path&,
                                                                    Access = Access::ReadWrite);
    ~SessionStore();
    SessionStore(const SessionStore&) = delete;
    SessionStore& operator=(const SessionStore&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const;
    [[nodiscard]] bool readOnly() const;
    /// A sentence for the user when opening was not as usual (newer schema, migrated, read-only).
    [[nodiscard]] const std::string& notice() const;

    [[nodiscard]] Result<SessionId> createSession(const std::string& name);
    [[nodiscard]] Result<void> renameSession(SessionId, const std::string& name);
    [[nodiscard]] Result<void> moveToBin(SessionId);
    [[nodiscard]] Result<void> restoreFromBin(SessionId);
    /// The only call that deletes. Sessions with a run that is still being written stay.
    [[nodiscard]] Result<void> emptyBin();
    /// Newest first.
    [[nodiscard]] Result<std::vector<SessionSummary>> sessions(const SessionFilter& = {}) const;

    /// Stores `info` (its id is given here) as running, written by this process. With an unset
    /// session it makes one named after the prompt. A fork belongs to its parent's session, and the
    /// parent's steps before the fork must be stored already (RunRecorder::flush()).
    [[nodiscard]] Result<RunId> createRun(const RunInfo&, const TokenTable&);
    /// One transaction. Steps must follow those stored before, else InvalidArgument.
    [[nodiscard]] Result<void> appendSteps(RunId, std::span<const StepRecord>);
    /// Of a run that was changed on the way.
    [[nodiscard]] Result<void> setSettings(RunId, const std::string& settings);
    /// The probe of a step that was measured after the run, in place of one that was there. A step
    /// that the run shares is its parent's, who then has it too. NotFound names the step.
    [[nodiscard]] Result<void> setProbe(RunId, StepIndex, const MixtureProbe&);
    [[nodiscard]] Result<void> finishRun(RunId, RunStatus, StopReason, const RunTimings&,
                                         const std::string& failure = {});

    /// NotFound names the run. A run whose writer died reads as Interrupted.
    [[nodiscard]] Result<RunInfo> run(RunId) const;
    [[nodiscard]] Result<std::int64_t> stepCount(RunId) const;
    /// All steps from decision 0 on, those shared with the parents included.
    [[nodiscard]] Result<std::vector<StepRecord>> steps(RunId) const;
    [[nodiscard]] Result<std::shared_ptr<const TokenTable>> tokens(RunId) const;

private:
    struct Parts;
    explicit SessionStore(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> m_parts;
};

} // namespace halftone
