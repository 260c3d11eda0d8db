// The transformer on libtorch: LanguageModel for the Llama, Mistral, Qwen2 and Qwen3 families, all
// arithmetic in float32, rows in blocks through libtorch's matrix products.
//
// A step's bits. Which kernel libtorch's BLAS takes for a product, and with it the order of its
// sums, depends on how many rows are multiplied: with OpenBLAS a row alone and the same row among
// others were seen to differ, and PyTorch warns of it ("Numerical accuracy", batched computations).
// What repeats is the same shape on one machine; cuBLAS promises that for one stream, which is all
// that is used here. So steps have one shape, whoever takes them: a fixed number of rows, zeros
// where there are fewer; only attention goes row by row, over as many keys as the row has. No
// library promises that a row's place among them leaves its bits alone, so the device is asked,
// with the model's own weights, when the model is made. Where places differ, steps take one row at
// a time.
//
// A step is many small kernels, and on a GPU a small model's time goes into launching them. Their
// fixed shape is what CUDA graphs need: one for what lies between two layers' attentions would
// serve every step. Attention, whose shapes grow with the cache, would stay outside.
//
// Notation: T rows, D hidden size, H query heads, G kv heads, d head size, V vocabulary.
#pragma once

#include "model/torch/torchcache_p.h"
#include "model/torch/torchweights_p.h"
#include "model/transformer_p.h"
#include "model/window_p.h"

#include <functional>
#include <span>

namespace halftone {

/// How far rotary embedding turns each of T rows: [T, 1, d / 2] each.
struct RowAngles
{
    at::Tensor cosines;
    at::Tensor sines;
};

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

    /// Where a row goes: which cache, behind how many rows of it. Room is made.
    struct Place
    {
        TorchCache* cache;
        std::int64_t position;
    };
    /// Writes keys and values [T, G * d] to where the rows belong in a layer, and returns what
    /// queries [T, H, d], rotated and scaled, read there: [T, H * d] in any shape.
    using AttendFn = std::function<at::Tensor(std::size_t layer, const at::Tensor& queries,
                                              const at::Tensor& keys, const at::Tensor& values)>;

    /// Rows x [T, D] up to the last norm, [T, D].
    [[nodiscard]] at::Tensor throughLayers(at::Tensor x, const RowAngles&, const AttendFn&) const;
    /// Rows x [T, D], T > 1, of one generation at positions from `first` on.
    [[nodiscard]] at::Tensor forwardBlock(const at::Tensor& x, TorchCache&,
                                          std::int64_t first) const;
    /// One row of x [T, D] for each place; rows beyond them are padding. Places may be the same:
    /// their rows do not see each other, and the last one's stays.
    [[nodiscard]] at::Tensor forwardStep(const at::Tensor& x, std::span<const Place>) const;
    /// As many rows x [B, D] as places: their logits [B, V] and, unless it is empty, hidden states
    /// [B, D].
    void step(std::span<const float> x, std::span<const Place>, std::span<float> logits,
              std::span<float> hidden) const;
    [[nodiscard]] bool placesGiveTheSameBits() const;

    TorchWeights m_weights;
    at::Device m_device;
    std::int64_t m_stepRows; // computed at once in a step
};

} // namespace halftone
