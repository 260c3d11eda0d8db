// Runs, the models that made them and their vocabularies as rows, and back.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "store/sqlite_p.h"
#include "store/writer_p.h"
#include "trace/runinfo.h"
#include "trace/tokentable.h"

#include <memory>
#include <optional>

namespace halftone {

struct StoredRunRow
{
    RunInfo info;
    std::int64_t vocabulary = 0;
    WriterIdentity writer;
};

/// Inserts the run with its model and vocabulary (each stored once). Call in a write transaction.
[[nodiscard]] Result<RunId> insertRun(Database&, const RunInfo&, const TokenTable&,
                                      const WriterIdentity&);
/// As stored: a run whose writer died still reads Running. Absent when there is no such run.
[[nodiscard]] Result<std::optional<StoredRunRow>> readRun(const Database&, RunId);
/// Null when there is no such vocabulary.
[[nodiscard]] Result<std::shared_ptr<const TokenTable>> readVocabulary(const Database&,
                                                                       std::int64_t id);
/// Deletes the models and vocabularies that no run refers to. Call in a write transaction.
[[nodiscard]] Result<void> deleteUnusedModels(Database&);

} // namespace halftone
