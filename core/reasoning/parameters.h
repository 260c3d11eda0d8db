// Settings that describe themselves: a mode lists its parameters once, and the run panel's form,
// the command line's options, the checks and the stored settings all come from that list.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace halftone {

using ParameterValue = std::variant<bool, std::int64_t, double, std::string>;
/// By name. Absent means "as the default says".
using ParameterValues = std::map<std::string, ParameterValue, std::less<>>;

enum class ParameterType : std::uint8_t
{
    Boolean,
    Integer,
    Real,
    Choice,
    Text,
    Order // a list of some of `choices`, each at most once: "b,a"
};

struct ParameterSpec
{
    std::string name;  // "top-p": the option's name, and the key in JSON
    std::string label; // "Top-p": what the form shows
    std::string unit;  // "nats", "tokens"; empty for a plain number
    ParameterType type = ParameterType::Real;
    double minimum = 0; // numbers: the range, both ends allowed
    double maximum = 0;
    std::vector<std::string> choices; // Choice, Order: what is allowed
    /// Absent: the value of the parameter named by `inherits`.
    std::optional<ParameterValue> defaultValue;
    std::string inherits;
    std::string group; // "Thinking", "Answer": headings of the form
    std::string help;  // a tooltip: what it does, and which paper or code the default is from
};

[[nodiscard]] std::string toText(const ParameterValue&);

/// `given` completed with defaults, converted to each parameter's type (30 for a real number, 30.0
/// for a whole one). Refuses unknown names, values of the wrong type, NaN, values out of range and
/// texts that are not UTF-8, naming the parameter, its range and what was given.
[[nodiscard]] Result<ParameterValues> completeParameters(std::span<const ParameterSpec>,
                                                         const ParameterValues& given);
/// One value from a text such as "0.6" or "on", refused as above.
[[nodiscard]] Result<ParameterValue> parseParameter(const ParameterSpec&, std::string_view text);

// Readers for completed values; the name must exist with that type.
[[nodiscard]] bool booleanOf(const ParameterValues&, std::string_view name);
[[nodiscard]] std::int64_t integerOf(const ParameterValues&, std::string_view name);
[[nodiscard]] double realOf(const ParameterValues&, std::string_view name);
[[nodiscard]] const std::string& textOf(const ParameterValues&, std::string_view name);

} // namespace halftone
