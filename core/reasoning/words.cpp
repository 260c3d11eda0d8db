#include "reasoning/words_p.h"

#include <array>
#include <charconv>

namespace halftone {

std::string shortNumber(double value)
{
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::general, 4)
                         .ptr;
    return {buffer.data(), end};
}

} // namespace halftone
