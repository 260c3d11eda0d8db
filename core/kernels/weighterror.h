// How far packed weights are from those that they were made of.
#pragma once

#include "kernels/packedmatrix.h"
#include "kernels/packing.h"

#include <cstdint>

namespace halftone::cpu {

/// Sums in double over the values seen so far. Sums of several parts, each made by a thread of its
/// own, are joined in the order of the parts.
class WeightError
{
public:
    /// Adds rows [begin, end) of `packed` against those of `original`, of the same shape.
    void add(const StoredMatrix& original, const PackedMatrix& packed, std::int64_t begin,
             std::int64_t end);
    void join(const WeightError& next);

    [[nodiscard]] double rootMeanSquare() const;               // of the differences
    [[nodiscard]] double largest() const { return m_largest; } // magnitude of a difference
    /// The root mean square over that of the original values; 0 where those are all 0.
    [[nodiscard]] double relative() const;

private:
    double m_squaredError = 0;
    double m_squaredValue = 0;
    double m_largest = 0;
    std::int64_t m_count = 0;
};

} // namespace halftone::cpu
