// Rotary position embedding (Su et al., "RoFormer", arXiv 2104.09864) as Hugging Face lays it out:
// of a head's d values, value i turns together with value i + d/2 by the angle position * w_i,
// w_i = theta^(-2i/d), i in [0, d/2). Scaled frequencies: linear (w / factor), Llama 3.1's by
// wavelength, and YaRN (Peng et al., arXiv 2309.00071), which also stretches what it turns.
#pragma once

#include "model/modelconfig.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// Angles per position [headDim / 2], scaling applied.
[[nodiscard]] std::vector<double> ropeFrequencies(const RopeConfig&, std::int32_t headDim);
/// The factor on cosine and sine: YaRN's attention factor, 1 for the others.
[[nodiscard]] double ropeMagnitude(const RopeConfig&);

/// Cosines and sines of positions 0, 1, …, computed in double when first asked for. Not
/// thread-safe.
class RopeTable
{
public:
    RopeTable(const RopeConfig&, std::int32_t headDim);

    [[nodiscard]] std::int32_t pairs() const
    {
        return static_cast<std::int32_t>(m_frequency.size());
    }
    /// Makes positions below `rows` available. Throws std::bad_alloc.
    void reserve(std::int64_t rows);
    /// [pairs()] each; the rows of following positions lie behind.
    [[nodiscard]] const float* cosines(std::int64_t position) const
    {
        return m_cos.data() + offset(position);
    }
    [[nodiscard]] const float* sines(std::int64_t position) const
    {
        return m_sin.data() + offset(position);
    }

private:
    [[nodiscard]] std::size_t offset(std::int64_t position) const
    {
        return static_cast<std::size_t>(position) * m_frequency.size();
    }

    std::vector<double> m_frequency;
    double m_magnitude;
    std::int64_t m_rows = 0;
    std::vector<float> m_cos; // [m_rows, pairs]
    std::vector<float> m_sin;
};

} // namespace halftone
