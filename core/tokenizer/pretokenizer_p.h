// What cuts a text into the pieces that become tokens one by one. Immutable; any thread may call
// it.
#pragma once

#include "tokenizer/jsonfields_p.h"
#include "tokenizer/pattern_p.h"
#include "tokenizer/pieces_p.h"

#include <memory>
#include <string>

namespace halftone {

/// Metaspace's marker for a space.
inline constexpr std::string_view lowerBlock = "\u2581";

class PreTokenizer
{
public:
    virtual ~PreTokenizer() = default;
    /// `atStart`: the text begins where the whole input does, before any special token.
    virtual void apply(Pieces&, bool atStart, Work&) const = 0;
};

/// Metaspace's settings, which its decoder shares.
struct MetaspaceSettings
{
    enum class Prepend
    {
        Always,
        First,
        Never,
    };
    std::string replacement{lowerBlock};
    Prepend prepend = Prepend::Always;
    bool split = true;
};
[[nodiscard]] MetaspaceSettings readMetaspace(const JsonFields&);

/// The file's "pre_tokenizer": ByteLevel, Split, Metaspace, WhitespaceSplit, Whitespace, Digits,
/// Punctuation and Sequence. Null after a report.
[[nodiscard]] std::unique_ptr<const PreTokenizer>
readPreTokenizer(const nlohmann::json&, const std::string& where, Problem&);

} // namespace halftone
