// Which session library, and which run in it.
#pragma once

#include "base/result.h"
#include "exchange/runexport.h"
#include "store/sessionstore.h"

#include <CLI/App.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace halftone::cli {

struct LibraryChoice
{
    std::string file; // empty: the user's library

    void addTo(CLI::App& command);
    [[nodiscard]] std::filesystem::path path() const;
    /// Opens it, saying on standard error what was unusual about that.
    [[nodiscard]] Result<std::unique_ptr<SessionStore>> open(SessionStore::Access) const;
};

struct FoundRun
{
    std::unique_ptr<SessionStore> store;
    RunId id;
};

/// One stored run, by its number or as "last".
struct RunChoice
{
    LibraryChoice library;
    std::string run;

    void addTo(CLI::App& command);
    /// Opens the library and finds the run in it.
    [[nodiscard]] Result<FoundRun> find() const;
    /// All of the run. Loads no model.
    [[nodiscard]] Result<StoredRun> load() const;
};

/// --step K of a stored run.
struct StepChoice
{
    std::int64_t step = -1; // negative: not given

    CLI::Option* addTo(CLI::App& command, const std::string& help);
    /// The chosen step, which must be one of the run's.
    [[nodiscard]] Result<StepIndex> in(const StoredRun&) const;
};

[[nodiscard]] Result<StoredRun> loadRun(const SessionStore&, RunId);

} // namespace halftone::cli
