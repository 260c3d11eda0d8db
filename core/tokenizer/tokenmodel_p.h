// From pieces of text to ids. Immutable; any thread may call it.
#pragma once

#include "base/ids.h"
#include "tokenizer/jsonfields_p.h"
#include "tokenizer/pattern_p.h"
#include "tokenizer/pieces_p.h"
#include "tokenizer/vocabulary_p.h"

#include <memory>
#include <string>
#include <vector>

namespace halftone {

class TokenModel
{
public:
    virtual ~TokenModel() = default;
    /// Appends the ids of every piece.
    virtual void encode(const Pieces&, std::vector<TokenId>& ids, Work&) const = 0;
};

/// A merge as it is written in the file: two tokens that become one, the earlier in the list the
/// sooner.
struct Merge
{
    std::string left;
    std::string right;
};

/// Byte pair encoding (Sennrich et al., "Neural Machine Translation of Rare Words with Subword
/// Units", 2016). `fields` is the file's "model"; the vocabulary must outlive the model.
[[nodiscard]] std::unique_ptr<const TokenModel> readBpe(const JsonFields& fields, const Vocabulary&,
                                                        const std::vector<Merge>&);

/// A token a piece; pieces that are none become the unknown token.
[[nodiscard]] std::unique_ptr<const TokenModel> readWordLevel(const JsonFields& fields,
                                                              const Vocabulary&);

} // namespace halftone
