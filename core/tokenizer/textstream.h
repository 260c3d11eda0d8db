// Bytes in, whole characters out: text that appears token by token never shows half a character
// and never loses one. Bytes that can never become valid UTF-8 are shown as "<0xNN>".
#pragma once

#include <string>
#include <string_view>

namespace halftone {

class TextStream
{
public:
    /// The characters that `bytes` complete, with those held back before.
    [[nodiscard]] std::string push(std::string_view bytes);
    /// What is still held back, byte by byte; call at the end.
    [[nodiscard]] std::string flush();

private:
    std::string m_pending; // the beginning of one character, at most three bytes
};

/// `bytes` as valid UTF-8, each byte that is none shown as "<0xNN>".
[[nodiscard]] std::string showBytes(std::string_view bytes);

} // namespace halftone
