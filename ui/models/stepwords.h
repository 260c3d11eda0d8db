// The names of a step's parts as a person reads them, and the two or three derived values that
// several views show. (The names in files and JSON are core's, see trace/steprecord.h.)
#pragma once

#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <QString>

#include <optional>

namespace halftone::ui {

[[nodiscard]] QString title(Phase);
[[nodiscard]] QString title(InputKind);
[[nodiscard]] QString title(EventKind);
[[nodiscard]] QString title(StopReason);
[[nodiscard]] QString title(RunStatus);

/// Raw probability (T = 1, full vocabulary) of `id` at this step; absent when it was not recorded.
[[nodiscard]] std::optional<double> rawProbability(const StepRecord&, TokenId);

/// "cold stop: entropy below 0.01 nats for 256 steps; stopped: end token"; empty when nothing
/// happened.
[[nodiscard]] QString eventsText(const StepRecord&);

/// The run's end after its last step, for the trace: "end token", "stopped by the user",
/// "interrupted"; empty while it goes on.
[[nodiscard]] QString endText(const RunInfo&, const StepRecord* last, bool live);

/// The fed components with their weights, heaviest first, one a line; at most `limit`, then how
/// many more. Empty for a single token.
[[nodiscard]] QString mixtureText(const StepInput&, const TokenTable&, std::size_t limit);

/// A number for the screen, in the user's locale, with `digits` significant digits.
[[nodiscard]] QString shownNumber(double value, int digits = 4);
/// Of Unix time in milliseconds, in the user's locale; empty for 0, which stands for never.
[[nodiscard]] QString shownTime(std::int64_t ms);
/// The fewest digits that give back the same number, with a point: for copying.
[[nodiscard]] QString exactNumber(double value);
[[nodiscard]] QString exactNumber(float value);

} // namespace halftone::ui
