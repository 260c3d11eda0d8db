// The transformer on libtorch: LanguageModel for the Llama, Mistral, Qwen2 and Qwen3 families, all
// arithmetic in float32. Several rows go through libtorch's matrix products in blocks; a single row
// on the CPU, which is every decode step, goes through the loops of rowkernels_p.h instead.
//
// Notation: T rows, D hidden size, H query heads, G kv heads, d head size, V vocabulary.
#pragma once

#include "model/languagemodel.h"
#include "model/modelconfig.h"
#include "model/rope_p.h"
#include "model/torch/torchcache_p.h"
#include "model/torch/torchweights_p.h"
#include "model/window_p.h"

#include <map>
#include <vector>

namespace halftone {

class TorchModel final : public LanguageModel
{
public:
    /// `identity` lacks what only the weights tell; the constructor fills it in.
    TorchModel(ModelConfig, TorchWeights, ModelIdentity, at::Device);

    [[nodiscard]] const ModelIdentity& identity() const override { return m_identity; }
    [[nodiscard]] Result<std::unique_ptr<KvCache>> createCache() const override;
    [[nodiscard]] Result<void> embed(const StepInput&, std::span<float> x) const override;
    [[nodiscard]] Result<void> embedTokens(std::span<const TokenId>,
                                           std::span<float> x) const override;
    [[nodiscard]] Result<void> embedDense(std::span<const float> weights,
                                          std::span<float> x) const override;
    [[nodiscard]] Result<std::vector<NearestToken>> nearestTokens(std::span<const float> x,
                                                                  int count) const override;
    [[nodiscard]] Result<void> forward(std::span<const float> x, KvCache&, LogitsOf,
                                       std::span<float> logits,
                                       std::span<float> hidden) const override;
    [[nodiscard]] Result<void> forwardEach(std::span<const float> x,
                                           std::span<KvCache* const> caches,
                                           std::span<float> logits,
                                           std::span<float> hidden) const override;
    [[nodiscard]] Result<void> forwardAlternatives(std::span<const float> x, KvCache&,
                                                   std::span<float> logits) const override;

private:
    /// Memory of decode steps of up to `rows` generations, kept from one to the next.
    struct Scratch
    {
        void resize(const ModelConfig&, std::int64_t count);
        std::int64_t rows = 0;       // B
        std::vector<float> hidden;   // [B, D]
        std::vector<float> normed;   // [B, D]
        std::vector<float> query;    // [B, H * d]
        std::vector<float> key;      // [B, G * d]
        std::vector<float> value;    // [B, G * d]
        std::vector<float> attended; // [B, H * d]
        std::vector<float> added;    // [B, D], what a block adds to `hidden`
        std::vector<float> gate;     // [B, intermediate]
        std::vector<float> up;       // [B, intermediate]
        std::vector<float> scores;   // [H * rows seen], of one row
    };

    /// What all layers share of a block of rows.
    struct Block
    {
        std::int64_t first = 0; // position of the first row
        std::int64_t rows = 0;
        at::Tensor cosines; // [T, 1, d / 2]
        at::Tensor sines;
        std::map<std::int32_t, at::Tensor> visibility; // by window, [T, 1, keys]; none for one row
    };
    [[nodiscard]] Block makeBlock(std::int64_t first, std::int64_t rows) const;

    /// Null when `id` is outside the vocabulary.
    [[nodiscard]] const float* embeddingRow(TokenId id) const;
    [[nodiscard]] Unexpected outsideVocabulary(TokenId id) const;
    /// Checks and prepares what forwardEach() and forwardAlternatives() share.
    [[nodiscard]] Result<std::vector<TorchCache*>> checkedCaches(std::span<const float> x,
                                                                 std::span<KvCache* const> caches,
                                                                 std::span<float> logits) const;
    [[nodiscard]] Result<void> forwardOne(std::span<const float> x, std::size_t b, TorchCache&,
                                          std::span<float> logits, std::span<float> hidden) const;
    /// One row x [D] at the end of each cache, which has room for it; the caches' row counts stay.
    /// The same cache several times makes the rows alternatives: none sees another. CPU only.
    /// Writes the normed outputs to `hidden` [B, D] unless that is null.
    void decodeRows(std::span<const float> x, std::span<TorchCache* const>, float* logits,
                    float* hidden) const;
    void decodeLayer(std::size_t index, std::span<TorchCache* const>) const;
    void attendRow(std::size_t index, TorchCache&, float* query, float* key, const float* value,
                   float* attended) const;
    /// Rows x [T, D] at positions from `first` on, up to the last norm; their keys and values are
    /// written to the cache, whose room is reserved. Returns [T, D].
    [[nodiscard]] at::Tensor forwardBlock(at::Tensor x, TorchCache&, std::int64_t first) const;
    [[nodiscard]] at::Tensor attendBlock(const LayerWeights&, const at::Tensor& normed, CacheLayer&,
                                         const Block&, std::int32_t window) const;

    ModelConfig m_config;
    TorchWeights m_weights;
    ModelIdentity m_identity;
    at::Device m_device;
    // Only the one thread that calls touches these; they remember work, not state.
    mutable RopeTable m_rope;
    mutable Scratch m_scratch;
};

} // namespace halftone
