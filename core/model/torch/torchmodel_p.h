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
    [[nodiscard]] Result<void> forward(std::span<const float> x, KvCache&, LogitsOf,
                                       std::span<float> logits) const override;

private:
    /// Memory of one decode step, made once.
    struct Scratch
    {
        std::vector<float> hidden;   // [D]
        std::vector<float> normed;   // [D]
        std::vector<float> query;    // [H * d]
        std::vector<float> attended; // [H * d]
        std::vector<float> added;    // [D], what a block adds to `hidden`
        std::vector<float> gate;     // [intermediate]
        std::vector<float> up;       // [intermediate]
        std::vector<float> scores;   // [H * rows seen]
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
    /// One row at the end of the cache, whose room is reserved. CPU only.
    void decodeRow(const float* x, TorchCache&, float* logits) const;
    void decodeLayer(std::size_t index, TorchCache&) const;
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
