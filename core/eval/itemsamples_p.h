// A setting's samples grouped by item, and what is counted of such groups: shared by the report and
// the figures, so that both say the same.
#pragma once

#include "eval/report.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace halftone {

using ItemSamples = std::map<std::string, std::vector<const StoredSample*>, std::less<>>;

/// A setting's samples that have an outcome, by item, in the order of the seeds.
[[nodiscard]] ItemSamples samplesOf(const EvaluationSetting&, std::span<const StoredSample>);
/// Over the items with k samples at least.
[[nodiscard]] PassAt passAtOf(const ItemSamples&, std::int64_t k);

} // namespace halftone
