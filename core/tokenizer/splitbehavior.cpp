#include "tokenizer/splitbehavior_p.h"

namespace halftone {

namespace {

/// Whether the stretch continues the piece that the one before it is in.
bool joinsPrevious(const Stretch* previous, const Stretch& stretch, SplitBehavior behavior)
{
    if (!previous)
        return false;
    switch (behavior) {
    case SplitBehavior::Isolated:
    case SplitBehavior::Removed:
        return false;
    case SplitBehavior::Contiguous:
        return stretch.matched == previous->matched;
    case SplitBehavior::MergedWithPrevious:
        return stretch.matched && !previous->matched;
    case SplitBehavior::MergedWithNext:
        return previous->matched && !stretch.matched;
    }
    return false;
}

} // namespace

SplitBehavior readSplitBehavior(const JsonFields& fields, std::string_view key)
{
    const std::string name = fields.text(key);
    if (name == "Isolated")
        return SplitBehavior::Isolated;
    if (name == "Removed")
        return SplitBehavior::Removed;
    if (name == "Contiguous")
        return SplitBehavior::Contiguous;
    if (name == "MergedWithPrevious")
        return SplitBehavior::MergedWithPrevious;
    if (name == "MergedWithNext")
        return SplitBehavior::MergedWithNext;
    fields.unsupported(key, name);
    return SplitBehavior::Isolated;
}

void stretchesOf(const std::vector<Span>& matches, std::size_t size, bool inverted,
                 std::vector<Stretch>& stretches)
{
    stretches.clear();
    std::size_t end = 0;
    for (const Span& match : matches) {
        if (match.begin > end)
            stretches.push_back({{end, match.begin}, inverted});
        stretches.push_back({match, !inverted});
        end = match.end;
    }
    if (end < size)
        stretches.push_back({{end, size}, inverted});
}

void appendPieces(const std::vector<Stretch>& stretches, SplitBehavior behavior, std::size_t offset,
                  std::vector<Span>& pieces)
{
    const Stretch* previous = nullptr;
    Span piece;
    const auto finish = [&] {
        if (piece.size() > 0)
            pieces.push_back({offset + piece.begin, offset + piece.end});
    };
    for (const Stretch& stretch : stretches) {
        if (joinsPrevious(previous, stretch, behavior)) {
            piece.end = stretch.span.end;
        } else {
            finish();
            piece = stretch.span;
        }
        if (behavior == SplitBehavior::Removed && stretch.matched)
            piece.end = piece.begin;
        previous = &stretch;
    }
    finish();
}

} // namespace halftone
