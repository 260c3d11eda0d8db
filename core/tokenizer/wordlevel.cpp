#include "tokenizer/tokenmodel_p.h"

#include "format/text_p.h"
#include "tokenizer/textstream.h"

namespace halftone {

namespace {

class WordLevel : public TokenModel
{
public:
    WordLevel(const Vocabulary& vocabulary, std::optional<std::int32_t> unknown)
        : m_vocabulary(vocabulary)
        , m_unknown(unknown)
    {
    }

    void encode(const Pieces& pieces, std::vector<TokenId>& ids, Work& work) const override
    {
        for (const Span& span : pieces.spans) {
            const std::string_view word = span.in(pieces.text);
            std::optional<std::int32_t> id = m_vocabulary.idOf(word);
            if (!id)
                id = m_unknown;
            if (id)
                ids.push_back(TokenId{*id});
            else
                work.fail(ErrorCode::InvalidInput, "The word " + inQuotes(showBytes(word)) +
                                                       " is not in the vocabulary, which has no "
                                                       "token for unknown words.");
        }
    }

private:
    const Vocabulary& m_vocabulary;
    std::optional<std::int32_t> m_unknown;
};

} // namespace

std::unique_ptr<const TokenModel> readWordLevel(const JsonFields& fields,
                                                const Vocabulary& vocabulary)
{
    // Files name an unknown token even when the vocabulary has none.
    const std::optional<std::string> unknown = fields.optionalText("unk_token");
    return std::make_unique<WordLevel>(vocabulary,
                                       unknown ? vocabulary.idOf(*unknown) : std::nullopt);
}

} // namespace halftone
