// Taking a stored run again and comparing, step by step and bit by bit.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "engine/storedsession.h"
#include "exchange/runexport.h"

#include <optional>
#include <string>

namespace halftone::cli {

struct FirstDifference
{
    StepIndex step;
    std::string description; // "entropy 0.69 against 0.7": stored against taken again
};

/// A stored run, and the run that it was forked from, if any: its steps are fed under its settings.
struct Verification
{
    StoredRun run;
    std::optional<RunInfo> parent;
};

/// The models must be on the run's device and with its thread count. Steps that the run
/// shares with its parents are fed as recorded, inputs that a person forced are forced again, and
/// everything else is decided anew. Fails with Cancelled and with what the engine fails with.
[[nodiscard]] Result<std::optional<FirstDifference>> verify(const RunModels&, const Verification&,
                                                            const ProgressFn&, const CancelToken&);

} // namespace halftone::cli
