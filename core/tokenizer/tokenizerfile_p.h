// A tokenizer.json taken apart: the vocabulary and the merges, which are nearly all of it, as flat
// lists, and the rest as a JSON tree. Reading is bounded by depth and by the size of the tree.
#pragma once

#include "base/result.h"
#include "tokenizer/tokenmodel_p.h"
#include "tokenizer/vocabulary_p.h"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

struct TokenizerFile
{
    TokenizerFile();
    ~TokenizerFile();
    TokenizerFile(TokenizerFile&&) noexcept;
    TokenizerFile& operator=(TokenizerFile&&) noexcept;

    std::unique_ptr<nlohmann::json> root; // an object; without model.vocab and model.merges
    std::vector<VocabularyEntry> vocabulary;
    std::vector<Merge> merges;
    bool hasVocabulary = false; // model.vocab is there, an object of ids
    bool hasMerges = false;
};

/// Messages do not name the file.
[[nodiscard]] Result<TokenizerFile> parseTokenizerFile(std::string_view json);

} // namespace halftone
