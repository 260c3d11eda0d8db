// What the implementations of LanguageModel share: what a model says of itself, its embedding
// table, and the checks before anything is computed. Those that derive compute.
//
// Notation: T rows, B generations, D hidden size, V vocabulary.
#pragma once

#include "model/contiguouscache_p.h"
#include "model/embeddingtable_p.h"
#include "model/languagemodel.h"
#include "model/modelconfig.h"
#include "model/rope_p.h"

#include <vector>

namespace halftone {

class Transformer : public LanguageModel
{
public:
    [[nodiscard]] const ModelIdentity& identity() const final { return m_identity; }
    [[nodiscard]] Result<void> embed(const StepInput&, std::span<float> x) const final;
    [[nodiscard]] Result<void> embedTokens(std::span<const TokenId>,
                                           std::span<float> x) const final;
    [[nodiscard]] Result<void> embedDense(std::span<const float> weights,
                                          std::span<float> x) const final;
    [[nodiscard]] Result<std::vector<NearestToken>> nearestTokens(std::span<const float> x,
                                                                  int count) const final;
    [[nodiscard]] Result<void> forward(std::span<const float> x, KvCache&, LogitsOf,
                                       std::span<float> logits, std::span<float> hidden,
                                       const LogitsMadeFn&) const final;
    [[nodiscard]] Result<void> readPrompt(std::span<const float> x, KvCache&,
                                          std::span<float> logits,
                                          std::span<float> hidden) const final;
    [[nodiscard]] Result<void> forwardEach(std::span<const float> x,
                                           std::span<KvCache* const> caches,
                                           std::span<float> logits, std::span<float> hidden,
                                           const LogitsMadeFn&) const final;
    [[nodiscard]] Result<void> forwardAlternatives(std::span<const float> x, KvCache&,
                                                   std::span<float> logits) const final;

protected:
    /// `identity` is what loading told (ModelLoadRequest::identity); the rest is filled in.
    Transformer(ModelConfig, EmbeddingTable, ModelIdentity);

    [[nodiscard]] const ModelConfig& config() const { return m_config; }
    [[nodiscard]] const RopeTable& rope() const { return m_rope; }
    /// Room for `rows` more rows behind `cache`, and their angles. Throws what the cache throws.
    void makeRoom(ContiguousCache& cache, std::int64_t rows) const;

    /// What rows are read for, where that decides how precisely they are computed.
    enum class Purpose
    {
        Any,
        Prompt
    };
    // The functions of LanguageModel, their arguments checked; the caches are this model's. Nothing
    // is thrown, and no cache's row count changes: a caller counts the rows in when all went well.
    [[nodiscard]] virtual Result<void> computeRows(std::span<const float> x, ContiguousCache&,
                                                   Purpose, LogitsOf, std::span<float> logits,
                                                   std::span<float> hidden,
                                                   const LogitsMadeFn&) const = 0;
    [[nodiscard]] virtual Result<void> computeEach(std::span<const float> x,
                                                   std::span<ContiguousCache* const>,
                                                   std::span<float> logits, std::span<float> hidden,
                                                   const LogitsMadeFn&) const = 0;
    [[nodiscard]] virtual Result<void> computeAlternatives(std::span<const float> x,
                                                           ContiguousCache&,
                                                           std::span<float> logits) const = 0;

private:
    [[nodiscard]] Result<void> append(std::span<const float> x, KvCache&, Purpose, LogitsOf,
                                      std::span<float> logits, std::span<float> hidden,
                                      const LogitsMadeFn&) const;
    [[nodiscard]] Result<void> checkToken(TokenId id) const;
    [[nodiscard]] Result<ContiguousCache*> checkCache(KvCache&, std::int64_t rows) const;
    [[nodiscard]] Result<void> checkStep(std::size_t x, std::size_t caches,
                                         std::size_t logits) const;

    ModelConfig m_config;
    EmbeddingTable m_embedding;
    ModelIdentity m_identity;
    // Only the one thread that calls touches these; they remember work, not state.
    mutable RopeTable m_rope;
    mutable std::vector<ContiguousCache*> m_stepCaches;
};

} // namespace halftone
