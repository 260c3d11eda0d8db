// Rows of activations as the kernels for q8_0 and q4_0 weights take them: int8 in blocks of 32 with
// one scale each, as llama.cpp does, so that products are of integers. The scale is amax / 127 and
// stays float32 (llama.cpp rounds it to f16).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace halftone::cpu {

/// Room for up to `capacity` rows, kept and reused. Distinct rows may be written by several threads
/// at once; rows are read by any number.
class QuantisedRows
{
public:
    /// Makes room for `count` rows of `columns`, a multiple of 32; allocates only what it lacks.
    void resize(std::int64_t count, std::int64_t columns);

    /// Quantises rows [begin, end) of `x` [count, columns]. A row's bits depend on its values
    /// alone. A block with a value that is no finite number makes every product of its row NaN.
    void quantise(const float* x, std::int64_t begin, std::int64_t end);
    /// Blocks [begin, end) of row `row`, from x on; blocks apart may be written at once.
    void quantiseBlocks(const float* x, std::int64_t row, std::int64_t begin, std::int64_t end);

    [[nodiscard]] std::int64_t count() const { return m_count; }
    [[nodiscard]] std::int64_t columns() const { return m_columns; }

    /// Of block i of row b, all rows of a block side by side: [columns / 32][count][32].
    [[nodiscard]] const std::int8_t* values(std::int64_t block, std::int64_t row) const
    {
        return m_values.data() + (block * m_count + row) * 32;
    }
    [[nodiscard]] const float* scales(std::int64_t block, std::int64_t row) const // [.][count]
    {
        return m_scales.data() + block * m_count + row;
    }
    /// Minus the sum of the block's integers: [.][count]
    [[nodiscard]] const std::int32_t* negatedSums(std::int64_t block, std::int64_t row) const
    {
        return m_negatedSums.data() + block * m_count + row;
    }

private:
    std::vector<std::int8_t> m_values;
    std::vector<float> m_scales;
    std::vector<std::int32_t> m_negatedSums;
    std::int64_t m_count = 0;
    std::int64_t m_columns = 0;
};

} // namespace halftone::cpu
