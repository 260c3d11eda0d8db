// Tokens that are found in a text before anything else is done with it ("<think>"), and those that
// are found in the normalised text. Immutable; any thread may call it.
#pragma once

#include "tokenizer/jsonfields_p.h"
#include "tokenizer/normalizer_p.h"
#include "tokenizer/unicode_p.h"
#include "tokenizer/vocabulary_p.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halftone {

struct AddedToken
{
    std::string content;
    std::int32_t id = 0;
    bool singleWord = false; // not next to a word character
    bool stripLeft = false;  // takes the spaces before it along
    bool stripRight = false; // and those after it
    bool normalized = true;  // found, normalised itself, in the normalised text
    bool special = false;
};

/// Many strings at once: the longest that begins at a place.
class Trie
{
public:
    Trie();
    void add(std::string_view text, std::size_t value);
    struct Found
    {
        std::size_t length;
        std::size_t value;
    };
    [[nodiscard]] std::optional<Found> longestAt(std::string_view text, std::size_t at) const;

private:
    static constexpr std::uint32_t none = 0xffffffff;
    struct Node
    {
        std::vector<std::pair<char, std::uint32_t>> children;
        std::uint32_t value = none;
    };
    std::vector<Node> m_nodes;
    std::array<std::uint32_t, 256> m_first; // nodes of first bytes, which most places do not have
};

class AddedTokens
{
public:
    enum class In
    {
        RawText,
        NormalizedText,
    };
    /// A stretch of text, or a token in place of one.
    struct Segment
    {
        Span span;
        const AddedToken* token = nullptr;
    };

    AddedTokens() = default;
    /// `list` is the file's "added_tokens"; `normalizer` may be null.
    [[nodiscard]] static AddedTokens read(const nlohmann::json& list, const Vocabulary&,
                                          const Normalizer* normalizer, Problem&);

    /// Cuts `text` at the tokens looked for in this kind of text: from left to right, at each place
    /// the longest.
    [[nodiscard]] std::vector<Segment> split(std::string_view text, In) const;

    [[nodiscard]] const std::vector<AddedToken>& tokens() const { return m_tokens; }

private:
    void readToken(const JsonFields&, const Vocabulary&);
    void index(const Normalizer*, Problem&);
    [[nodiscard]] static Span matched(const AddedToken&, std::string_view text, Span token,
                                      std::size_t from);

    std::vector<AddedToken> m_tokens;
    Trie m_raw;
    Trie m_normalized;
};

} // namespace halftone
