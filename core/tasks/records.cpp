#include "tasks/records_p.h"

#include "format/text_p.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace halftone {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::size_t lineBreaks(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

/// Moves through the list, counting lines.
class ListReader
{
public:
    ListReader(std::string_view text, const std::string& file)
        : m_text(text)
        , m_file(file)
    {
    }

    Result<std::vector<RawRecord>> read()
    {
        std::vector<RawRecord> records;
        skipBlanks();
        advance(1); // [
        skipBlanks();
        while (!m_text.starts_with(']')) {
            if (!m_text.starts_with('{'))
                return complain(m_text.empty() ? "the list is not closed"
                                               : "the list should hold objects, and holds " +
                                                     inQuotes(m_text.substr(0, 20)));
            const std::size_t last = findBracket(m_text, [](int open) { return open == 0; });
            if (last == std::string_view::npos)
                return complain("the object that begins here is not closed");
            const std::size_t size = last + 1;
            records.push_back({m_line, m_text.substr(0, size)});
            advance(size);
            skipBlanks();
            if (m_text.starts_with(',')) {
                advance(1);
                skipBlanks();
                if (!m_text.starts_with('{'))
                    return complain("an object should follow the comma");
            } else if (!m_text.starts_with(']')) {
                return complain(m_text.empty() ? "the list is not closed"
                                               : "a comma or ] should follow the object");
            }
        }
        advance(1);
        skipBlanks();
        if (!m_text.empty())
            return complain("something follows the list");
        return records;
    }

private:
    void advance(std::size_t size)
    {
        m_line += lineBreaks(m_text.substr(0, size));
        m_text.remove_prefix(size);
    }
    void skipBlanks() { advance(std::min(m_text.find_first_not_of(blanks), m_text.size())); }
    [[nodiscard]] Unexpected complain(const std::string& what) const
    {
        return failure(ErrorCode::InvalidInput,
                       m_file + ", line " + std::to_string(m_line) + ": " + what + ".");
    }

    std::string_view m_text;
    const std::string& m_file;
    std::size_t m_line = 1;
};

} // namespace

std::vector<RawRecord> splitLines(std::string_view text)
{
    std::vector<RawRecord> lines;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view one = text.substr(0, end);
        if (one.ends_with('\r'))
            one.remove_suffix(1);
        if (one.find_first_not_of(blanks) != std::string_view::npos)
            lines.push_back({line, one});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

Result<std::vector<RawRecord>> splitRecords(std::string_view text, const std::string& file)
{
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin != std::string_view::npos && text[begin] == '[')
        return ListReader(text, file).read();
    return splitLines(text);
}

Record::Record(nlohmann::json object, std::string place)
    : m_object(std::move(object))
    , m_place(std::move(place))
{
}

void Record::complain(const std::string& what)
{
    if (m_error.empty())
        m_error = m_place + ": the record " + what + ".";
}

Unexpected Record::error() const
{
    return failure(ErrorCode::InvalidInput, m_error);
}

const nlohmann::json* Record::find(const char* key, const char* should)
{
    if (failed())
        return nullptr;
    const auto found = m_object.find(key);
    if (found == m_object.end()) {
        complain(std::string("has no \"") + key + "\", which should be " + should);
        return nullptr;
    }
    return &*found;
}

std::string Record::text(const char* key)
{
    const nlohmann::json* value = find(key, "a text");
    if (value == nullptr)
        return {};
    if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
        complain(std::string("has ") + shown(*value) + " as \"" + key +
                 "\", which should be a text that is not empty");
        return {};
    }
    return value->get<std::string>();
}

std::string Record::textOr(const char* key, std::string otherwise)
{
    if (!has(key))
        return otherwise;
    const nlohmann::json& value = m_object[key];
    if (value.is_string())
        return value.get<std::string>();
    complain(std::string("has ") + shown(value) + " as \"" + key + "\", which should be a text");
    return {};
}

bool Record::truth(const char* key)
{
    const nlohmann::json* value = find(key, "true or false");
    if (value == nullptr)
        return false;
    if (!value->is_boolean()) {
        complain(std::string("has ") + shown(*value) + " as \"" + key +
                 "\", which should be true or false");
        return false;
    }
    return value->get<bool>();
}

