// What becomes of the places that a pre-tokenizer's pattern matched.
#pragma once

#include "tokenizer/jsonfields_p.h"
#include "tokenizer/unicode_p.h"

#include <string_view>
#include <vector>

namespace halftone {

enum class SplitBehavior
{
    Isolated,           // a piece of their own
    Removed,            // dropped
    Contiguous,         // a piece of their own, neighbours together
    MergedWithPrevious, // the end of the piece before
    MergedWithNext,     // the beginning of the piece after
};
[[nodiscard]] SplitBehavior readSplitBehavior(const JsonFields&, std::string_view key);

/// A stretch that matched, or one between two matches.
struct Stretch
{
    Span span;
    bool matched = false;
};

/// `matches` of a text of `size` bytes with what lies between them; `inverted` swaps the two kinds.
void stretchesOf(const std::vector<Span>& matches, std::size_t size, bool inverted,
                 std::vector<Stretch>&);
/// Appends the pieces that come of `stretches`, moved by `offset`.
void appendPieces(const std::vector<Stretch>& stretches, SplitBehavior, std::size_t offset,
                  std::vector<Span>& pieces);

} // namespace halftone
