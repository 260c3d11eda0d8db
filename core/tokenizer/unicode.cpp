#include "tokenizer/unicode_p.h"

#include <utf8proc.h>

namespace halftone {

namespace {

std::uint8_t byteAt(std::string_view text, std::size_t at)
{
    return static_cast<std::uint8_t>(text[at]);
}

/// How many bytes a first byte announces, and what the second may be; length 0: not a first byte.
struct Lead
{
    std::uint8_t length = 0;
    std::uint8_t secondLow = 0x80;
    std::uint8_t secondHigh = 0xbf;
};

Lead leadOf(std::uint8_t first)
{
    if (first < 0x80)
        return {1};
    if (first < 0xc2)
        return {};
    if (first < 0xe0)
        return {2};
    if (first < 0xf0)
        return {3, first == 0xe0 ? std::uint8_t{0xa0} : std::uint8_t{0x80},
                first == 0xed ? std::uint8_t{0x9f} : std::uint8_t{0xbf}};
    if (first < 0xf5)
        return {4, first == 0xf0 ? std::uint8_t{0x90} : std::uint8_t{0x80},
                first == 0xf4 ? std::uint8_t{0x8f} : std::uint8_t{0xbf}};
    return {};
}

utf8proc_category_t categoryOf(char32_t code)
{
    return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

} // namespace

Utf8Char utf8At(std::string_view text, std::size_t at)
{
    const std::uint8_t first = byteAt(text, at);
    if (first < 0x80)
        return {first, 1, Utf8State::Valid};
    const Lead lead = leadOf(first);
    if (lead.length == 0)
        return {};
    auto code = static_cast<char32_t>(first & (0x7f >> lead.length));
    for (std::uint8_t i = 1; i < lead.length; ++i) {
        if (at + i == text.size())
            return {0, i, Utf8State::CutOff};
        const std::uint8_t next = byteAt(text, at + i);
        const std::uint8_t low = i == 1 ? lead.secondLow : std::uint8_t{0x80};
        const std::uint8_t high = i == 1 ? lead.secondHigh : std::uint8_t{0xbf};
        if (next < low || next > high)
            return {};
        code = (code << 6) | static_cast<char32_t>(next & 0x3f);
    }
    return {code, lead.length, Utf8State::Valid};
}

std::vector<Utf8Run> utf8Runs(std::string_view text)
{
    std::vector<Utf8Run> runs;
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Char character = utf8At(text, at);
        const bool valid = character.state == Utf8State::Valid;
        if (runs.empty() || runs.back().valid != valid)
            runs.push_back({{at, at}, valid});
        at += character.length;
        runs.back().span.end = at;
    }
    return runs;
}

void appendUtf8(std::string& text, char32_t code)
{
    utf8proc_uint8_t bytes[4];
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

bool isWhitespace(char32_t code)
{
    return (code >= 0x09 && code <= 0x0d) || code == 0x20 || code == 0x85 || code == 0xa0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
           code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

bool isWordCharacter(char32_t code)
{
    if (code == 0x200c || code == 0x200d)
        return true;
    // Symbols that Unicode counts as alphabetic: circled and squared Latin letters.
    if ((code >= 0x24b6 && code <= 0x24e9) || (code >= 0x1f130 && code <= 0x1f149) ||
        (code >= 0x1f150 && code <= 0x1f169) || (code >= 0x1f170 && code <= 0x1f189))
        return true;
    switch (categoryOf(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return false;
    }
}

bool isNumeric(char32_t code)
{
    const utf8proc_category_t category = categoryOf(code);
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
           category == UTF8PROC_CATEGORY_NO;
}

bool isPunctuation(char32_t code)
{
    if (code < 0x80)
        return (code >= 0x21 && code <= 0x2f) || (code >= 0x3a && code <= 0x40) ||
               (code >= 0x5b && code <= 0x60) || (code >= 0x7b && code <= 0x7e);
    switch (categoryOf(code)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
        return true;
    default:
        return false;
    }
}

} // namespace halftone
