// Vectors of plain values as blobs, exactly as they lie in memory: little-endian, no header, no
// padding. NumPy reads one with frombuffer (format.md gives the types).
#pragma once

#include "trace/steprecord.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace halftone {

static_assert(std::endian::native == std::endian::little, "blobs are stored as they lie in memory");
static_assert(sizeof(TokenId) == 4 && std::is_trivially_copyable_v<TokenId>);
static_assert(sizeof(Candidate) == 16 && std::is_trivially_copyable_v<Candidate>);
static_assert(sizeof(NearestToken) == 8 && std::is_trivially_copyable_v<NearestToken>);
static_assert(sizeof(MixtureProbe) == 16 && std::is_trivially_copyable_v<MixtureProbe>);
static_assert(sizeof(CacheLayerShape) == 16 && std::is_trivially_copyable_v<CacheLayerShape>);

template <class Value>
[[nodiscard]] std::span<const std::byte> asBlob(const std::vector<Value>& values)
{
    return std::as_bytes(std::span(values));
}

/// False when the blob's size is no multiple of a value's.
template <class Value>
[[nodiscard]] bool readBlob(std::span<const std::byte> blob, std::vector<Value>& values)
{
    static_assert(std::is_trivially_copyable_v<Value>);
    if (blob.size() % sizeof(Value) != 0)
        return false;
    values.resize(blob.size() / sizeof(Value));
    if (!blob.empty())
        std::memcpy(values.data(), blob.data(), blob.size());
    return true;
}

} // namespace halftone
