// The records of a data file with the lines that they begin on, so that every complaint can say
// where, and one field after the other read from them.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

struct RawRecord
{
    std::size_t line = 1;
    std::string_view text;
};

/// The objects of a JSON list or of JSON lines. `text` has to outlive them. Fails with InvalidInput
/// for anything else and where it ends early.
[[nodiscard]] Result<std::vector<RawRecord>> splitRecords(std::string_view text,
                                                          const std::string& file);

/// The lines that hold anything.
[[nodiscard]] std::vector<RawRecord> splitLines(std::string_view text);

/// Reads fields from one record. The first that is not there, or is not what it should be, is
/// remembered; what is read after it is empty.
class Record
{
public:
    /// `place`: "FILE, line N".
    Record(nlohmann::json object, std::string place);

    [[nodiscard]] bool has(const char* key) const { return m_object.contains(key); }
    /// Not empty.
    std::string text(const char* key);
    std::string textOr(const char* key, std::string otherwise);
    bool truth(const char* key);
    int number(const char* key, int least, int most);
    int numberOr(const char* key, int least, int most, int otherwise);
    std::vector<std::string> texts(const char* key, std::size_t most);
    std::vector<std::string> textsOr(const char* key, std::size_t most);
    std::vector<int> numbers(const char* key, std::size_t most, int least, int largest);
    std::vector<std::pair<int, int>> pairs(const char* key, std::size_t most, int least,
                                           int largest);
    std::vector<std::vector<std::string>> textLists(const char* key, std::size_t most);
    /// The object itself, for what has no other reader.
    [[nodiscard]] const nlohmann::json& object() const { return m_object; }

    /// Remembers what is wrong with the record, as the end of a sentence that begins with its
    /// place: "has no answer after ####".
    void complain(const std::string& what);
    [[nodiscard]] bool failed() const { return !m_error.empty(); }
    [[nodiscard]] Unexpected error() const;

private:
    const nlohmann::json* find(const char* key, const char* should);

    nlohmann::json m_object;
    std::string m_place;
    std::string m_error;
};

} // namespace halftone
