#include "base/hexdigest.h"

#include <string_view>
#include <xxhash.h>

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

std::string digestOf(std::span<const std::byte> bytes)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return hexDigest(hash.high64, hash.low64);
}

} // namespace halftone
