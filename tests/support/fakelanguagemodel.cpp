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
    if (!input.vector.empty()) {
        std::copy(input.vector.begin(), input.vector.end(), x.begin());
        return {};
    }
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

Result<void> FakeLanguageModel::embedDense(std::span<const float> weights, std::span<float> x) const
{
    std::copy(weights.begin(), weights.end(), x.begin());
    return {};
}

Result<std::vector<NearestToken>> FakeLanguageModel::nearestTokens(std::span<const float> x,
                                                                   int count) const
{
    double squares = 0;
    for (const float value : x)
        squares += static_cast<double>(value) * value;
    std::vector<NearestToken> nearest;
    for (std::size_t i = 0; i < x.size() && squares > 0; ++i)
        nearest.push_back(
            {TokenId{static_cast<std::int32_t>(i)}, static_cast<float>(x[i] / std::sqrt(squares))});
    std::stable_sort(nearest.begin(), nearest.end(),
                     [](const auto& a, const auto& b) { return a.cosine > b.cosine; });
    nearest.resize(std::min(nearest.size(), static_cast<std::size_t>(count)));
    return nearest;
}

Result<void> FakeLanguageModel::forwardEach(std::span<const float> x,
                                            std::span<KvCache* const> caches,
                                            std::span<float> logits, std::span<float> hidden,
                                            const LogitsMadeFn&) const
{
    const std::size_t size = m_logits.size();
    for (std::size_t b = 0; b < caches.size(); ++b)
        if (auto done = forward(x.subspan(b * size, size), *caches[b], LogitsOf::Last,
                                logits.subspan(b * size, size), hidden.subspan(b * size, size));
            !done)
            return done;
    return {};
}

Result<void> FakeLanguageModel::forwardAlternatives(std::span<const float> x, KvCache& cache,
                                                    std::span<float> logits) const
{
    const std::size_t size = m_logits.size();
    const std::int64_t rows = cache.rows();
    for (std::size_t b = 0; b * size < x.size(); ++b) {
        auto done = forward(x.subspan(b * size, size), cache, LogitsOf::Last,
                            logits.subspan(b * size, size));
        cache.truncate(rows);
        if (!done)
            return done;
    }
    return {};
}

Result<void> FakeLanguageModel::forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                                        std::span<float> logits, std::span<float> hidden,
                                        const LogitsMadeFn&) const
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
    if (!hidden.empty())
        std::copy(x.end() - static_cast<std::ptrdiff_t>(size), x.end(), hidden.begin());
    return {};
}

} // namespace halftone::test
