#include "tokenizer/bytelevel_p.h"

#include "tokenizer/unicode_p.h"

#include <array>
#include <cstdint>

namespace halftone {

namespace {

constexpr std::size_t letters = 256 + 68;

struct Alphabet
{
    std::array<std::uint16_t, 256> letterOf{};
    std::array<std::int16_t, letters> byteOf{};

    constexpr Alphabet()
    {
        for (std::int16_t& byte : byteOf)
            byte = -1;
        std::uint16_t next = 256;
        for (std::uint16_t byte = 0; byte < 256; ++byte) {
            const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte != 0xad);
            letterOf[byte] = printable ? byte : next++;
            byteOf[letterOf[byte]] = static_cast<std::int16_t>(byte);
        }
    }
};

constexpr Alphabet alphabet;

} // namespace

void appendByteLevel(std::string& text, std::string_view bytes)
{
    for (const char byte : bytes) {
        const std::uint16_t letter = alphabet.letterOf[static_cast<unsigned char>(byte)];
        if (letter < 0x80) {
            text += static_cast<char>(letter);
        } else {
            text += static_cast<char>(0xc0 | (letter >> 6));
            text += static_cast<char>(0x80 | (letter & 0x3f));
        }
    }
}

std::optional<std::string> bytesFromByteLevel(std::string_view text)
{
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Char letter = utf8At(text, at);
        if (letter.state != Utf8State::Valid || letter.code >= letters ||
            alphabet.byteOf[letter.code] < 0)
            return std::nullopt;
        bytes += static_cast<char>(alphabet.byteOf[letter.code]);
        at += letter.length;
    }
    return bytes;
}

} // namespace halftone
