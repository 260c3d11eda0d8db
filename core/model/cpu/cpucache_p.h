// The KV cache of models on the CPU: for each layer keys and values [capacity, kvHeads * headDim]
// float32, keys after rotation.
#pragma once

#include "model/contiguouscache_p.h"

#include <memory>
#include <vector>

namespace halftone {

class CpuCache final : public ContiguousCache
{
public:
    struct Layer
    {
        std::unique_ptr<float[]> keys;
        std::unique_ptr<float[]> values;
    };

    CpuCache(const void* owner, CacheShape shape);

    [[nodiscard]] Result<std::unique_ptr<KvCache>> fork(std::int64_t rows) const override;

    [[nodiscard]] Layer& layer(std::size_t index) { return m_layers[index]; }

private:
    void refit(const ContiguousCache& from, std::int64_t rows, std::int64_t capacity) override;

    std::vector<Layer> m_layers;
};

} // namespace halftone
