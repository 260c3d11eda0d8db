// The fields of one JSON object that a person writes, read by name into variables that hold their
// defaults. The first thing wrong is kept; what is left unread at the end is wrong too.
#pragma once

#include "base/result.h"
#include "format/text_p.h"

#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace halftone {

class ObjectFields
{
public:
    /// `place` names the object in messages: "recipe.json" or "recipe.json, optimizer". The object
    /// outlives the reader.
    ObjectFields(const nlohmann::json& object, std::string place)
        : m_object(object)
        , m_place(std::move(place))
    {
        if (!object.is_object())
            complain("should be an object, and is " + shown(object));
    }

    template <std::integral T>
    void number(const char* key, T& target, std::int64_t least, std::int64_t most)
    {
        const nlohmann::json* const found = find(key);
        if (found == nullptr)
            return;
        const bool fits = found->is_number_integer() &&
                          !(found->is_number_unsigned() &&
                            found->get<std::uint64_t>() > std::uint64_t{INT64_MAX}) &&
                          found->get<std::int64_t>() >= least && found->get<std::int64_t>() <= most;
        if (fits)
            target = static_cast<T>(found->get<std::int64_t>());
        else
            wrong(key,
                  "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }

    void number(const char* key, double& target, double least, double most)
    {
        const nlohmann::json* const found = find(key);
        if (found == nullptr)
            return;
        if (found->is_number() && found->get<double>() >= least && found->get<double>() <= most)
            target = found->get<double>();
        else
            wrong(key, "a number from " + text(least) + " to " + text(most));
    }

    void flag(const char* key, bool& target)
    {
        const nlohmann::json* const found = find(key);
        if (found == nullptr)
            return;
        if (found->is_boolean())
            target = found->get<bool>();
        else
            wrong(key, "true or false");
    }

    void string(const char* key, std::string& target)
    {
        const nlohmann::json* const found = find(key);
        if (found == nullptr)
            return;
        if (found->is_string() && !found->get_ref<const std::string&>().empty())
            target = found->get<std::string>();
        else
            wrong(key, "a text");
    }

    template <class T>
    void choice(const char* key, T& target, const std::vector<std::pair<std::string, T>>& choices)
    {
        const nlohmann::json* const found = find(key);
        if (found == nullptr)
            return;
        std::string names;
        for (const auto& [name, value] : choices) {
            if (*found == name) {
                target = value;
                return;
            }
            names += (names.empty() ? "" : ", ") + name;
        }
        wrong(key, "one of " + names);
    }

    /// The value of `key`, or null.
    const nlohmann::json* find(const char* key)
    {
        m_known.insert(key);
        if (!m_object.is_object())
            return nullptr;
        const auto found = m_object.find(key);
        return found == m_object.end() ? nullptr : &*found;
    }

    void complain(const std::string& what)
    {
        if (!m_error)
            m_error = m_place + ": " + what + ".";
    }

    /// The value that stands there is not `wanted`.
    void wrong(const char* key, const std::string& wanted)
    {
        complain(inQuotes(key) + " should be " + wanted + ", and is " + shown(*find(key)));
    }

    /// What was wrong first.
    [[nodiscard]] Result<void> soFar(ErrorCode code = ErrorCode::InvalidInput) const
    {
        if (m_error)
            return failure(code, *m_error);
        return {};
    }

    /// The same, and keys that nobody asked for are wrong.
    [[nodiscard]] Result<void> finish(ErrorCode code = ErrorCode::InvalidInput)
    {
        if (!m_error)
            for (const auto& [key, value] : m_object.items())
                if (!m_known.contains(key)) {
                    std::string known;
                    for (const std::string& name : m_known)
                        known += (known.empty() ? "" : ", ") + name;
                    complain("there is no " + inQuotes(key) + "; there are " + known);
                    break;
                }
        return soFar(code);
    }

private:
    static std::string text(double value)
    {
        std::ostringstream out;
        out << value;
        return out.str();
    }

    const nlohmann::json& m_object;
    std::string m_place;
    std::set<std::string, std::less<>> m_known;
    std::optional<std::string> m_error;
};

} // namespace halftone
