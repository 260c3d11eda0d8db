// Text to token ids and back, from Hugging Face's tokenizer.json. Immutable after load; any thread
// may call it. Decoding gives bytes: one token may be half a character (see textstream.h).
//
// Models: BPE (byte-level; byte fallback), WordLevel. Normalisers: NFC, NFD, NFKC, NFKD, Prepend,
// Replace, Lowercase, Strip, StripAccents, Sequence. Pre-tokenizers: ByteLevel, Split, Metaspace,
// WhitespaceSplit, Whitespace, Digits, Punctuation, Sequence. Post-processors, for a single text:
// TemplateProcessing, ByteLevel, BertProcessing, RobertaProcessing, Sequence. Decoders: ByteLevel,
// Metaspace, Replace, ByteFallback, Fuse, Strip, Sequence. Anything else is refused by name rather
// than guessed. "truncation" and "padding" are ignored: a text is never cut or filled silently.
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
    ///
    /// Nothing is left out or guessed: fails with InvalidInput where a character has no token and
    /// there is none for unknown ones, with Unsupported where a pattern of the file takes too long
    /// on this text, and with InvalidArgument on more than 256 MiB.
    [[nodiscard]] Result<std::vector<TokenId>> encode(std::string_view text, SpecialTokens) const;
    /// The bytes of `ids`, special tokens by their content. An id without a token reads "[id]".
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
