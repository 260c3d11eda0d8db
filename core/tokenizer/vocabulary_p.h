// The vocabulary of a tokenizer.json as it is written there: tokens by id and ids by token.
// Immutable.
#pragma once

#include "base/result.h"
#include "tokenizer/hashindex_p.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

struct VocabularyEntry
{
    std::string token;
    std::int64_t id = 0; // as found in the file
};

class Vocabulary
{
public:
    Vocabulary() = default;
    /// Ids may leave gaps, but not larger than a vocabulary of this size can explain. Fails with
    /// InvalidInput when they do, and when a token or an id is given twice.
    [[nodiscard]] static Result<Vocabulary> fromEntries(std::vector<VocabularyEntry>);
    /// The highest id that a vocabulary of `tokens` tokens may use.
    [[nodiscard]] static std::int64_t highestId(std::size_t tokens);

    [[nodiscard]] std::optional<std::int32_t> idOf(std::string_view token) const;
    /// Null where the vocabulary has no such id.
    [[nodiscard]] const std::string* tokenOf(std::int32_t id) const;
    /// Highest id + 1.
    [[nodiscard]] std::size_t size() const { return m_placeOf.size(); }
    [[nodiscard]] std::size_t tokenCount() const { return m_entries.size(); }

private:
    std::vector<VocabularyEntry> m_entries;
    std::vector<std::int32_t> m_placeOf; // by id, into m_entries; -1 in gaps
    HashIndex m_index;
};

} // namespace halftone
