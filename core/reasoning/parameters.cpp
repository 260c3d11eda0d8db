#include "reasoning/parameters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace halftone {

namespace {

std::string toText(double value)
{
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
}

bool isUtf8(std::string_view text)
{
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t codepoint = 0;
        const utf8proc_ssize_t used = utf8proc_iterate(bytes, left, &codepoint);
        if (used <= 0)
            return false;
        bytes += used;
        left -= used;
    }
    return true;
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty())
            text += "; ";
        text += word;
    }
    return text;
}

/// "a number from 0 to 1"
std::string expectation(const ParameterSpec& spec)
{
    const std::string unit = spec.unit.empty() ? "" : " " + spec.unit;
    const std::string range =
        " from " + toText(spec.minimum) + " to " + toText(spec.maximum) + unit;
    switch (spec.type) {
    case ParameterType::Boolean:
        return "on or off";
    case ParameterType::Integer:
        return "a whole number" + range;
    case ParameterType::Real:
        return "a number" + range;
    case ParameterType::Choice:
        return "one of: " + joined(spec.choices);
    case ParameterType::Text:
        return "a text in UTF-8";
    case ParameterType::Order:
        return "a list of some of these, each at most once, with commas between them: " +
               joined(spec.choices);
    }
    return {};
}

Unexpected refusal(const ParameterSpec& spec, std::string_view given)
{
    return failure(ErrorCode::InvalidArgument, spec.name + " was given as '" + std::string(given) +
                                                   "'; it must be " + expectation(spec) + ".");
}

bool inRange(const ParameterSpec& spec, double value)
{
    return value >= spec.minimum && value <= spec.maximum; // false for NaN
}

/// The same list without blanks, or nothing when it is not one of some of the choices.
std::optional<ParameterValue> orderOf(const ParameterSpec& spec, std::string_view text)
{
    std::vector<std::string_view> words;
    std::string list;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        std::string_view word = text.substr(begin, end - begin);
        word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
        word = word.substr(0, word.find_last_not_of(' ') + 1);
        if (std::find(spec.choices.begin(), spec.choices.end(), word) == spec.choices.end() ||
            std::find(words.begin(), words.end(), word) != words.end())
            return std::nullopt;
        list += (words.empty() ? "" : ",") + std::string(word);
        words.push_back(word);
        begin = end + 1;
    }
    return list;
}

/// `value` as the parameter's type, or nothing when it is not of it.
std::optional<ParameterValue> converted(const ParameterSpec& spec, const ParameterValue& value)
{
    const auto* integer = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    const auto* text = std::get_if<std::string>(&value);
    switch (spec.type) {
    case ParameterType::Boolean:
        if (std::holds_alternative<bool>(value))
            return value;
        break;
    case ParameterType::Integer:
        if (integer != nullptr && inRange(spec, static_cast<double>(*integer)))
            return value;
        // The range keeps the conversion within 64 bits.
        if (real != nullptr && inRange(spec, *real) && *real == std::floor(*real))
            return static_cast<std::int64_t>(*real);
        break;
    case ParameterType::Real:
        if (real != nullptr && inRange(spec, *real))
            return value;
        if (integer != nullptr && inRange(spec, static_cast<double>(*integer)))
            return static_cast<double>(*integer);
        break;
    case ParameterType::Choice:
        if (text != nullptr &&
            std::find(spec.choices.begin(), spec.choices.end(), *text) != spec.choices.end())
            return value;
        break;
    case ParameterType::Text:
        if (text != nullptr && isUtf8(*text))
            return value;
        break;
    case ParameterType::Order:
        if (text != nullptr)
            return orderOf(spec, *text);
        break;
    }
    return std::nullopt;
}

template <class Number>
std::optional<Number> parsedNumber(std::string_view text)
{
    Number value{};
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end)
        return std::nullopt;
    return value;
}

template <class Type>
const Type& valueOf(const ParameterValues& values, std::string_view name)
{
    const auto found = values.find(name);
    assert(found != values.end());
    const auto* value = std::get_if<Type>(&found->second);
    assert(value != nullptr);
    return *value;
}

} // namespace

std::string toText(const ParameterValue& value)
{
    if (const auto* boolean = std::get_if<bool>(&value))
        return *boolean ? "on" : "off";
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value))
        return toText(*real);
    return std::get<std::string>(value);
}

Result<ParameterValues> completeParameters(std::span<const ParameterSpec> specs,
                                           const ParameterValues& given)
{
    for (const auto& [name, value] : given)
        if (std::none_of(specs.begin(), specs.end(),
                         [&](const ParameterSpec& spec) { return spec.name == name; })) {
            std::vector<std::string> names;
            for (const ParameterSpec& spec : specs)
                names.push_back(spec.name);
            return failure(ErrorCode::InvalidArgument,
                           "There is no parameter '" + name +
                               "' in this mode; it has: " + joined(names) + ".");
        }

    ParameterValues complete;
    for (const ParameterSpec& spec : specs) {
        const auto found = given.find(spec.name);
        if (found != given.end()) {
            const auto value = converted(spec, found->second);
            if (!value)
                return refusal(spec, toText(found->second));
            complete.emplace(spec.name, *value);
        } else if (spec.defaultValue) {
            complete.emplace(spec.name, *spec.defaultValue);
        }
    }
    for (const ParameterSpec& spec : specs)
        if (!complete.contains(spec.name)) {
            const auto inherited = complete.find(spec.inherits);
            assert(inherited != complete.end());
            complete.emplace(spec.name, inherited->second);
        }
    return complete;
}

Result<ParameterValue> parseParameter(const ParameterSpec& spec, std::string_view text)
{
    std::optional<ParameterValue> value;
    switch (spec.type) {
    case ParameterType::Boolean:
        if (text == "on" || text == "true" || text == "yes" || text == "1")
            value = true;
        else if (text == "off" || text == "false" || text == "no" || text == "0")
            value = false;
        break;
    case ParameterType::Integer:
        if (const auto integer = parsedNumber<std::int64_t>(text))
            value = *integer;
        break;
    case ParameterType::Real:
        if (const auto real = parsedNumber<double>(text))
            value = *real;
        break;
    case ParameterType::Choice:
    case ParameterType::Text:
    case ParameterType::Order:
        value = std::string(text);
        break;
    }
    if (value)
        value = converted(spec, *value);
    if (!value)
        return refusal(spec, text);
    return *value;
}

bool booleanOf(const ParameterValues& values, std::string_view name)
{
    return valueOf<bool>(values, name);
}

std::int64_t integerOf(const ParameterValues& values, std::string_view name)
{
    return valueOf<std::int64_t>(values, name);
}

double realOf(const ParameterValues& values, std::string_view name)
{
    return valueOf<double>(values, name);
}

const std::string& textOf(const ParameterValues& values, std::string_view name)
{
    return valueOf<std::string>(values, name);
}

} // namespace halftone
