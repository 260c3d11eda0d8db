// Reading the parts of a tokenizer.json. The first thing that is wrong is remembered and the rest
// is read with stand-ins, so that readers need no test after every field; whoever started the
// reading looks at the Problem once, at the end.
#pragma once

#include "base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace halftone {

/// The first thing found wrong with a file. Messages are sentences without the file's name, which
/// is put before them at the end.
class Problem
{
public:
    void report(ErrorCode, std::string sentence);
    [[nodiscard]] bool found() const { return m_error.has_value(); }
    [[nodiscard]] const Error& error() const { return *m_error; }

private:
    std::optional<Error> m_error;
};

/// "a number", "text", "a list": what a JSON value is, in words.
[[nodiscard]] std::string_view kindOf(const nlohmann::json&);

/// One object of the file. `where` is its path in it ("pre_tokenizer.pretokenizers[1]").
class JsonFields
{
public:
    JsonFields(const nlohmann::json& object, std::string where, Problem&);

    [[nodiscard]] const std::string& where() const { return m_where; }
    [[nodiscard]] Problem& problem() const { return m_problem; }
    /// The path of one of its fields.
    [[nodiscard]] std::string whereOf(std::string_view key) const;

    /// The field, or null when it is absent or null.
    [[nodiscard]] const nlohmann::json* find(std::string_view key) const;
    /// Each reports a problem when the field is there with another kind; `flag` and `optionalText`
    /// take absence and null, the others do not.
    [[nodiscard]] bool flag(std::string_view key, bool fallback) const;
    [[nodiscard]] std::optional<std::string> optionalText(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key) const;
    /// A whole number from 0 to `highest`.
    [[nodiscard]] std::int64_t number(std::string_view key, std::int64_t highest) const;
    /// An array, or null after a report.
    [[nodiscard]] const nlohmann::json* list(std::string_view key) const;
    /// The field "type"; reports where it is missing.
    [[nodiscard]] std::string type() const;

    void wrongKind(std::string_view key, std::string_view expected) const;
    /// "… is X, which Halftone does not support."
    void unsupported(std::string_view key, std::string_view value) const;

private:
    const nlohmann::json& m_object;
    std::string m_where;
    Problem& m_problem;
};

/// The object at `where`, which may not be one: then a problem is reported.
[[nodiscard]] bool isObject(const nlohmann::json&, std::string_view where, Problem&);
[[nodiscard]] std::string elementOf(std::string_view where, std::size_t index);

} // namespace halftone
