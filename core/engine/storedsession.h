// Sessions that go on from a run that was stored: made from the run's facts, fed its prompt and its
// recorded inputs again. Engine thread.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "engine/engine.h"
#include "trace/runinfo.h"
#include "trace/steprecord.h"

#include <memory>
#include <span>

namespace halftone {

/// A session under the run's settings, not yet prefilled. Fails with InvalidArgument when `engine`
/// holds another model, and with InvalidInput when the soft prompt's folder has changed.
[[nodiscard]] Result<std::unique_ptr<Session>> sessionFor(const Engine& engine, const RunInfo& run);

/// Feeds the run's prompt and `recorded`, its first steps, so that the session stands after them.
[[nodiscard]] Result<void> feedRecorded(Session&, const RunInfo& run,
                                        std::span<const StepRecord> recorded,
                                        const ProgressFn& = {}, const CancelToken& = {});

} // namespace halftone
