// How 128-bit hashes are written: as fingerprints of models and soft prompts, as keys in the
// library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace halftone {

/// 32 lower-case hexadecimal digits, the high half first: XXH3-128's canonical form.
[[nodiscard]] std::string hexDigest(std::uint64_t high, std::uint64_t low);
/// XXH3-128 of the bytes, so written.
[[nodiscard]] std::string digestOf(std::span<const std::byte> bytes);

} // namespace halftone
