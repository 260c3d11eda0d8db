#include "format/text_p.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>

namespace halftone {

namespace {

namespace fs = std::filesystem;

constexpr int maxJsonDepth = 64;

/// Cuts at `limit` bytes, never inside a UTF-8 character.
std::string_view shortened(std::string_view text, std::size_t limit)
{
    if (text.size() <= limit)
        return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U)
        --limit;
    return text.substr(0, limit);
}

std::string place(std::string_view text, std::size_t byte)
{
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t lineStart = before.find_last_of('\n') + 1; // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " +
           std::to_string(before.size() - lineStart + 1);
}

} // namespace

std::string inQuotes(std::string_view text)
{
    const std::string_view part = shortened(text, 80);
    std::string out = "'";
    for (const char c : part)
        out += static_cast<unsigned char>(c) < 0x20U || c == 0x7F ? '?' : c;
    out += part.size() < text.size() ? "…'" : "'";
    return out;
}

std::string shown(const nlohmann::json& value)
{
    if (value.is_array() && value.size() > 8)
        return "a list of " + std::to_string(value.size()) + " values";
    if (value.is_object() && value.size() > 4)
        return "an object of " + std::to_string(value.size()) + " entries";
    const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::string_view part = shortened(text, 60);
    return std::string(part) + (part.size() < text.size() ? "…" : "");
}

Result<std::string> readSmallFile(const fs::path& path, std::uint64_t limit)
{
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status))
        return failure(ErrorCode::NotFound, path.string() + " does not exist.");
    if (!fs::is_regular_file(status))
        return failure(ErrorCode::InvalidInput, path.string() + " is not a file.");
    const std::uintmax_t size = fs::file_size(path, error);
    if (error)
        return failure(ErrorCode::InvalidInput,
                       path.string() + " cannot be read: " + error.message() + ".");
    if (size > limit)
        return failure(ErrorCode::InvalidInput, path.string() + " is " + std::to_string(size) +
                                                    " bytes long, and such a file has at most " +
                                                    std::to_string(limit) + ".");
    std::ifstream file(path, std::ios::binary);
    std::string text(static_cast<std::size_t>(size), '\0');
    if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())))
        return failure(ErrorCode::InvalidInput,
                       path.string() + " cannot be read: " + std::strerror(errno) + ".");
    return text;
}

Result<nlohmann::json> parseJsonObject(std::string_view text, std::string_view file)
{
    const std::size_t deep = findBracket(text, [](int open) { return open > maxJsonDepth; });
    if (deep != std::string_view::npos)
        return failure(ErrorCode::InvalidInput, std::string(file) + " nests more than " +
                                                    std::to_string(maxJsonDepth) + " brackets (" +
                                                    place(text, deep) + ").");
    try {
        nlohmann::json value = nlohmann::json::parse(text);
        if (!value.is_object())
            return failure(ErrorCode::InvalidInput, std::string(file) +
                                                        " should hold a JSON object, and holds " +
                                                        shown(value) + ".");
        return value;
    } catch (const nlohmann::json::parse_error& e) {
        return failure(ErrorCode::InvalidInput, std::string(file) + " is not valid JSON (" +
                                                    place(text, e.byte > 0 ? e.byte - 1 : 0) +
                                                    ").");
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory,
                       "There is not enough memory to read " + std::string(file) + ".");
    } catch (const nlohmann::json::exception&) {
        // A number outside every range.
        return failure(ErrorCode::InvalidInput,
                       std::string(file) + " holds a number that is too large.");
    }
}

} // namespace halftone
