// Steps for a person's eyes: a table of all of them, and text that runs along while they are taken.
// Nothing that a model says can steer the terminal: control characters are shown by their number.
#pragma once

#include "tokenizer/textstream.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace halftone::cli {

/// Bytes as text: line breaks and tabs as they are, other control characters as "<0x1B>".
[[nodiscard]] std::string printable(std::string_view bytes);
/// The same in one line: line breaks as ↵, tabs as ⇥.
[[nodiscard]] std::string printableLine(std::string_view bytes);
/// The same with blanks to be seen: blanks as ␣.
[[nodiscard]] std::string printableCell(std::string_view bytes);
/// `text` filled up with blanks to `width` columns of the terminal.
[[nodiscard]] std::string padded(std::string text, std::size_t width);
[[nodiscard]] std::size_t displayWidth(const std::string& text);

/// "bern" for a token, "diff 0.52 + femp 0.46 + 0.02 in 3 more" for a mixture.
[[nodiscard]] std::string fedText(const StepInput&, const TokenTable&);

/// One line a step, in columns: step, text, phase, entropy, what was fed, raw candidates, events.
void writeTrace(std::ostream&, std::span<const StepRecord>, const TokenTable&);

/// Text that grows with the steps. Tokens appear as their characters, mixtures in braces.
class LiveText
{
public:
    LiveText(std::ostream&, std::shared_ptr<const TokenTable>);
    /// Writes and flushes what the step completes.
    void add(const StepRecord&);
    /// Writes what is held back and ends the line, if there is one.
    void end();

private:
    std::ostream& m_out;
    std::shared_ptr<const TokenTable> m_tokens;
    TextStream m_stream;
    bool m_first = true;
};

} // namespace halftone::cli