namespace {

std::string rangeText(int least, int most)
{
    return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

bool isWithin(const nlohmann::json& value, int least, int most)
{
    if (!value.is_number_integer())
        return false;
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<int>::max()})
        return false;
    const auto number = value.get<std::int64_t>();
    return number >= least && number <= most;
}

} // namespace

int Record::number(const char* key, int least, int most)
{
    const std::string range = rangeText(least, most);
    const nlohmann::json* value = find(key, range.c_str());
    if (value == nullptr)
        return 0;
    if (!isWithin(*value, least, most)) {
        complain(std::string("has ") + shown(*value) + " as \"" + key + "\", which should be " +
                 range);
        return 0;
    }
    return value->get<int>();
}

int Record::numberOr(const char* key, int least, int most, int otherwise)
{
    return has(key) ? number(key, least, most) : otherwise;
}

namespace {

bool isList(const nlohmann::json& value, std::size_t most,
            bool (*holds)(const nlohmann::json& element))
{
    return value.is_array() && value.size() <= most && std::ranges::all_of(value, holds);
}

bool isText(const nlohmann::json& value)
{
    return value.is_string();
}

bool isTextList(const nlohmann::json& value)
{
    return value.is_array() && std::ranges::all_of(value, isText);
}

bool isPair(const nlohmann::json& value)
{
    return value.is_array() && value.size() == 2;
}

std::string listText(std::size_t most, const std::string& of)
{
    return "a list of at most " + std::to_string(most) + " " + of;
}

std::string wrongList(const nlohmann::json& value, const char* key, const std::string& should)
{
    return "has " + shown(value) + " as \"" + key + "\", which should be " + should;
}

} // namespace

std::vector<std::string> Record::texts(const char* key, std::size_t most)
{
    const std::string should = listText(most, "texts");
    const nlohmann::json* value = find(key, should.c_str());
    if (value == nullptr)
        return {};
    if (!isList(*value, most, isText)) {
        complain(wrongList(*value, key, should));
        return {};
    }
    return value->get<std::vector<std::string>>();
}

std::vector<std::string> Record::textsOr(const char* key, std::size_t most)
{
    return has(key) ? texts(key, most) : std::vector<std::string>();
}

std::vector<std::vector<std::string>> Record::textLists(const char* key, std::size_t most)
{
    if (!has(key))
        return {};
    const nlohmann::json& value = m_object[key];
    if (!isList(value, most, isTextList)) {
        complain(wrongList(value, key, listText(most, "lists of texts")));
        return {};
    }
    return value.get<std::vector<std::vector<std::string>>>();
}

std::vector<int> Record::numbers(const char* key, std::size_t most, int least, int largest)
{
    const std::string should = listText(most, "whole numbers from ") + std::to_string(least) +
                               " to " + std::to_string(largest);
    const nlohmann::json* value = find(key, should.c_str());
    if (value == nullptr)
        return {};
    if (!value->is_array() || value->size() > most ||
        !std::ranges::all_of(*value, [&](const nlohmann::json& element) {
            return isWithin(element, least, largest);
        })) {
        complain(wrongList(*value, key, should));
        return {};
    }
    return value->get<std::vector<int>>();
}

std::vector<std::pair<int, int>> Record::pairs(const char* key, std::size_t most, int least,
                                               int largest)
{
    const std::string should = listText(most, "pairs of whole numbers from ") +
                               std::to_string(least) + " to " + std::to_string(largest);
    const nlohmann::json* value = find(key, should.c_str());
    if (value == nullptr)
        return {};
    const bool right =
        isList(*value, most, isPair) &&
        std::ranges::all_of(*value, [&](const nlohmann::json& pair) {
            return isWithin(pair[0], least, largest) && isWithin(pair[1], least, largest);
        });
    if (!right) {
        complain(wrongList(*value, key, should));
        return {};
    }
    return value->get<std::vector<std::pair<int, int>>>();
}

} // namespace halftone
