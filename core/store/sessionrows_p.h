// The list of sessions with their runs.
#pragma once

#include "base/result.h"
#include "store/sessionstore.h"
#include "store/sqlite_p.h"
#include "store/writer_p.h"

#include <cstdint>
#include <string>
#include <vector>

namespace halftone {

/// The status that a reader is told: a running run whose writer died is interrupted.
[[nodiscard]] RunStatus presentStatus(RunStatus stored, const WriterIdentity&);
/// For a session made by its first run: the beginning of the prompt on one line.
[[nodiscard]] std::string sessionName(const RunInfo&);

[[nodiscard]] Result<SessionId> insertSession(Database&, const std::string& name,
                                              std::int64_t createdMs);
/// Newest first.
[[nodiscard]] Result<std::vector<SessionSummary>> readSessions(const Database&,
                                                               const SessionFilter&);
/// With its runs, their steps and the evaluation that they are of. Call in a write transaction.
[[nodiscard]] Result<void> deleteSession(Database&, SessionId);

} // namespace halftone
