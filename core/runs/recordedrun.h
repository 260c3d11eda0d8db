// A generation and its record in a library: begun, changed and closed as one. Without a library
// only the facts are kept. Engine thread only.
#pragma once

#include "base/result.h"
#include "engine/session.h"
#include "store/runrecorder.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace halftone {

class RecordedRun
{
public:
    /// `info`: what the session says of itself and what the caller knows besides. Stored from here
    /// on, with the ids that the library gives.
    [[nodiscard]] static Result<RecordedRun>
    start(std::unique_ptr<Session>, RunInfo info,
          const std::optional<std::filesystem::path>& library);

    [[nodiscard]] Session& session() const { return *m_session; }
    [[nodiscard]] const RunInfo& info() const { return m_info; }
    /// Not closed yet.
    [[nodiscard]] bool goesOn() const { return m_info.status == RunStatus::Running; }

    /// As Session::change(), and stored.
    [[nodiscard]] Result<void> change(const std::string& mode, const ParameterValues&);
    /// The first failure of storing.
    [[nodiscard]] Result<void> stored() const;
    /// Returns when all steps so far are stored, with stored().
    [[nodiscard]] Result<void> storeAll() const;
    /// As the session says when it has finished, else as the caller says. Once.
    [[nodiscard]] Result<void> close(RunStatus, StopReason, const std::string& failure = {});

private:
    RecordedRun(std::unique_ptr<Session>, RunInfo, std::unique_ptr<RunRecorder>);

    // The session points to the recorder until the run is closed, so the recorder goes last.
    std::unique_ptr<RunRecorder> m_recorder; // null: not stored, or closed
    std::unique_ptr<Session> m_session;
    RunInfo m_info;
};

} // namespace halftone
