// Memory for weights: whole pages of zeros, big ones where the system has them, since a step reads
// all of them.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <span>

namespace halftone {

class WeightMemory
{
public:
    WeightMemory() = default;
    /// Fails with OutOfMemory.
    [[nodiscard]] static Result<WeightMemory> allocate(std::size_t bytes);
    WeightMemory(WeightMemory&&) noexcept;
    WeightMemory& operator=(WeightMemory&&) noexcept;
    ~WeightMemory();

    /// Aligned to a page.
    [[nodiscard]] std::span<std::byte> bytes() const { return m_bytes; }

private:
    explicit WeightMemory(std::span<std::byte> bytes)
        : m_bytes(bytes)
    {
    }
    std::span<std::byte> m_bytes;
};

} // namespace halftone
