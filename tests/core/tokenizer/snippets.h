// Small tokenizer.json texts put together from their parts, written in C++ raw strings.
#pragma once

#include "tokenizer/tokenizer.h"

#include <QTest>

#include <memory>
#include <string>
#include <vector>

namespace halftone::test {

struct Snippet
{
    std::string model;
    std::string normalizer = "null";
    std::string preTokenizer = "null";
    std::string postProcessor = "null";
    std::string decoder = "null";
    std::string addedTokens = "[]";

    [[nodiscard]] std::string json() const
    {
        return R"({"version": "1.0", "added_tokens": )" + addedTokens + R"(, "normalizer": )" +
               normalizer + R"(, "pre_tokenizer": )" + preTokenizer + R"(, "post_processor": )" +
               postProcessor + R"(, "decoder": )" + decoder + R"(, "model": )" + model + "}";
    }
};

inline Result<std::unique_ptr<Tokenizer>> tokenizerOf(const Snippet& snippet)
{
    return Tokenizer::fromJson(snippet.json(), "snippet.json");
}

/// A WordLevel model with the given words as ids 1, 2, …; 0 is for words that are not among them.
inline std::string wordModel(const std::vector<std::string>& words)
{
    std::string vocabulary = R"("[unknown]": 0)";
    for (std::size_t i = 0; i < words.size(); ++i)
        vocabulary += ", \"" + words[i] + "\": " + std::to_string(i + 1);
    return R"({"type": "WordLevel", "unk_token": "[unknown]", "vocab": {)" + vocabulary + "}}";
}

inline std::vector<std::int32_t> idsOf(const Tokenizer& tokenizer, std::string_view text,
                                       SpecialTokens special = SpecialTokens::Omit)
{
    std::vector<std::int32_t> ids;
    for (const TokenId id : tokenizer.encode(text, special))
        ids.push_back(id.value);
    return ids;
}

inline std::string decoded(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids)
{
    std::vector<TokenId> tokens;
    for (const std::int32_t id : ids)
        tokens.push_back(TokenId{id});
    return tokenizer.decode(tokens);
}

/// Ids as a failed comparison shows them.
inline QByteArray shown(const std::vector<std::int32_t>& ids)
{
    QByteArray text;
    for (const std::int32_t id : ids)
        text += QByteArray::number(id) + ' ';
    return text.trimmed();
}

} // namespace halftone::test
