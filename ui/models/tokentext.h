// The bytes of tokens as a person sees them, in one place: the trace, tables, tool tips and search.
// A byte that is no character is shown as its own mark "<0xNN>", never as a replacement character.
#pragma once

#include "trace/tokentable.h"

#include <QString>

#include <string_view>
#include <vector>

namespace halftone::ui {

/// A stretch of shown text of one kind.
struct TextRun
{
    enum class Kind
    {
        Text,   // characters as they are
        Symbol, // a visible stand-in: ␣ ↵ ⇥, or an invisible character by its code
        Byte,   // "<0xNN>": a byte that is no character, or a control character
    };
    QString text; // empty for a line end that is not shown
    Kind kind = Kind::Text;
    bool endsLine = false;
    bool operator==(const TextRun&) const = default;
};

enum class Whitespace
{
    AsIs,
    Visible,
};

[[nodiscard]] std::vector<TextRun> textRuns(std::string_view bytes, Whitespace);

/// All of `bytes` on one line, nothing invisible: for tables, lists and tool tips.
[[nodiscard]] QString shownText(std::string_view bytes);
[[nodiscard]] QString shownText(const TokenTable&, TokenId);
/// The same in quotation marks, for sentences.
[[nodiscard]] QString quotedText(const TokenTable&, TokenId);

/// How many bytes at the end of `bytes` begin a UTF-8 character that they do not finish: 0 to 3.
[[nodiscard]] std::size_t unfinishedTail(std::string_view bytes);

} // namespace halftone::ui
