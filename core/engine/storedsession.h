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

/// In memory again.
struct RunModels
{
    std::shared_ptr<const Engine> model;
    std::shared_ptr<const Engine> partner = {}; // null: the run has none
};

/// A session under the run's settings, not yet prefilled. Fails with InvalidArgument when a model
/// is another than the run's, and with InvalidInput when the soft prompt's folder has changed.
[[nodiscard]] Result<std::unique_ptr<Session>> sessionFor(const RunModels&, const RunInfo& run);

/// Feeds the run's prompt and `recorded`, its first steps, so that the session stands after them.
[[nodiscard]] Result<void> feedRecorded(Session&, const RunInfo& run,
                                        std::span<const StepRecord> recorded,
                                        const ProgressFn& = {}, const CancelToken& = {});

} // namespace halftone
