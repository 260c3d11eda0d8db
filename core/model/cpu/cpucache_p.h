// The KV cache of models on the CPU: for each layer keys and values [capacity, kvHeads * headDim]
// float32, keys after rotation. Aligned to the processor's cache lines: where rows begin within
// one, attention over a long cache takes half as long again.
#pragma once

#include "model/contiguouscache_p.h"

#include <memory>
#include <new>
#include <vector>

namespace halftone {

class CpuCache final : public ContiguousCache
{
public:
    static constexpr std::align_val_t alignment{64};
    struct Delete
    {
        void operator()(float* values) const { ::operator delete[](values, alignment); }
    };
    using Rows = std::unique_ptr<float[], Delete>;
    struct Layer
    {
        Rows keys;
        Rows values;
    };

    CpuCache(const void* owner, CacheShape shape);

    [[nodiscard]] Result<std::unique_ptr<KvCache>> fork(std::int64_t rows) const override;

    [[nodiscard]] Layer& layer(std::size_t index) { return m_layers[index]; }

private:
    void refit(const ContiguousCache& from, std::int64_t rows, std::int64_t capacity) override;

    std::vector<Layer> m_layers;
};

} // namespace halftone
