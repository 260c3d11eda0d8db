// Between weights as model files store them and the layout of packedmatrix.h.
#pragma once

#include "base/result.h"
#include "kernels/packedmatrix.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace halftone::cpu {

/// A row-major matrix of f32, f16 or bf16, little-endian; the bytes may lie unaligned, as those of
/// a safetensors file do.
struct StoredMatrix
{
    std::span<const std::byte> bytes;
    WeightType type = WeightType::F32;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
};

/// Packs rows [begin, end) of `from` into `out`, which has packedBytes() bytes for the whole
/// matrix. `begin` is a multiple of 16; so is `end`, or it is the last row's. Ranges that do not
/// overlap can be packed by several threads at once.
///
/// InvalidArgument: a range, type or size that cannot be. InvalidInput: a value that `type` cannot
/// hold (no number in a quantised block, or one beyond f16's range); the row is named, and what
/// `out` holds is undefined.
[[nodiscard]] Result<void> packRows(const StoredMatrix& from, std::int64_t begin, std::int64_t end,
                                    WeightType type, std::span<std::byte> out);

/// Values [first, first + out.size()) of a row of `from` as float32, exactly.
void widenRow(const StoredMatrix& from, std::int64_t row, std::int64_t first, std::span<float> out);

/// A whole row as float32: exactly the values that the kernels multiply with (for q8_0 and q4_0
/// scale times integer, rounded once to float32, which never loses a bit). `out` has columns()
/// values.
void unpackRow(const PackedMatrix&, std::int64_t row, std::span<float> out);

} // namespace halftone::cpu
