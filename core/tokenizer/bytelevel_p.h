// GPT-2's alphabet: every byte as one printable character, so that a vocabulary can be written as
// text. Printable Latin-1 stands for itself, the other 68 bytes for U+0100 and on (Radford et al.,
// "Language Models are Unsupervised Multitask Learners", 2019; the encoder published with it).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace halftone {

void appendByteLevel(std::string& text, std::string_view bytes);
/// The bytes behind `text`, or nothing when a character is not of the alphabet.
[[nodiscard]] std::optional<std::string> bytesFromByteLevel(std::string_view text);

} // namespace halftone
