// Parameter values as they stand in JSON, in settings and in schedules alike.
#pragma once

#include "reasoning/parameters.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>

namespace halftone {

/// Nothing for what no parameter can be: lists, objects, null, whole numbers beyond 64 bits.
[[nodiscard]] std::optional<ParameterValue> parameterFromJson(const nlohmann::ordered_json&);
[[nodiscard]] nlohmann::ordered_json toJson(const ParameterValues&);

} // namespace halftone
