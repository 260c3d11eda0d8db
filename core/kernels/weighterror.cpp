#include "kernels/weighterror.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace halftone::cpu {

void WeightError::add(const StoredMatrix& original, const PackedMatrix& packed, std::int64_t begin,
                      std::int64_t end)
{
    std::vector<float> before(static_cast<std::size_t>(original.columns));
    std::vector<float> after(before.size());
    for (std::int64_t row = begin; row < end; ++row) {
        widenRow(original, row, 0, before);
        unpackRow(packed, row, after);
        for (std::size_t k = 0; k < before.size(); ++k) {
            const auto value = static_cast<double>(before[k]);
            const double error = static_cast<double>(after[k]) - value;
            m_squaredError += error * error;
            m_squaredValue += value * value;
            m_largest = std::max(m_largest, std::abs(error));
        }
        m_count += original.columns;
    }
}

void WeightError::join(const WeightError& next)
{
    m_squaredError += next.m_squaredError;
    m_squaredValue += next.m_squaredValue;
    m_largest = std::max(m_largest, next.m_largest);
    m_count += next.m_count;
}

double WeightError::rootMeanSquare() const
{
    return m_count > 0 ? std::sqrt(m_squaredError / static_cast<double>(m_count)) : 0;
}

double WeightError::relative() const
{
    return m_squaredValue > 0 ? std::sqrt(m_squaredError / m_squaredValue) : 0;
}

} // namespace halftone::cpu
