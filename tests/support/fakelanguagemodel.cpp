#include "fakelanguagemodel.h"

#include <algorithm>
#include <cmath>

namespace halftone::test {

std::int64_t FakeCache::rows() const
{
    return static_cast<std::int64_t>(fed.size());
}

CacheUsage FakeCache::usage() const
{
    return cacheUsage(m_shape, rows(), static_cast<std::int64_t>(fed.capacity()));
}

void FakeCache::truncate(std::int64_t rows)
{
    fed.resize(static_cast<std::size_t>(rows));
}

Result<std::unique_ptr<KvCache>> FakeCache::fork(std::int64_t rows) const
{
    auto copy = std::make_unique<FakeCache>(m_shape);
    copy->fed.assign(fed.begin(), fed.begin() + rows);
    return copy;
}

FakeLanguageModel::FakeLanguageModel(Rows logits, std::int64_t contextLimit)
    : m_logits(std::move(logits))
{
    const auto size = static_cast<std::int32_t>(m_logits.size());
    m_identity.name = "fake";
    m_identity.fingerprint = "00000000000000000000000000000000";
    m_identity.architecture = "FakeForTests";
    m_identity.vocabularySize = size;
    m_identity.embeddingSize = size;
    m_identity.layerCount = 2;
    m_identity.weightType = "f32";
    m_identity.device = "cpu";
    m_identity.meanEmbeddingNorm = 1;
    m_identity.cache.layers.assign(2, {.kvHeads = 1, .headDim = 4, .bytesPerElement = 4});
    m_identity.cache.contextLimit = contextLimit;
}

std::unique_ptr<FakeLanguageModel> FakeLanguageModel::cycle(int n, double p)
{
    const auto size = static_cast<std::size_t>(n);
    const auto other = static_cast<float>(std::log((1 - p) / (n - 1)));
    Rows logits(size, std::vector<float>(size, other));
    for (std::size_t i = 0; i < size; ++i)
        logits[i][(i + 1) % size] = static_cast<float>(std::log(p));
    return std::make_unique<FakeLanguageModel>(std::move(logits));
}

Result<std::unique_ptr<KvCache>> FakeLanguageModel::createCache() const
{
    return std::make_unique<FakeCache>(m_identity.cache);
}

Result<void> FakeLanguageModel::embed(const StepInput& input, std::span<float> x) const
{
    std::fill(x.begin(), x.end(), 0.0F);
    for (std::size_t i = 0; i < input.ids.size(); ++i)
        x[input.ids[i].index()] += input.weights[i];
    return {};
}

Result<void> FakeLanguageModel::embedTokens(std::span<const TokenId> ids, std::span<float> x) const
{
    std::fill(x.begin(), x.end(), 0.0F);
    for (std::size_t t = 0; t < ids.size(); ++t)
        x[t * m_logits.size() + ids[t].index()] = 1.0F;
    return {};
}

Result<void> FakeLanguageModel::forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                                        std::span<float> logits) const
{
    auto& fed = dynamic_cast<FakeCache&>(cache).fed;
    const std::size_t size = m_logits.size();
    const std::size_t rows = x.size() / size;
    if (failAtPosition >= 0 && failAtPosition >= cache.rows() &&
        failAtPosition < cache.rows() + static_cast<std::int64_t>(rows))
        return failure(ErrorCode::Internal, "The fake model was told to fail here.");
    ++forwardCalls;
    forwardRows += static_cast<std::int64_t>(rows);
    for (std::size_t t = 0; t < rows; ++t) {
        const std::span<const float> row = x.subspan(t * size, size);
        fed.emplace_back(row.begin(), row.end());
        if (which == LogitsOf::Last && t + 1 < rows)
            continue;
        const std::span<float> out =
            which == LogitsOf::All ? logits.subspan(t * size, size) : logits.first(size);
        std::fill(out.begin(), out.end(), 0.0F);
        for (std::size_t i = 0; i < size; ++i)
            if (row[i] != 0.0F)
                for (std::size_t v = 0; v < size; ++v)
                    out[v] += row[i] * m_logits[i][v];
    }
    return {};
}

} // namespace halftone::test
