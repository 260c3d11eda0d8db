// A Llama forward pass that libtorch can differentiate, over rows of packed sequences. Written for
// training; the inference model's own (model/torch) keeps a cache and no graph. Throws what
// libtorch throws.
#pragma once

#include "model/modelconfig.h"
#include "train/trainbatch.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <string>
#include <vector>

namespace halftone {

class TrainableLlama
{
public:
    /// Zeros.
    TrainableLlama(ModelConfig, at::ScalarType, at::Device);

    /// The same weights, in the same memory, with gradients of their own: for another thread.
    [[nodiscard]] TrainableLlama twin() const;

    /// Output of the last norm [slots, D]. Latent slots are fed the states before them, and
    /// gradients flow through these (Hao et al., arXiv 2412.06769): a first pass gives the states
    /// before the first round, each round adds its slots to the keys and values of that pass, and a
    /// last pass is fed all that was found.
    [[nodiscard]] at::Tensor hidden(const TrainBatch&) const;

    /// What all layers share of a batch.
    struct Places
    {
        std::int64_t rows = 0;
        std::int64_t length = 0;
        at::Tensor cosines; // [slots, 1, d / 2]
        at::Tensor sines;
        at::Tensor visibility; // [rows, 1, length, length]: 0 or -inf
    };
    struct KeyValues
    {
        at::Tensor keys;   // [slots, kv heads, d], turned
        at::Tensor values; // [slots, kv heads, d]
    };
    using Cache = std::vector<KeyValues>; // by layer
    /// A pass that can be gone on with.
    struct Pass
    {
        Places places;
        at::Tensor states; // as hidden()
        Cache cache;
    };
    /// Without latent slots.
    [[nodiscard]] Pass begin(const TrainBatch&) const;
    /// Some slots again, with what the batch feeds them now; all others keep their states.
    void again(Pass&, const TrainBatch&, const std::vector<std::int64_t>& slots) const;

    /// [S, V], of some rows of hidden().
    [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const;

    /// By name, as in a model folder.
    [[nodiscard]] std::map<std::string, at::Tensor, std::less<>>& weights() { return m_weights; }
    [[nodiscard]] const ModelConfig& config() const { return m_config; }
    [[nodiscard]] at::Device device() const { return m_device; }
    [[nodiscard]] at::ScalarType type() const { return m_type; }

private:
    [[nodiscard]] const at::Tensor& weight(const std::string& name) const;
    [[nodiscard]] Places places(const TrainBatch&) const;
    [[nodiscard]] at::Tensor embedded(const TrainBatch&) const;
    [[nodiscard]] at::Tensor layers(at::Tensor x, const Places&, Cache* = nullptr) const;
    /// layers() of some slots [n] alone, x [n, D], after what the cache holds; it takes theirs up.
    [[nodiscard]] at::Tensor layersAt(const at::Tensor& slots, at::Tensor x, const Places&,
                                      Cache&) const;
    /// The states of some slots, fed x [n, D], into the pass.
    void put(Pass&, const at::Tensor& slots, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor attention(const std::string& layer, const at::Tensor& normed,
                                       const Places&, KeyValues*) const;
    [[nodiscard]] at::Tensor attentionAt(const std::string& layer, const at::Tensor& slots,
                                         const at::Tensor& normed, const Places&, KeyValues&) const;
    /// x + the feed-forward block.
    [[nodiscard]] at::Tensor fedForward(const std::string& layer, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor split(const std::string& projection, const at::Tensor& normed,
                                   std::int64_t heads) const;
    [[nodiscard]] at::Tensor noise(const TrainBatch&, const at::Tensor& slots) const;

    ModelConfig m_config;
    at::ScalarType m_type;
    at::Device m_device;
    std::vector<double> m_frequencies;
    double m_magnitude = 1;
    std::map<std::string, at::Tensor, std::less<>> m_weights;
};

/// `values` as a tensor of int64 on a device.
[[nodiscard]] at::Tensor indices(const std::vector<std::int64_t>& values, at::Device);

} // namespace halftone
