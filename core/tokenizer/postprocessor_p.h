// The special tokens that go before and after a text.
#pragma once

#include "base/ids.h"
#include "tokenizer/jsonfields_p.h"

#include <string>
#include <vector>

namespace halftone {

struct PostProcessor
{
    std::vector<TokenId> before;
    std::vector<TokenId> after;
};

/// The file's "post_processor", as far as it concerns a single text: TemplateProcessing, ByteLevel
/// (which changes offsets only), BertProcessing, RobertaProcessing and Sequence. `vocabularySize`
/// bounds the ids.
[[nodiscard]] PostProcessor readPostProcessor(const nlohmann::json&, const std::string& where,
                                              std::size_t vocabularySize, Problem&);

} // namespace halftone
