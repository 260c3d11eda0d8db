// A tokenizer of the words of some texts: WordLevel, one word or run of punctuation a token, as
// Hugging Face's tokenizers write it.
#pragma once

#include <span>
#include <string>

namespace halftone {

/// tokenizer.json: <pad>, <s>, </s>, <think>, </think> and <unk> are ids 0 to 5, then the words in
/// the order of their bytes. A text begins with <s>.
[[nodiscard]] std::string wordTokenizerJson(std::span<const std::string> texts);
[[nodiscard]] std::string wordTokenizerConfigJson(std::int64_t context);

} // namespace halftone
