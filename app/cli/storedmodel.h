// The models of a stored run, and a session that stands in the run again.
#pragma once

#include "base/result.h"
#include "engine/storedsession.h"
#include "exchange/runexport.h"

#include <CLI/App.hpp>

#include <memory>
#include <string>

namespace halftone::cli {

/// --model and --partner: where the run's models are now. Unset ones are in the folder that the run
/// names, or are the built-in model of that name.
struct StoredModelChoice
{
    std::string model;
    std::string partner;

    void addTo(CLI::App& command);
    [[nodiscard]] bool given() const { return !model.empty() || !partner.empty(); }
    /// Loads them on the run's device and with its thread count. Fails with InvalidInput when one
    /// is another.
    [[nodiscard]] Result<RunModels> load(const RunInfo&) const;
};

/// A session that was fed the run's prompt and its first `steps` inputs again.
[[nodiscard]] Result<std::unique_ptr<Session>> sessionIn(const RunModels&, const StoredRun&,
                                                         StepIndex steps, const ProgressFn&,
                                                         const CancelToken&);

} // namespace halftone::cli
