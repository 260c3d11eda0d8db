#include "model/embeddingtable_p.h"

#include "kernels/rowmixture.h"
#include "model/modelconfig.h"
#include "model/storedtensor_p.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <utility>

namespace halftone {

namespace {

/// In double, over eight sums that the compiler keeps in one vector.
double dot(std::span<const float> a, std::span<const float> b)
{
    std::array<double, 8> sums{};
    std::size_t i = 0;
    for (; i + sums.size() <= a.size(); i += sums.size())
        for (std::size_t k = 0; k < sums.size(); ++k)
            sums[k] += static_cast<double>(a[i + k]) * static_cast<double>(b[i + k]);
    double sum = 0;
    for (const double part : sums)
        sum += part;
    for (; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

} // namespace

EmbeddingTable embeddingTableOf(const ModelFolder& folder)
{
    const auto holder =
        std::find_if(folder.weights().begin(), folder.weights().end(),
                     [](const auto& file) { return file->tensors().contains(embeddingTensor); });
    assert(holder != folder.weights().end());
    return {storedMatrix((*holder)->tensors().find(embeddingTensor)->second), *holder};
}

float lengthOf(std::span<const float> x)
{
    return static_cast<float>(std::sqrt(dot(x, x)));
}

EmbeddingTable::EmbeddingTable(cpu::StoredMatrix table, std::shared_ptr<const void> owner)
    : m_table(table)
    , m_owner(std::move(owner))
{
}

void EmbeddingTable::row(TokenId id, std::span<float> x) const
{
    cpu::widenRow(m_table, id.value, 0, x);
}

void EmbeddingTable::mixture(std::span<const TokenId> ids, std::span<const float> weights,
                             std::span<float> x) const
{
    // The first row is written, not added to 0, which would lose the sign of a zero.
    row(ids.front(), x);
    for (float& value : x)
        value *= weights.front();
    for (std::size_t i = 1; i < ids.size(); ++i)
        cpu::addWeightedRow(m_table, ids[i].value, weights[i], x);
}

void EmbeddingTable::mixtureOfAll(std::span<const float> weights, std::span<float> x) const
{
    cpu::addAllRows(m_table, weights, 0, width(), x);
}

double EmbeddingTable::meanRowLength() const
{
    std::vector<float> next(static_cast<std::size_t>(width()));
    double sum = 0;
    for (std::int32_t id = 0; id < rows(); ++id) {
        row(TokenId{id}, next);
        sum += std::sqrt(dot(next, next));
    }
    return sum / static_cast<double>(rows());
}

std::vector<EmbeddingTable::Similarity> EmbeddingTable::similarities(std::span<const float> x) const
{
    std::vector<Similarity> all(static_cast<std::size_t>(rows()));
    std::vector<float> next(x.size());
    for (std::size_t id = 0; id < all.size(); ++id) {
        row(TokenId{static_cast<std::int32_t>(id)}, next);
        all[id] = {static_cast<float>(dot(x, next)), lengthOf(next)};
    }
    return all;
}

} // namespace halftone
