// One function a format: what a record says, without an id. What is wrong with it the record
// remembers.
#pragma once

#include "tasks/datasets.h"
#include "tasks/records_p.h"

namespace halftone {

[[nodiscard]] TaskItem readGsm8k(Record&);
/// `line`: question||chain #### answer.
[[nodiscard]] TaskItem readGsm8kAug(Record&, std::string_view line);
[[nodiscard]] TaskItem readProsQa(Record&);
[[nodiscard]] TaskItem readMath(Record&);
[[nodiscard]] TaskItem readStrategyQa(Record&);
[[nodiscard]] TaskItem readCountdown(Record&);

/// Halftone's own: the first line, then the items, with the ids that they have.
[[nodiscard]] TaskSet readHeader(Record&);
[[nodiscard]] TaskItem readItem(Record&);

/// An expression that uses each of two to four numbers once and is worth `target`. Numbers are 1 to
/// 999, the target is at most 99,999.
[[nodiscard]] std::optional<std::string> reachTarget(const std::vector<int>& numbers, int target);

} // namespace halftone
