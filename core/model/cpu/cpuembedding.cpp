#include "model/cpu/cpuembedding_p.h"

#include <algorithm>
#include <array>
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

void addScaled(float weight, std::span<const float> row, std::span<float> x)
{
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] += weight * row[i];
}

} // namespace

float lengthOf(std::span<const float> x)
{
    return static_cast<float>(std::sqrt(dot(x, x)));
}

CpuEmbedding::CpuEmbedding(cpu::StoredMatrix table, std::shared_ptr<const SafetensorsFile> file)
    : m_table(table)
    , m_file(std::move(file))
{
}

void CpuEmbedding::row(TokenId id, std::span<float> x) const
{
    cpu::widenRow(m_table, id.value, 0, x);
}

void CpuEmbedding::mixture(std::span<const TokenId> ids, std::span<const float> weights,
                           std::span<float> x) const
{
    // The first row is written, not added to 0, which would lose the sign of a zero.
    row(ids.front(), x);
    for (float& value : x)
        value *= weights.front();
    std::vector<float> next(x.size());
    for (std::size_t i = 1; i < ids.size(); ++i) {
        row(ids[i], next);
        addScaled(weights[i], next, x);
    }
}

void CpuEmbedding::mixtureOfAll(std::span<const float> weights, std::span<float> x) const
{
    std::fill(x.begin(), x.end(), 0.0F);
    std::vector<float> next(x.size());
    for (std::size_t id = 0; id < weights.size(); ++id) {
        if (weights[id] == 0.0F)
            continue;
        row(TokenId{static_cast<std::int32_t>(id)}, next);
        addScaled(weights[id], next, x);
    }
}

double CpuEmbedding::meanRowLength() const
{
    std::vector<float> next(static_cast<std::size_t>(width()));
    double sum = 0;
    for (std::int32_t id = 0; id < rows(); ++id) {
        row(TokenId{id}, next);
        sum += std::sqrt(dot(next, next));
    }
    return sum / static_cast<double>(rows());
}

std::vector<CpuEmbedding::Similarity> CpuEmbedding::similarities(std::span<const float> x) const
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
