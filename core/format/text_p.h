// Small helpers of the readers: whole files into memory, JSON that cannot hurt, foreign text inside
// messages. Shared by core/format, core/model and core/tokenizer.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace halftone {

/// `text` in single quotes for a message: at most 80 bytes of it, control characters as '?'.
[[nodiscard]] std::string inQuotes(std::string_view text);

/// A JSON value as a message shows it, shortened to 60 bytes.
[[nodiscard]] std::string shown(const nlohmann::json& value);

/// The place of the first bracket of JSON, opening or closing, after which `holds` of the number of
/// brackets that are open; npos where it never does. Brackets inside strings do not count.
template <class Holds>
[[nodiscard]] std::size_t findBracket(std::string_view json, Holds holds)
{
    int open = 0;
    bool inString = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                inString = false;
            continue;
        }
        inString = c == '"';
        const bool opens = c == '[' || c == '{';
        const bool closes = c == ']' || c == '}';
        open += (opens ? 1 : 0) - (closes ? 1 : 0);
        if ((opens || closes) && holds(open))
            return i;
    }
    return std::string_view::npos;
}

/// The bytes of a regular file of at most `limit` bytes. Fails with NotFound or InvalidInput.
[[nodiscard]] Result<std::string> readSmallFile(const std::filesystem::path&, std::uint64_t limit);

/// A JSON object nested at most 64 deep, which bounds what parsing can cost to some hundred bytes
/// for each byte of the text. Fails with InvalidInput, naming `file` and the place.
[[nodiscard]] Result<nlohmann::json> parseJsonObject(std::string_view text, std::string_view file);

} // namespace halftone
