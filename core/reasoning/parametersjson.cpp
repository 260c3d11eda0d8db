#include "reasoning/parametersjson_p.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace halftone {

std::optional<ParameterValue> parameterFromJson(const nlohmann::ordered_json& value)
{
    if (value.is_boolean())
        return value.get<bool>();
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        return std::nullopt;
    if (value.is_number_integer())
        return value.get<std::int64_t>();
    if (value.is_number_float())
        return value.get<double>();
    if (value.is_string())
        return value.get<std::string>();
    return std::nullopt;
}

nlohmann::ordered_json toJson(const ParameterValues& values)
{
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const auto& [name, value] : values)
        std::visit([&, &key = name](const auto& v) { json[key] = v; }, value);
    return json;
}

} // namespace halftone
