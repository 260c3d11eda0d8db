// A language model that needs no weights: readable tables in, exact numbers out.
//
// Its embedding table is the identity (D = V), so the vector that a step feeds is the mixture's
// weights themselves, and its next logits are that vector times a V x V table of bigram logits:
// a mixture over {a, b} gives the same mixture of the rows of a and b. Its cache keeps every vector
// that was fed, so that tests can look at them.
#pragma once

#include "cache/kvcache.h"
#include "model/languagemodel.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace halftone::test {

class FakeCache : public KvCache
{
public:
    explicit FakeCache(CacheShape shape)
        : m_shape(std::move(shape))
    {
    }
    [[nodiscard]] std::int64_t rows() const override;
    [[nodiscard]] CacheUsage usage() const override;
    void truncate(std::int64_t rows) override;
    [[nodiscard]] Result<std::unique_ptr<KvCache>> fork(std::int64_t rows) const override;

    std::vector<std::vector<float>> fed; // one vector a position

private:
    CacheShape m_shape;
};

class FakeLanguageModel : public LanguageModel
{
public:
    using Rows = std::vector<std::vector<float>>;

    /// `logits[i]` are the logits after token i.
    explicit FakeLanguageModel(Rows logits, std::int64_t contextLimit = 1'000'000);
    /// A cycle of n tokens: after i comes i + 1 with probability `p`, the rest is even.
    [[nodiscard]] static std::unique_ptr<FakeLanguageModel> cycle(int n, double p = 0.9);

    [[nodiscard]] const ModelIdentity& identity() const override { return m_identity; }
    [[nodiscard]] Result<std::unique_ptr<KvCache>> createCache() const override;
    [[nodiscard]] Result<void> embed(const StepInput&, std::span<float> x) const override;
    [[nodiscard]] Result<void> embedTokens(std::span<const TokenId>,
                                           std::span<float> x) const override;
    [[nodiscard]] Result<void> embedDense(std::span<const float> weights,
                                          std::span<float> x) const override;
    [[nodiscard]] Result<std::vector<NearestToken>> nearestTokens(std::span<const float> x,
                                                                  int count) const override;
    /// The hidden state is the fed vector itself.
    [[nodiscard]] Result<void> forward(std::span<const float> x, KvCache&, LogitsOf,
                                       std::span<float> logits, std::span<float> hidden = {},
                                       const LogitsMadeFn& = {}) const override;
    [[nodiscard]] Result<void> forwardEach(std::span<const float> x,
                                           std::span<KvCache* const> caches,
                                           std::span<float> logits, std::span<float> hidden,
                                           const LogitsMadeFn& = {}) const override;
    [[nodiscard]] Result<void> forwardAlternatives(std::span<const float> x, KvCache&,
                                                   std::span<float> logits) const override;

    /// The forward pass that appends at this position fails with an Internal error; -1: none does.
    std::int64_t failAtPosition = -1;
    /// Forward passes so far, and rows fed by them.
    mutable std::int64_t forwardCalls = 0;
    mutable std::int64_t forwardRows = 0;

private:
    Rows m_logits;
    ModelIdentity m_identity;
};

} // namespace halftone::test
