#include "tokenizer/vocabulary_p.h"

#include "format/text_p.h"
#include "tokenizer/jsonfields_p.h"

#include <algorithm>
#include <xxhash.h>

namespace halftone {

namespace {

std::uint64_t hashOf(std::string_view token)
{
    return XXH3_64bits(token.data(), token.size());
}

} // namespace

std::int64_t Vocabulary::highestId(std::size_t tokens)
{
    // Real vocabularies leave small gaps; a small file must not make large tables.
    return (std::int64_t{1} << 20) + 4 * static_cast<std::int64_t>(tokens);
}

Result<Vocabulary> Vocabulary::fromEntries(std::vector<VocabularyEntry> entries)
{
    Vocabulary vocabulary;
    std::int64_t highest = -1;
    for (const VocabularyEntry& entry : entries) {
        if (entry.id > highestId(entries.size()))
            return failure(ErrorCode::InvalidInput,
                           "model.vocab gives " + inQuotes(entry.token) + " the id " +
                               std::to_string(entry.id) + ", which a vocabulary of " +
                               std::to_string(entries.size()) + " tokens cannot have.");
        highest = std::max(highest, entry.id);
    }
    vocabulary.m_entries = std::move(entries);
    vocabulary.m_placeOf.assign(static_cast<std::size_t>(highest + 1), -1);
    vocabulary.m_index = HashIndex(vocabulary.m_entries.size());
    for (std::size_t place = 0; place < vocabulary.m_entries.size(); ++place) {
        const VocabularyEntry& entry = vocabulary.m_entries[place];
        if (vocabulary.idOf(entry.token))
            return failure(ErrorCode::InvalidInput,
                           "model.vocab has the token " + inQuotes(entry.token) + " twice.");
        std::int32_t& slot = vocabulary.m_placeOf[static_cast<std::size_t>(entry.id)];
        if (slot >= 0)
            return failure(
                ErrorCode::InvalidInput,
                "model.vocab gives the id " + std::to_string(entry.id) + " to both " +
                    inQuotes(vocabulary.m_entries[static_cast<std::size_t>(slot)].token) + " and " +
                    inQuotes(entry.token) + ".");
        slot = static_cast<std::int32_t>(place);
        vocabulary.m_index.insert(hashOf(entry.token), place);
    }
    return vocabulary;
}

std::optional<std::int32_t> Vocabulary::idOf(std::string_view token) const
{
    const std::optional<std::size_t> place = m_index.find(
        hashOf(token), [&](std::size_t candidate) { return m_entries[candidate].token == token; });
    if (!place)
        return std::nullopt;
    return static_cast<std::int32_t>(m_entries[*place].id);
}

const std::string* Vocabulary::tokenOf(std::int32_t id) const
{
    if (id < 0 || static_cast<std::size_t>(id) >= m_placeOf.size())
        return nullptr;
    const std::int32_t place = m_placeOf[static_cast<std::size_t>(id)];
    return place < 0 ? nullptr : &m_entries[static_cast<std::size_t>(place)].token;
}

} // namespace halftone
