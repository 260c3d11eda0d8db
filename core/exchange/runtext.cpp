#include "exchange/runexport.h"
#include "tokenizer/textstream.h"
#include "trace/thought.h"

namespace halftone {

namespace {

/// Pieces one after another, with the joiner between them; bytes that make no character are shown
/// when all are there, since one character may be spread over several tokens.
class Text
{
public:
    explicit Text(std::string_view joiner)
        : m_joiner(joiner)
    {
    }
    void add(std::string_view piece)
    {
        if (m_any)
            m_bytes += m_joiner;
        m_any = true;
        m_bytes += piece;
    }
    [[nodiscard]] std::string shown() const { return showBytes(m_bytes); }

private:
    std::string_view m_joiner;
    std::string m_bytes;
    bool m_any = false;
};

/// Whether the step feeds <think> or </think>: by what was recorded, or, for markers that a person
/// forced, by their spelling.
bool isMarker(const StepRecord& step, std::string_view piece)
{
    return marksThinking(step) ||
           (step.input.kind == InputKind::Token && (piece == "<think>" || piece == "</think>"));
}

} // namespace

RunText textOf(std::span<const StepRecord> steps, const TokenTable& tokens)
{
    Text all(tokens.joiner());
    Text thinking(tokens.joiner());
    Text answer(tokens.joiner());
    for (const StepRecord& step : steps) {
        if (step.stop == StopReason::EndToken)
            continue; // a sign to the program, not a part of the text
        const std::string piece = tokens.piece(step.sampled);
        all.add(piece);
        if (!isMarker(step, piece))
            (step.phase == Phase::Think ? thinking : answer).add(piece);
    }
    return {all.shown(), thinking.shown(), answer.shown()};
}

} // namespace halftone
