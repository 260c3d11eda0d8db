// Columns of numbers reduced to ever larger blocks of 2, 4, 8 … columns, kept up to date as columns
// arrive, so that a map of any range at any zoom looks at as many blocks as it has pixels. Costs
// twice the memory of the numbers; appending costs two reductions a column on average.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace halftone {

class BlockPyramid
{
public:
    enum class Reduction
    {
        Greatest, // no peak is lost
        Sum,
    };

    /// `rows` numbers a column, at least 1.
    explicit BlockPyramid(std::size_t rows = 1, Reduction = Reduction::Greatest);

    /// One or more whole columns, one after another. NaN counts as nothing: it stays only where a
    /// block has nothing else.
    void append(std::span<const float> columns);

    [[nodiscard]] std::size_t rows() const { return m_rows; }
    [[nodiscard]] std::size_t columns() const { return m_levels.front().size() / m_rows; }
    /// The finest level, of blocks of 2^level columns, that needs at most `most` blocks for
    /// `columns` columns wherever they begin.
    [[nodiscard]] static unsigned levelFor(std::size_t columns, std::size_t most);
    /// How many blocks of 2^level columns there are; the last may be unfinished.
    [[nodiscard]] std::size_t blocks(unsigned level) const;
    /// `rows` numbers of columns [index * 2^level, (index + 1) * 2^level).
    [[nodiscard]] std::span<const float> block(unsigned level, std::size_t index) const;

private:
    void reduce(unsigned level, std::size_t index);

    std::size_t m_rows;
    Reduction m_reduction;
    std::vector<std::vector<float>> m_levels; // [level][block * rows + row]
};

} // namespace halftone
