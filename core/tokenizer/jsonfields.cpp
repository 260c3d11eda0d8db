#include "tokenizer/jsonfields_p.h"

#include "format/text_p.h"

#include <nlohmann/json.hpp>

namespace halftone {

using nlohmann::json;

void Problem::report(ErrorCode code, std::string sentence)
{
    if (!m_error)
        m_error = Error{code, std::move(sentence)};
}

std::string_view kindOf(const json& value)
{
    switch (value.type()) {
    case json::value_t::null:
        return "null";
    case json::value_t::object:
        return "an object";
    case json::value_t::array:
        return "a list";
    case json::value_t::string:
        return "text";
    case json::value_t::boolean:
        return "true or false";
    default:
        return "a number";
    }
}

JsonFields::JsonFields(const json& object, std::string where, Problem& problem)
    : m_object(object)
    , m_where(std::move(where))
    , m_problem(problem)
{
}

std::string JsonFields::whereOf(std::string_view key) const
{
    return m_where.empty() ? std::string(key) : m_where + "." + std::string(key);
}

const json* JsonFields::find(std::string_view key) const
{
    if (!m_object.is_object())
        return nullptr;
    const auto it = m_object.find(key);
    return it == m_object.end() || it->is_null() ? nullptr : &*it;
}

bool JsonFields::flag(std::string_view key, bool fallback) const
{
    const json* value = find(key);
    if (!value)
        return fallback;
    if (!value->is_boolean()) {
        wrongKind(key, "true or false");
        return fallback;
    }
    return value->get<bool>();
}

std::optional<std::string> JsonFields::optionalText(std::string_view key) const
{
    const json* value = find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_string()) {
        wrongKind(key, "text");
        return std::nullopt;
    }
    return value->get<std::string>();
}

std::string JsonFields::text(std::string_view key) const
{
    if (!find(key))
        wrongKind(key, "text");
    return optionalText(key).value_or(std::string());
}

std::int64_t JsonFields::number(std::string_view key, std::int64_t highest) const
{
    const json* value = find(key);
    if (value && value->is_number_unsigned() &&
        value->get<std::uint64_t>() <= static_cast<std::uint64_t>(highest))
        return value->get<std::int64_t>();
    const std::string expected = "a whole number from 0 to " + std::to_string(highest);
    if (value && value->is_number())
        m_problem.report(ErrorCode::InvalidInput, whereOf(key) + " should be " + expected +
                                                      ", but is " + value->dump() + ".");
    else
        wrongKind(key, expected);
    return 0;
}

const json* JsonFields::list(std::string_view key) const
{
    const json* value = find(key);
    if (value && value->is_array())
        return value;
    wrongKind(key, "a list");
    return nullptr;
}

std::string JsonFields::type() const
{
    return text("type");
}

void JsonFields::wrongKind(std::string_view key, std::string_view expected) const
{
    const json* value = find(key);
    m_problem.report(ErrorCode::InvalidInput,
                     whereOf(key) + " should be " + std::string(expected) + ", but is " +
                         std::string(value ? kindOf(*value) : "missing") + ".");
}

void JsonFields::unsupported(std::string_view key, std::string_view value) const
{
    m_problem.report(ErrorCode::Unsupported, whereOf(key) + " is " + inQuotes(value) +
                                                 ", which Halftone does not support.");
}

bool isObject(const json& value, std::string_view where, Problem& problem)
{
    if (value.is_object())
        return true;
    problem.report(ErrorCode::InvalidInput, std::string(where) + " should be an object, but is " +
                                                std::string(kindOf(value)) + ".");
    return false;
}

std::string elementOf(std::string_view where, std::size_t index)
{
    return std::string(where) + "[" + std::to_string(index) + "]";
}

} // namespace halftone
