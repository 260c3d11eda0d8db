// The KV cache of models on libtorch: for each layer keys and values [capacity, kvHeads * headDim]
// float32 on the model's device, keys after rotation.
#pragma once

#include "model/contiguouscache_p.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace halftone {

struct CacheLayer
{
    at::Tensor keys;
    at::Tensor values;
};

class TorchCache final : public ContiguousCache
{
public:
    TorchCache(const void* owner, CacheShape shape, at::Device device);

    [[nodiscard]] Result<std::unique_ptr<KvCache>> fork(std::int64_t rows) const override;

    [[nodiscard]] CacheLayer& layer(std::size_t index) { return m_layers[index]; }

private:
    /// Throws what libtorch throws.
    void refit(const ContiguousCache& from, std::int64_t rows, std::int64_t capacity) override;

    at::Device m_device;
    std::vector<CacheLayer> m_layers;
};

} // namespace halftone
