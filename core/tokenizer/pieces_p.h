// A text on its way through the tokenizer: cut into pieces, each to become tokens by itself.
#pragma once

#include "tokenizer/unicode_p.h"

#include <string>
#include <vector>

namespace halftone {

struct Pieces
{
    std::string text;
    std::vector<Span> spans; // from left to right, none empty; what lies between is dropped
};

} // namespace halftone
