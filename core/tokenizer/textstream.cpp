#include "tokenizer/textstream.h"

#include "tokenizer/unicode_p.h"

namespace halftone {

namespace {

void appendShown(std::string& text, char byte)
{
    constexpr char digits[] = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(byte);
    text += "<0x";
    text += digits[value >> 4];
    text += digits[value & 15];
    text += '>';
}

/// Appends `bytes` to `shown` up to a character that the end cuts off; returns where that begins.
std::size_t showCharacters(std::string_view bytes, std::string& shown)
{
    std::size_t at = 0;
    while (at < bytes.size()) {
        const Utf8Char character = utf8At(bytes, at);
        if (character.state == Utf8State::CutOff)
            break;
        if (character.state == Utf8State::Valid)
            shown += bytes.substr(at, character.length);
        else
            appendShown(shown, bytes[at]);
        at += character.length;
    }
    return at;
}

} // namespace

std::string TextStream::push(std::string_view bytes)
{
    m_pending += bytes;
    std::string shown;
    m_pending.erase(0, showCharacters(m_pending, shown));
    return shown;
}

std::string TextStream::flush()
{
    std::string shown;
    for (const char byte : m_pending)
        appendShown(shown, byte);
    m_pending.clear();
    return shown;
}

std::string showBytes(std::string_view bytes)
{
    TextStream stream;
    std::string shown = stream.push(bytes);
    return shown + stream.flush();
}

} // namespace halftone
