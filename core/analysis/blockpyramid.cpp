#include "analysis/blockpyramid.h"

#include <algorithm>
#include <cmath>

namespace halftone {

BlockPyramid::BlockPyramid(std::size_t rows, Reduction reduction)
    : m_rows(std::max<std::size_t>(rows, 1))
    , m_reduction(reduction)
    , m_levels(1)
{
}

void BlockPyramid::append(std::span<const float> columns)
{
    const std::size_t first = this->columns();
    const std::size_t whole = columns.size() / m_rows * m_rows;
    m_levels.front().insert(m_levels.front().end(), columns.begin(),
                            columns.begin() + static_cast<std::ptrdiff_t>(whole));
    const std::size_t count = this->columns();
    if (count == first)
        return;
    for (unsigned level = 1; (count - 1) >> (level - 1) > 0; ++level) {
        const bool isNew = level == m_levels.size();
        if (isNew)
            m_levels.emplace_back();
        const std::size_t last = (count - 1) >> level;
        m_levels[level].resize((last + 1) * m_rows);
        for (std::size_t index = isNew ? 0 : first >> level; index <= last; ++index)
            reduce(level, index);
    }
}

void BlockPyramid::reduce(unsigned level, std::size_t index)
{
    const std::vector<float>& finer = m_levels[level - 1];
    const std::size_t left = 2 * index * m_rows;
    const std::size_t right = left + m_rows;
    float* const out = m_levels[level].data() + index * m_rows;
    for (std::size_t row = 0; row < m_rows; ++row) {
        const float a = finer[left + row];
        const float b = right < finer.size() ? finer[right + row] : std::nanf("");
        if (std::isnan(a) || std::isnan(b))
            out[row] = std::isnan(a) ? b : a;
        else
            out[row] = m_reduction == Reduction::Greatest ? std::max(a, b) : a + b;
    }
}

unsigned BlockPyramid::levelFor(std::size_t columns, std::size_t most)
{
    unsigned level = 0;
    // A range that begins inside a block touches one more than its length asks for.
    while (level < 63 && (columns >> level) + 2 > std::max<std::size_t>(most, 2) &&
           columns >> level > 0)
        ++level;
    return level;
}

std::size_t BlockPyramid::blocks(unsigned level) const
{
    const std::size_t count = columns();
    return count == 0 ? 0 : ((count - 1) >> level) + 1;
}

std::span<const float> BlockPyramid::block(unsigned level, std::size_t index) const
{
    // Above the top level everything is one block, which the top level holds.
    const std::size_t held = std::min<std::size_t>(level, m_levels.size() - 1);
    return std::span(m_levels[held]).subspan(index * m_rows, m_rows);
}

} // namespace halftone
