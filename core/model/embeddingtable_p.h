// The embedding table as the model file stores it, mapped: rows are widened when they are asked
// for, exactly. Mixtures are sums in float32, products and sums rounded one by one, in the order of
// the ids, so that a record of one can be rebuilt to the bit. Any thread.
#pragma once

#include "base/ids.h"
#include "format/modelfolder.h"
#include "kernels/packing.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace halftone {

class EmbeddingTable
{
public:
    /// `owner` keeps the bytes of `table` where they are; nothing is read yet.
    EmbeddingTable(cpu::StoredMatrix table, std::shared_ptr<const void> owner);

    [[nodiscard]] std::int64_t rows() const { return m_table.rows; }     // V
    [[nodiscard]] std::int64_t width() const { return m_table.columns; } // D

    void row(TokenId id, std::span<float> x) const;
    /// sum of weights[i] * row(ids[i]); one id with weight 1 gives the row to the bit.
    void mixture(std::span<const TokenId> ids, std::span<const float> weights,
                 std::span<float> x) const;
    /// The same over all rows with a weight other than 0.
    void mixtureOfAll(std::span<const float> weights, std::span<float> x) const;

    [[nodiscard]] double meanRowLength() const;
    struct Similarity
    {
        float dot = 0;
        float length = 0; // of the row
    };
    /// Of each row with `x` [D].
    [[nodiscard]] std::vector<Similarity> similarities(std::span<const float> x) const;

private:
    cpu::StoredMatrix m_table;
    std::shared_ptr<const void> m_owner;
};

/// That of a folder which holds all tensors of its config.
[[nodiscard]] EmbeddingTable embeddingTableOf(const ModelFolder&);

[[nodiscard]] float lengthOf(std::span<const float> x);

} // namespace halftone
