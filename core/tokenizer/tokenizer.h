// Text to token ids and back, from Hugging Face's tokenizer.json. Immutable after load; any thread
// may call it. Decoding gives bytes: one token may be half a character (see textstream.h).
//
// Models: BPE (byte-level; byte fallback), WordLevel. Normalisers: NFC, Prepend, Replace, Sequence,
// and those that change nothing here. Pre-tokenizers: ByteLevel, Split with a regular expression,
// Metaspace, WhitespaceSplit, Whitespace, Digits, Punctuation, Sequence. Anything else is refused
// by name rather than guessed.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "trace/tokentable.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class SpecialTokens
{
    Add, // the post-processor's (BOS and the like)
    Omit,
};

class Tokenizer
{
public:
    /// Fails with NotFound, InvalidInput or Unsupported, naming the file and what it holds.
    [[nodiscard]] static Result<std::unique_ptr<Tokenizer>> load(const std::filesystem::path&);
    /// `name` stands for the file in messages.
    [[nodiscard]] static Result<std::unique_ptr<Tokenizer>> fromJson(std::string_view json,
                                                                     std::string_view name);
    ~Tokenizer();
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// `text` is UTF-8; bytes that are not are encoded as bytes where the model can, else as
    /// unknown. Special tokens written out in the text ("<think>") become their ids.
    [[nodiscard]] std::vector<TokenId> encode(std::string_view text, SpecialTokens) const;
    /// The bytes of `ids`, special tokens by their content.
    [[nodiscard]] std::string decode(std::span<const TokenId> ids) const;

    [[nodiscard]] std::size_t vocabularySize() const; // highest id + 1, added tokens included
    /// The id of a token by its exact content in the vocabulary or among the added tokens.
    [[nodiscard]] std::optional<TokenId> idOf(std::string_view content) const;
    [[nodiscard]] bool isSpecial(TokenId) const;
    /// The bytes each id adds to a text, for the trace and the store.
    [[nodiscard]] std::shared_ptr<const TokenTable> table() const;

private:
    struct Parts;
    explicit Tokenizer(std::unique_ptr<const Parts>);
    std::unique_ptr<const Parts> m_parts;
};

} // namespace halftone
