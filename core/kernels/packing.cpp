#include "kernels/packing.h"

#include "base/halffloat.h"
#include "kernels/blockformat_p.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

namespace halftone::cpu {

namespace {

/// Where row r's values of 16 interleaved rows lie in a quantised block.
std::size_t q8Offset(std::size_t r, std::size_t k)
{
    return blockScaleBytes + (k / 4 * panelRows + r) * 4 + k % 4;
}

std::size_t q4Offset(std::size_t r, std::size_t k)
{
    return blockScaleBytes + (k % 16 / 4 * panelRows + r) * 4 + k % 4;
}

std::byte* scaleOf(std::byte* block, std::size_t r)
{
    return block + r * sizeof(std::uint16_t);
}

template <class T>
void put(std::byte* at, T value)
{
    std::memcpy(at, &value, sizeof value);
}

template <class T>
T read(const std::byte* at)
{
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// Row r of a panel, columns [first, first + x.size()), of which there is an even number unless
/// they are the row's last. The panel was filled with zeros. False where the type cannot hold a
/// value.
bool packPart(WeightType type, std::span<const float> x, std::size_t first, std::size_t r,
              std::byte* panel)
{
    constexpr std::size_t rows = panelRows;
    switch (type) {
    case WeightType::F32:
        for (std::size_t k = 0; k < x.size(); ++k)
            put(panel + ((first + k) * rows + r) * sizeof(float), x[k]);
        return true;
    case WeightType::F16:
        for (std::size_t k = 0; k < x.size(); ++k) {
            const std::uint16_t half = toHalf(x[k]);
            if (std::isfinite(x[k]) && !std::isfinite(fromHalf(half)))
                return false;
            put(panel + ((first + k) * rows + r) * sizeof half, half);
        }
        return true;
    case WeightType::BF16:
        for (std::size_t k = 0; k < x.size(); ++k) {
            const std::size_t column = first + k;
            put(panel + ((column / 2 * rows + r) * 2 + column % 2) * sizeof(std::uint16_t),
                toBfloat16(x[k]));
        }
        return true;
    case WeightType::Q8_0:
    case WeightType::Q4_0:
        break;
    }
    QuantisedBlock values;
    for (std::size_t k = 0; k < x.size(); k += quantBlock) {
        const std::size_t index = (first + k) / quantBlock;
        if (type == WeightType::Q8_0) {
            if (!quantiseQ8(x.data() + k, values))
                return false;
            std::byte* const block = panel + index * q8BlockBytes;
            put(scaleOf(block, r), values.scale);
            for (std::size_t i = 0; i < values.values.size(); ++i)
                block[q8Offset(r, i)] = static_cast<std::byte>(values.values[i]);
        } else {
            if (!quantiseQ4(x.data() + k, values))
                return false;
            std::byte* const block = panel + index * q4BlockBytes;
            put(scaleOf(block, r), values.scale);
            for (std::size_t i = 0; i < 16; ++i)
                block[q4Offset(r, i)] =
                    static_cast<std::byte>(values.values[i] | values.values[i + 16] << 4);
        }
    }
    return true;
}

Result<void> checkRange(const StoredMatrix& from, std::int64_t begin, std::int64_t end,
                        WeightType type, std::size_t room)
{
    const Result<std::size_t> needed = packedBytes(type, from.rows, from.columns);
    if (!needed)
        return Unexpected(needed.error());
    if (isQuantised(from.type))
        return failure(ErrorCode::InvalidArgument,
                       "Weights are packed from f32, f16 or bf16, not from " +
                           std::string(weightTypeName(from.type)) + ".");
    const std::size_t width = from.type == WeightType::F32 ? 4 : 2;
    const std::size_t stored =
        static_cast<std::size_t>(from.rows) * static_cast<std::size_t>(from.columns) * width;
    if (from.bytes.size() != stored || room != *needed)
        return failure(
            ErrorCode::InvalidArgument,
            "Packing [" + std::to_string(from.rows) + ", " + std::to_string(from.columns) +
                "] to " + std::string(weightTypeName(type)) + " takes " + std::to_string(stored) +
                " bytes to " + std::to_string(*needed) + ", and " +
                std::to_string(from.bytes.size()) + " to " + std::to_string(room) + " were given.");
    if (begin < 0 || begin > end || end > from.rows || begin % panelRows != 0 ||
        (end % panelRows != 0 && end != from.rows))
        return failure(ErrorCode::InvalidArgument,
                       "Rows " + std::to_string(begin) + " to " + std::to_string(end) + " of " +
                           std::to_string(from.rows) + " are no whole panels of 16.");
    return {};
}

} // namespace

void widenRow(const StoredMatrix& from, std::int64_t row, std::int64_t first, std::span<float> out)
{
    const auto value = static_cast<std::size_t>(row * from.columns + first);
    if (from.type == WeightType::F32) {
        std::memcpy(out.data(), from.bytes.data() + value * sizeof(float), out.size_bytes());
        return;
    }
    const std::byte* bytes = from.bytes.data() + value * sizeof(std::uint16_t);
    for (float& x : out) {
        const auto bits = read<std::uint16_t>(bytes);
        x = from.type == WeightType::F16 ? fromHalf(bits) : fromBfloat16(bits);
        bytes += sizeof bits;
    }
}

Result<void> packRows(const StoredMatrix& from, std::int64_t begin, std::int64_t end,
                      WeightType type, std::span<std::byte> out)
{
    if (auto checked = checkRange(from, begin, end, type, out.size()); !checked)
        return checked;
    const std::size_t bytes = panelBytes(type, from.columns);
    // Some columns of all 16 rows at a time, so that what is written stays in the first-level
    // cache.
    std::array<float, 512> part;
    for (std::int64_t first = begin; first < end; first += panelRows) {
        std::byte* const panel = out.data() + static_cast<std::size_t>(first / panelRows) * bytes;
        std::memset(panel, 0, bytes);
        const std::int64_t last = std::min(end, first + panelRows);
        for (std::int64_t k = 0; k < from.columns; k += std::ssize(part)) {
            const std::int64_t width = std::min<std::int64_t>(std::ssize(part), from.columns - k);
            const std::span<float> values(part.data(), static_cast<std::size_t>(width));
            for (std::int64_t row = first; row < last; ++row) {
                widenRow(from, row, k, values);
                if (!packPart(type, values, static_cast<std::size_t>(k),
                              static_cast<std::size_t>(row - first), panel))
                    return failure(ErrorCode::InvalidInput,
                                   "Row " + std::to_string(row) +
                                       " of the weights has a value that " +
                                       std::string(weightTypeName(type)) +
                                       " cannot hold: no number, or too large a one.");
            }
        }
    }
    return {};
}

void unpackRow(const PackedMatrix& matrix, std::int64_t row, std::span<float> out)
{
    const std::byte* const panel = matrix.panel(row / panelRows);
    const auto r = static_cast<std::size_t>(row % panelRows);
    constexpr std::size_t rows = panelRows;
    for (std::size_t k = 0; k < out.size(); ++k) {
        const std::size_t inBlock = k % quantBlock;
        switch (matrix.type()) {
        case WeightType::F32:
            out[k] = read<float>(panel + (k * rows + r) * sizeof(float));
            break;
        case WeightType::F16:
            out[k] = fromHalf(read<std::uint16_t>(panel + (k * rows + r) * sizeof(std::uint16_t)));
            break;
        case WeightType::BF16:
            out[k] = fromBfloat16(read<std::uint16_t>(panel + ((k / 2 * rows + r) * 2 + k % 2) *
                                                                  sizeof(std::uint16_t)));
            break;
        case WeightType::Q8_0: {
            const std::byte* const block = panel + k / quantBlock * q8BlockBytes;
            out[k] = fromHalf(read<std::uint16_t>(block + r * sizeof(std::uint16_t))) *
                     static_cast<float>(read<std::int8_t>(block + q8Offset(r, inBlock)));
            break;
        }
        case WeightType::Q4_0: {
            const std::byte* const block = panel + k / quantBlock * q4BlockBytes;
            const auto both = std::to_integer<int>(block[q4Offset(r, inBlock)]);
            out[k] = fromHalf(read<std::uint16_t>(block + r * sizeof(std::uint16_t))) *
                     static_cast<float>((inBlock < 16 ? both & 15 : both >> 4) - 8);
            break;
        }
        }
    }
}

} // namespace halftone::cpu
