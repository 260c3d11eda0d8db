#include "base/hexdigest.h"

#include <string_view>

namespace halftone {

std::string hexDigest(std::uint64_t high, std::uint64_t low)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint64_t half : {high, low})
        for (unsigned shift = 64; shift > 0; shift -= 4)
            text += digits[half >> (shift - 4) & 15U];
    return text;
}

} // namespace halftone
