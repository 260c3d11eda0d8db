// A model that computes nothing: its logits are rows made beforehand, as peaked and as wide as a
// language model's, taken in turn by position. What is left of a step's time is the program's own.
#pragma once

#include "model/languagemodel.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace halftone::test {

class CountingCache : public KvCache
{
public:
    explicit CountingCache(std::int64_t rows)
        : m_rows(rows)
    {
    }
    [[nodiscard]] std::int64_t rows() const override { return m_rows; }
    [[nodiscard]] CacheUsage usage() const override { return {.rows = m_rows}; }
    void truncate(std::int64_t rows) override { m_rows = rows; }
    [[nodiscard]] Result<std::unique_ptr<KvCache>> fork(std::int64_t rows) const override
    {
        return std::make_unique<CountingCache>(rows);
    }

private:
    std::int64_t m_rows = 0;
};

/// Normal logits, and tokens that stand out from them: one, two or many, from row to row.
[[nodiscard]] inline std::vector<std::vector<float>> logitRows(std::int32_t vocabulary, int count)
{
    std::mt19937_64 generator(1);
    std::normal_distribution<float> normal(0, 2.5F);
    std::uniform_int_distribution<std::size_t> anyToken(10, static_cast<std::size_t>(vocabulary) -
                                                                1); // the first have a meaning
    std::vector<std::vector<float>> rows;
    for (int row = 0; row < count; ++row) {
        auto& logits = rows.emplace_back(static_cast<std::size_t>(vocabulary));
        for (float& logit : logits)
            logit = normal(generator);
        const int outstanding = row % 3 == 0 ? 1 : row % 3 == 1 ? 2 : 200;
        for (int i = 0; i < outstanding; ++i)
            logits[anyToken(generator)] = 22.0F - 3.0F * static_cast<float>(i) / 40;
    }
    return rows;
}

class ScriptedModel : public LanguageModel
{
public:
    explicit ScriptedModel(std::int32_t vocabulary)
        : m_rows(logitRows(vocabulary, 6))
    {
        m_identity.name = "scripted";
        m_identity.fingerprint = "00000000000000000000000000000000";
        m_identity.vocabularySize = vocabulary;
        m_identity.embeddingSize = 16;
        m_identity.meanEmbeddingNorm = 1;
        m_identity.cache.contextLimit = 1'000'000;
    }

    [[nodiscard]] const ModelIdentity& identity() const override { return m_identity; }
    [[nodiscard]] Result<std::unique_ptr<KvCache>> createCache() const override
    {
        return std::make_unique<CountingCache>(0);
    }
    [[nodiscard]] Result<void> embed(const StepInput& input, std::span<float> x) const override
    {
        std::fill(x.begin(), x.end(), input.ids.empty() ? 0.0F : input.weights.front());
        return {};
    }
    [[nodiscard]] Result<void> embedTokens(std::span<const TokenId>,
                                           std::span<float> x) const override
    {
        std::fill(x.begin(), x.end(), 1.0F);
        return {};
    }
    [[nodiscard]] Result<void> embedDense(std::span<const float> weights,
                                          std::span<float> x) const override
    {
        std::fill(x.begin(), x.end(), weights.front());
        return {};
    }
    [[nodiscard]] Result<std::vector<NearestToken>> nearestTokens(std::span<const float>,
                                                                  int) const override
    {
        return std::vector<NearestToken>{};
    }
    [[nodiscard]] Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf,
                                       std::span<float> logits, std::span<float> hidden = {},
                                       const LogitsMadeFn& = {}) const override
    {
        append(x.size() / width(), cache);
        give(cache.rows(), logits);
        std::fill(hidden.begin(), hidden.end(), 1.0F);
        return {};
    }
    [[nodiscard]] Result<void> forwardEach(std::span<const float>, std::span<KvCache* const> caches,
                                           std::span<float> logits, std::span<float> hidden,
                                           const LogitsMadeFn& = {}) const override
    {
        const std::size_t size = logits.size() / caches.size();
        for (std::size_t i = 0; i < caches.size(); ++i) {
            append(1, *caches[i]);
            give(caches[i]->rows(), logits.subspan(i * size, size));
        }
        std::fill(hidden.begin(), hidden.end(), 1.0F);
        return {};
    }
    [[nodiscard]] Result<void> forwardAlternatives(std::span<const float> x, KvCache& cache,
                                                   std::span<float> logits) const override
    {
        const std::size_t count = x.size() / width();
        const std::size_t size = logits.size() / count;
        for (std::size_t i = 0; i < count; ++i)
            give(cache.rows() + 1, logits.subspan(i * size, size));
        return {};
    }

private:
    [[nodiscard]] std::size_t width() const
    {
        return static_cast<std::size_t>(m_identity.embeddingSize);
    }
    static void append(std::size_t rows, KvCache& cache)
    {
        cache.truncate(cache.rows() + static_cast<std::int64_t>(rows));
    }
    void give(std::int64_t rows, std::span<float> logits) const
    {
        const auto& row = m_rows[static_cast<std::size_t>(rows) % m_rows.size()];
        std::copy(row.begin(), row.end(), logits.begin());
    }

    std::vector<std::vector<float>> m_rows;
    ModelIdentity m_identity;
};

} // namespace halftone::test
