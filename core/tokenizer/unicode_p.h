// UTF-8 taken apart by hand, because the tokenizer has to carry bytes that are none, and the few
// character classes that tokenizer.json's parts are defined by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// A stretch of a text in bytes, end exclusive.
struct Span
{
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::size_t size() const { return end - begin; }
    [[nodiscard]] std::string_view in(std::string_view text) const
    {
        return text.substr(begin, end - begin);
    }
    bool operator==(const Span&) const = default;
};

enum class Utf8State
{
    Valid,
    Invalid, // this byte belongs to no character
    CutOff,  // the text ends inside a character that is right so far
};

struct Utf8Char
{
    char32_t code = 0;       // of a valid character
    std::uint8_t length = 1; // bytes; 1 when invalid, what is left of the text when cut off
    Utf8State state = Utf8State::Invalid;
};

/// The character at byte `at`, which must be inside `text`. Overlong forms, surrogates and numbers
/// above U+10FFFF are invalid, as in the Unicode standard's table 3-7.
[[nodiscard]] Utf8Char utf8At(std::string_view text, std::size_t at);

/// A stretch that is UTF-8 throughout, or bytes none of which is part of a character.
struct Utf8Run
{
    Span span;
    bool valid = false;
};

/// `text` as runs, alternately valid and not; a wholly valid text is one run.
[[nodiscard]] std::vector<Utf8Run> utf8Runs(std::string_view text);

void appendUtf8(std::string& text, char32_t code);

/// Unicode's White_Space.
[[nodiscard]] bool isWhitespace(char32_t);
/// What a regular expression calls \w: letters, marks, decimal digits, connectors, joiners.
[[nodiscard]] bool isWordCharacter(char32_t);
/// General categories Nd, Nl and No.
[[nodiscard]] bool isNumeric(char32_t);
/// General category P, and ASCII's symbols.
[[nodiscard]] bool isPunctuation(char32_t);

} // namespace halftone
