// The bytes behind every token id: all that is needed to show a stored trace with no model and no
// tokenizer loaded. Immutable; shared between threads.
#pragma once

#include "base/ids.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

class TokenTable
{
public:
    /// `pieces[id]` are the bytes that a token adds to the text, special tokens by their content;
    /// `joiner` is put between two tokens (" " for word-level vocabularies, else empty).
    TokenTable(std::vector<std::string> pieces, std::string joiner);
    /// For models without a tokenizer: token 7 reads "[7]".
    [[nodiscard]] static std::shared_ptr<const TokenTable> numbered(std::int32_t size);

    [[nodiscard]] std::size_t size() const { return m_pieces.size(); }
    /// May be half a UTF-8 character. An id outside the table reads "[id]".
    [[nodiscard]] std::string piece(TokenId) const;
    [[nodiscard]] std::string_view joiner() const { return m_joiner; }

private:
    std::vector<std::string> m_pieces;
    std::string m_joiner;
};

} // namespace halftone
