// One run from prompt to end: prefill, steps, and the record of them in the library.
#pragma once

#include "base/result.h"
#include "engine/engine.h"
#include "trace/runinfo.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace halftone::cli {

struct Generation
{
    std::string prompt; // as text; empty when ids were given
    std::vector<TokenId> promptIds;
    RunSettings settings;

    std::optional<std::filesystem::path> library; // absent: the run is not stored
    std::optional<SessionId> session;             // absent: a session is made
    std::string sessionName;                      // of that new session; empty: after the prompt
};

struct GeneratedRun
{
    RunInfo info; // ids are set when stored
    std::unique_ptr<Session> session;
};

/// Called after each decision; false asks for a stop, as Ctrl-C does.
using StepShown = std::function<bool(const StepRecord&)>;

/// A run stopped by the user is a result like others: its status says so. An error in the middle
/// closes the stored run as failed and is returned.
[[nodiscard]] Result<GeneratedRun> generate(const Engine&, const Generation&, const StepShown&);

/// As many runs of one prompt, seeds counting up from the settings'. The prompt is read once and
/// every pass over the weights serves them all. Stored as one session: the first run, and the others
/// as its children. A stop ends them all.
[[nodiscard]] Result<std::vector<GeneratedRun>> generateGroup(const Engine&, const Generation&,
                                                              int count);

} // namespace halftone::cli
