// A packed matrix with bytes of its own.
#pragma once

#include "kernels/packedmatrix.h"
#include "kernels/packing.h"

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <vector>

namespace halftone::test {

/// Bytes that begin where packed matrices must.
class AlignedBytes
{
public:
    explicit AlignedBytes(std::size_t size)
        : m_bytes(static_cast<std::byte*>(::operator new(size, alignment)))
        , m_size(size)
    {
        std::memset(m_bytes.get(), 0x7f, size); // nothing may count on zeros
    }
    [[nodiscard]] std::span<std::byte> span() const { return {m_bytes.get(), m_size}; }

private:
    static constexpr std::align_val_t alignment{cpu::packedAlignment};
    struct Delete
    {
        void operator()(std::byte* bytes) const { ::operator delete(bytes, alignment); }
    };
    std::unique_ptr<std::byte, Delete> m_bytes;
    std::size_t m_size;
};

struct PackedCopy
{
    AlignedBytes bytes;
    cpu::PackedMatrix matrix;
};

inline cpu::StoredMatrix storedFloats(std::span<const float> values, std::int64_t rows)
{
    return {.bytes = std::as_bytes(values),
            .type = cpu::WeightType::F32,
            .rows = rows,
            .columns = std::ssize(values) / rows};
}

/// float32 weights [rows, columns] packed as `type`, which can hold them.
inline PackedCopy packed(std::span<const float> values, std::int64_t rows, cpu::WeightType type)
{
    const cpu::StoredMatrix from = storedFloats(values, rows);
    AlignedBytes bytes(cpu::packedBytes(type, rows, from.columns).value());
    if (const auto done = cpu::packRows(from, 0, rows, type, bytes.span()); !done)
        throw std::runtime_error(done.error().message);
    const auto matrix = cpu::PackedMatrix::over(bytes.span(), type, rows, from.columns).value();
    return {std::move(bytes), matrix};
}

} // namespace halftone::test
