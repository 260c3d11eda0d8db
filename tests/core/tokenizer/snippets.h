// Small tokenizer.json texts put together from their parts, written in C++ raw strings.
#pragma once

#include "tokenizer/tokenizer.h"

#include <QJsonDocument>
#include <QJsonObject>
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

/// A WordLevel model: 0 is for unknown words, the given ones have 1, 2, … in the order in which
/// they first come.
inline std::string wordModel(const QStringList& words)
{
    QJsonObject vocabulary{{QStringLiteral("[unknown]"), 0}};
    for (const QString& word : words) {
        if (!vocabulary.contains(word))
            vocabulary[word] = static_cast<int>(vocabulary.size());
    }
    const QJsonObject model{{QStringLiteral("type"), QStringLiteral("WordLevel")},
                            {QStringLiteral("unk_token"), QStringLiteral("[unknown]")},
                            {QStringLiteral("vocab"), vocabulary}};
    return QJsonDocument(model).toJson().toStdString();
}

inline std::vector<std::int32_t> idsOf(const Tokenizer& tokenizer, std::string_view text,
                                       SpecialTokens special = SpecialTokens::Omit)
{
    const auto encoded = tokenizer.encode(text, special);
    if (!encoded) {
        QTest::qFail(encoded.error().message.c_str(), __FILE__, __LINE__);
        return {};
    }
    std::vector<std::int32_t> ids;
    for (const TokenId id : *encoded)
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

/// The words of a wordModel(words) that `text` becomes.
inline QStringList piecesOf(const Tokenizer& tokenizer, const QString& text)
{
    QStringList pieces;
    for (const std::int32_t id : idsOf(tokenizer, text.toStdString()))
        pieces << QString::fromStdString(tokenizer.table()->piece(TokenId{id}));
    return pieces;
}

} // namespace halftone::test
