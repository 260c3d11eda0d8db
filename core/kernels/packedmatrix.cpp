#include "kernels/packedmatrix.h"

#include "kernels/blockformat_p.h"

#include <limits>
#include <string>

namespace halftone::cpu {

std::size_t panelBytes(WeightType type, std::int64_t columns)
{
    const auto width = static_cast<std::size_t>(columns);
    const std::size_t rows = panelRows;
    const auto padded = [](std::size_t bytes) {
        return (bytes + packedAlignment - 1) / packedAlignment * packedAlignment;
    };
    switch (type) {
    case WeightType::F32:
        return width * rows * sizeof(float);
    case WeightType::F16:
        return padded(width * rows * sizeof(std::uint16_t));
    case WeightType::BF16:
        return (width + 1) / 2 * rows * sizeof(std::uint32_t);
    case WeightType::Q8_0:
        return padded(width / quantBlock * q8BlockBytes);
    case WeightType::Q4_0:
        return padded(width / quantBlock * q4BlockBytes);
    }
    return 0;
}

Result<std::size_t> packedBytes(WeightType type, std::int64_t rows, std::int64_t columns)
{
    const std::string shape = "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
    if (rows <= 0 || columns <= 0)
        return failure(ErrorCode::InvalidArgument,
                       "A matrix of weights " + shape + " has no values.");
    // One value takes at most four bytes, and rows are filled up to 16.
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 8;
    if (rows > most - panelRows || columns > most / (rows + panelRows))
        return failure(ErrorCode::InvalidArgument,
                       "A matrix of weights " + shape + " is larger than any memory.");
    if (isQuantised(type) && columns % quantBlock != 0)
        return failure(ErrorCode::InvalidArgument,
                       "A matrix of weights " + shape + " cannot be stored as " +
                           std::string(weightTypeName(type)) +
                           ", whose rows are blocks of 32 values: take f32, f16 or bf16.");
    return static_cast<std::size_t>((rows + panelRows - 1) / panelRows) * panelBytes(type, columns);
}

Result<PackedMatrix> PackedMatrix::over(std::span<const std::byte> bytes, WeightType type,
                                        std::int64_t rows, std::int64_t columns)
{
    const Result<std::size_t> needed = packedBytes(type, rows, columns);
    if (!needed)
        return Unexpected(needed.error());
    if (bytes.size() != *needed)
        return failure(ErrorCode::InvalidArgument,
                       "A packed matrix [" + std::to_string(rows) + ", " + std::to_string(columns) +
                           "] of " + std::string(weightTypeName(type)) + " takes " +
                           std::to_string(*needed) + " bytes, and " + std::to_string(bytes.size()) +
                           " were given.");
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % packedAlignment != 0)
        return failure(ErrorCode::InvalidArgument,
                       "A packed matrix must begin at a multiple of 64 bytes.");
    PackedMatrix matrix;
    matrix.m_bytes = bytes.data();
    matrix.m_panelBytes = panelBytes(type, columns);
    matrix.m_rows = rows;
    matrix.m_columns = columns;
    matrix.m_type = type;
    return matrix;
}

} // namespace halftone::cpu
