// The model of a stored run, and a session that stands in the run again.
#pragma once

#include "base/result.h"
#include "engine/engine.h"
#include "exchange/runexport.h"

#include <memory>
#include <string>

namespace halftone::cli {

/// Loads it from `given` (--model), the folder that the run names, or the built-in model of that
/// name, on the run's device and with its thread count. Fails with InvalidInput when it is another.
[[nodiscard]] Result<std::shared_ptr<const Engine>> loadModelOf(const RunInfo&,
                                                                const std::string& given);

/// A session that was fed the run's prompt and its first `steps` inputs again.
[[nodiscard]] Result<std::unique_ptr<Session>>
sessionIn(const Engine&, const StoredRun&, StepIndex steps, const ProgressFn&, const CancelToken&);

} // namespace halftone::cli
