// A matrix of weights laid out for the kernels of this folder: a view of bytes that somebody else
// owns, such as a mapped file. Immutable; any thread.
//
// Layout (packedLayoutVersion 1; little-endian). A matrix [rows, columns] is a sequence of panels
// of 16 rows, the last one filled up with rows of zeros. A panel is one linear stream; its 16 rows
// are interleaved, so that one vector holds the same column of 16 rows and no sum runs across a
// vector. r is the row in its panel, 0 to 15; k the column.
//
//   f32   [columns][16]              float32 at k * 16 + r
//   f16   [columns][16]              binary16 at k * 16 + r
//   bf16  [ceil(columns / 2)][16][2] columns 2i and 2i + 1 of a row side by side, so that a pair is
//                                    one 32-bit word; an odd number of columns ends in zeros
//   q8_0  [columns / 32] blocks of 544 bytes:
//           [16]        binary16     scale of each row
//           [8][16][4]  int8         column 4i + j of the block at (i * 16 + r) * 4 + j
//   q4_0  [columns / 32] blocks of 288 bytes:
//           [16]        binary16     scale of each row
//           [4][16][4]  byte         at (i * 16 + r) * 4 + j: column 4i + j of the block in the
//                                    lower four bits, column 16 + 4i + j in the upper
//
// A value of q8_0 is scale * int8, one of q4_0 is scale * (bits - 8). The blocks hold what ggml's
// block_q8_0 and block_q4_0 hold, byte for byte, in the order of 16 rows at a time. A panel is
// filled up with zeros to a multiple of packedAlignment bytes, and the first begins at one.
#pragma once

#include "base/result.h"
#include "kernels/weighttype.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace halftone::cpu {

constexpr int packedLayoutVersion = 1;
constexpr std::int64_t panelRows = 16;
constexpr std::size_t packedAlignment = 64;

/// Bytes of a panel; `columns` is positive, and a multiple of 32 for the quantised types.
[[nodiscard]] std::size_t panelBytes(WeightType, std::int64_t columns);

/// Bytes of a whole packed matrix. InvalidArgument where there is no such matrix: an empty one, a
/// quantised one whose columns are no multiple of 32, or one beyond what memory can address.
[[nodiscard]] Result<std::size_t> packedBytes(WeightType, std::int64_t rows, std::int64_t columns);

class PackedMatrix
{
public:
    PackedMatrix() = default; // no rows
    /// `bytes` must stay as it is while the matrix is in use. InvalidArgument when it is misaligned
    /// or not as long as packedBytes() says.
    [[nodiscard]] static Result<PackedMatrix> over(std::span<const std::byte> bytes, WeightType,
                                                   std::int64_t rows, std::int64_t columns);

    [[nodiscard]] WeightType type() const { return m_type; }
    [[nodiscard]] std::int64_t rows() const { return m_rows; }
    [[nodiscard]] std::int64_t columns() const { return m_columns; }
    [[nodiscard]] std::int64_t panels() const { return (m_rows + panelRows - 1) / panelRows; }
    [[nodiscard]] const std::byte* panel(std::int64_t index) const
    {
        return m_bytes + static_cast<std::size_t>(index) * m_panelBytes;
    }

private:
    const std::byte* m_bytes = nullptr;
    std::size_t m_panelBytes = 0;
    std::int64_t m_rows = 0;
    std::int64_t m_columns = 0;
    WeightType m_type = WeightType::F32;
};

} // namespace halftone::cpu
