// What a parameter must not be, made from its own description.
#pragma once

#include "reasoning/parameters.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace halftone::test {

[[nodiscard]] inline bool isNumber(const ParameterSpec& spec)
{
    return spec.type == ParameterType::Integer || spec.type == ParameterType::Real;
}

/// As a file of settings may have them: outside the range, no number, of another type, unknown.
[[nodiscard]] inline std::vector<ParameterValue> badValues(const ParameterSpec& spec)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<ParameterValue> bad;
    if (isNumber(spec))
        bad = {std::nextafter(spec.minimum, -infinity),
               std::nextafter(spec.maximum, infinity),
               spec.minimum - 1,
               spec.maximum + 1,
               std::numeric_limits<double>::quiet_NaN(),
               infinity,
               -infinity,
               true,
               std::string("many")};
    else
        bad = {1.0, std::int64_t{1}};
    if (spec.type == ParameterType::Integer)
        bad.emplace_back(spec.minimum + 0.5);
    if (spec.type != ParameterType::Boolean && !isNumber(spec))
        bad.emplace_back(false);
    if (spec.type != ParameterType::Text)
        bad.emplace_back(std::string("nothing-of-that-name"));
    else
        bad.emplace_back(std::string("\xff"));
    return bad;
}

/// As a person may write them on a command line; none for a text, which may be anything.
[[nodiscard]] inline std::vector<std::string> badTexts(const ParameterSpec& spec)
{
    if (spec.type == ParameterType::Text)
        return {};
    if (!isNumber(spec))
        return {"nothing-of-that-name"};
    return {toText(spec.minimum - 1), toText(spec.maximum + 1), "nan", "inf", "-inf", "many"};
}

} // namespace halftone::test
