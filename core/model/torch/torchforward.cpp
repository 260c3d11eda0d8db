// Blocks of rows through the layers, on any device.
#include "model/torch/torchmodel_p.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

at::Tensor apply(const Linear& linear, const at::Tensor& x)
{
    return at::linear(x, linear.weight, linear.bias);
}

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon)
{
    const at::Tensor meanSquare = x.mul(x).mean({-1}, /*keepdim=*/true);
    return x.mul(at::rsqrt(meanSquare.add(epsilon))).mul(weight);
}

/// [queries, 1, keys]: 0 where a query sees a key, -inf where not. Queries stand at positions from
/// `first` on; keys begin with the first that any of them sees and end with the last query's own.
at::Tensor visibility(std::int64_t first, std::int64_t queries, std::int32_t window)
{
    const std::int64_t firstKey = firstSeen(first, window);
    const std::int64_t keys = first + queries - firstKey;
    at::Tensor mask =
        at::full({queries, 1, keys}, -std::numeric_limits<float>::infinity(), at::kFloat);
    auto* const data = mask.data_ptr<float>();
    for (std::int64_t q = 0; q < queries; ++q) {
        const std::int64_t position = first + q;
        float* const row = data + q * keys;
        std::fill(row + firstSeen(position, window) - firstKey, row + position + 1 - firstKey,
                  0.0F);
    }
    return mask;
}

/// Turns each head of x [T, heads, d] by its row's angles.
at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines)
{
    const std::int64_t pairs = x.size(-1) / 2;
    const at::Tensor a = x.narrow(-1, 0, pairs);
    const at::Tensor b = x.narrow(-1, pairs, pairs);
    return at::cat({a.mul(cosines).sub_(b.mul(sines)), b.mul(cosines).add_(a.mul(sines))}, -1);
}

} // namespace

TorchModel::Block TorchModel::makeBlock(std::int64_t first, std::int64_t rows) const
{
    // libtorch has no read-only tensors; the table is only read.
    const auto angles = [&](const float* table) {
        return at::from_blob(const_cast<float*>(table), {rows, 1, rope().pairs()}, at::kFloat)
            .to(m_device);
    };
    Block block{first, rows, angles(rope().cosines(first)), angles(rope().sines(first)), {}};
    // A single row sees every key from the first that its window reaches.
    if (rows > 1)
        for (const std::int32_t window : config().windows)
            if (!block.visibility.contains(window))
                block.visibility[window] = visibility(first, rows, window).to(m_device);
    return block;
}

at::Tensor TorchModel::forwardBlock(at::Tensor x, TorchCache& cache, std::int64_t first) const
{
    const Block block = makeBlock(first, x.size(0));
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        const LayerWeights& layer = m_weights.layers[i];
        const at::Tensor normed = rmsNorm(x, layer.inputNorm, config().normEpsilon);
        x = x.add(attendBlock(layer, normed, cache.layer(i), block, config().windows[i]));
        const at::Tensor mlpInput = rmsNorm(x, layer.mlpNorm, config().normEpsilon);
        const at::Tensor gated =
            at::silu(apply(layer.gate, mlpInput)).mul_(apply(layer.up, mlpInput));
        x = x.add(apply(layer.down, gated));
    }
    return rmsNorm(x, m_weights.norm, config().normEpsilon);
}

at::Tensor TorchModel::attendBlock(const LayerWeights& layer, const at::Tensor& normed,
                                   CacheLayer& cache, const Block& block, std::int32_t window) const
{
    const std::int64_t rows = block.rows;
    const std::int64_t headDim = config().headDim;
    const std::int64_t kvHeads = config().kvHeadCount;
    const std::int64_t group = config().headCount / kvHeads;
    const std::int64_t width = kvHeads * headDim;
    at::Tensor query = apply(layer.query, normed).view({rows, kvHeads * group, headDim});
    at::Tensor key = apply(layer.key, normed).view({rows, kvHeads, headDim});
    if (config().queryKeyNorm) {
        query = rmsNorm(query, layer.queryNorm, config().normEpsilon);
        key = rmsNorm(key, layer.keyNorm, config().normEpsilon);
    }
    query = rotated(query, block.cosines, block.sines)
                .mul_(1.0 / std::sqrt(static_cast<double>(headDim)));
    key = rotated(key, block.cosines, block.sines);
    cache.keys.narrow(0, block.first, rows).copy_(key.view({rows, width}));
    cache.values.narrow(0, block.first, rows).copy_(apply(layer.value, normed));

    const std::int64_t seen = firstSeen(block.first, window);
    const std::int64_t keyRows = block.first + rows - seen;
    const at::Tensor keys = cache.keys.narrow(0, seen, keyRows);
    const at::Tensor values = cache.values.narrow(0, seen, keyRows);
    at::Tensor attended = at::empty({rows, kvHeads, group, headDim}, query.options());
    const at::Tensor grouped = query.view({rows, kvHeads, group, headDim});
    for (std::int64_t head = 0; head < kvHeads; ++head) {
        // The query heads that share a kv head go through one product.
        const at::Tensor queries = grouped.select(1, head).reshape({rows * group, headDim});
        at::Tensor scores = at::mm(queries, keys.narrow(1, head * headDim, headDim).t())
                                .view({rows, group, keyRows});
        if (rows > 1)
            scores.add_(block.visibility.at(window));
        const at::Tensor weights = at::softmax(scores, -1).view({rows * group, keyRows});
        const at::Tensor mixed = at::mm(weights, values.narrow(1, head * headDim, headDim));
        attended.select(1, head).copy_(mixed.view({rows, group, headDim}));
    }
    return apply(layer.output, attended.view({rows, kvHeads * group * headDim}));
}

} // namespace halftone
