// Runs from prompt to end: prefill, steps, and the record of them in the library.
#pragma once

#include "base/result.h"
#include "engine/engine.h"
#include "runs/rungroup.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace halftone::cli {

struct Generation
{
    std::string prompt; // as text; empty when ids were given
    std::vector<TokenId> promptIds;
    RunSettings settings;
    std::shared_ptr<const Engine> partner; // for modes that take two models; else null

    std::optional<std::filesystem::path> library; // absent: the run is not stored
    std::optional<SessionId> session;             // absent: a session is made
    std::string sessionName;                      // of that new session; empty: after the prompt
};

/// Called after each decision; false asks for a stop, as Ctrl-C does.
using StepShown = std::function<bool(const StepRecord&)>;

/// As many runs of one prompt, seeds counting up from the settings'; stored as RunGroup says. A run
/// stopped by the user is a result like others: its status says so. An error in the middle closes
/// every run that goes on as failed and is returned. The steps told of are the first run's.
[[nodiscard]] Result<RunGroup> generate(const Engine&, const Generation&, const StepShown&,
                                        int count = 1);

} // namespace halftone::cli
