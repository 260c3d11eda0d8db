// What the modes that mix token embeddings share.
#pragma once

#include "reasoning/parameters.h"
#include "reasoning/steprule.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace halftone {

/// The `count` most probable tokens of a distribution, renormalised to sum 1; `out` is reused.
void takeHeaviest(const Distribution&, std::size_t count, std::vector<WeightedToken>& out);

/// Feeds </think> as one token when it is what the step shows: a mixture that is mostly the marker
/// means the marker.
void endAtMarker(const StepContext&, Decision&);

/// max-topk: how many tokens are mixed at most. `source` says where the default is from.
[[nodiscard]] ParameterSpec componentsParameter(std::int64_t defaultCount, std::string_view source);
[[nodiscard]] std::size_t componentsOf(const ParameterValues&);

} // namespace halftone
