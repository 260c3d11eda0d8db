// The transformer on libtorch: LanguageModel for the Llama, Mistral, Qwen2 and Qwen3 families, all
// arithmetic in float32, rows in blocks through libtorch's matrix products. Generations that
// advance together go one after another.
//
// Notation: T rows, D hidden size, H query heads, G kv heads, d head size, V vocabulary.
#pragma once

#include "model/torch/torchcache_p.h"
#include "model/torch/torchweights_p.h"
#include "model/transformer_p.h"
#include "model/window_p.h"

#include <map>

namespace halftone {

class TorchModel final : public Transformer
{
public:
    TorchModel(ModelConfig, EmbeddingTable, TorchWeights, ModelIdentity, at::Device);

    [[nodiscard]] Result<std::unique_ptr<KvCache>> createCache() const override;

private:
    [[nodiscard]] Result<void> computeRows(std::span<const float> x, ContiguousCache&, Purpose,
                                           LogitsOf, std::span<float> logits,
                                           std::span<float> hidden,
                                           const LogitsMadeFn&) const override;
    [[nodiscard]] Result<void> computeEach(std::span<const float> x,
                                           std::span<ContiguousCache* const>,
                                           std::span<float> logits, std::span<float> hidden,
                                           const LogitsMadeFn&) const override;
    [[nodiscard]] Result<void> computeAlternatives(std::span<const float> x, ContiguousCache&,
                                                   std::span<float> logits) const override;

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

    /// Rows x [T, D] at positions from `first` on, up to the last norm; their keys and values are
    /// written to the cache, whose room is reserved. Returns [T, D].
    [[nodiscard]] at::Tensor forwardBlock(at::Tensor x, TorchCache&, std::int64_t first) const;
    [[nodiscard]] at::Tensor attendBlock(const LayerWeights&, const at::Tensor& normed, CacheLayer&,
                                         const Block&, std::int32_t window) const;

    TorchWeights m_weights;
    at::Device m_device;
};

} // namespace halftone
