// Rows through the layers, on any device: a block of one generation's, or one of each of several.
#include "model/torch/torchmodel_p.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

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
at::Tensor rotated(const at::Tensor& x, const RowAngles& angles)
{
    const auto& [cosines, sines] = angles;
    const std::int64_t pairs = x.size(-1) / 2;
    const at::Tensor a = x.narrow(-1, 0, pairs);
    const at::Tensor b = x.narrow(-1, pairs, pairs);
    return at::cat({a.mul(cosines).sub_(b.mul(sines)), b.mul(cosines).add_(a.mul(sines))}, -1);
}

} // namespace

at::Tensor TorchModel::throughLayers(at::Tensor x, const RowAngles& angles,
                                     const AttendFn& attend) const
{
    const std::int64_t rows = x.size(0);
    const std::int64_t headDim = config().headDim;
    const double scale = 1.0 / std::sqrt(static_cast<double>(headDim));
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        const LayerWeights& layer = m_weights.layers[i];
        const at::Tensor normed = rmsNorm(x, layer.inputNorm, config().normEpsilon);
        at::Tensor query = apply(layer.query, normed).view({rows, config().headCount, headDim});
        at::Tensor key = apply(layer.key, normed).view({rows, config().kvHeadCount, headDim});
        if (config().queryKeyNorm) {
            query = rmsNorm(query, layer.queryNorm, config().normEpsilon);
            key = rmsNorm(key, layer.keyNorm, config().normEpsilon);
        }
        query = rotated(query, angles).mul_(scale);
        key = rotated(key, angles).view({rows, config().kvHeadCount * headDim});
        const at::Tensor attended = attend(i, query, key, apply(layer.value, normed));
        x = x.add(apply(layer.output, attended.view({rows, config().headCount * headDim})));
        const at::Tensor mlpInput = rmsNorm(x, layer.mlpNorm, config().normEpsilon);
        const at::Tensor gated =
            at::silu(apply(layer.gate, mlpInput)).mul_(apply(layer.up, mlpInput));
        x = x.add(apply(layer.down, gated));
    }
    return rmsNorm(x, m_weights.norm, config().normEpsilon);
}

at::Tensor TorchModel::forwardBlock(const at::Tensor& x, TorchCache& cache,
                                    std::int64_t first) const
{
    const std::int64_t rows = x.size(0);
    const std::int64_t headDim = config().headDim;
    const std::int64_t kvHeads = config().kvHeadCount;
    const std::int64_t group = config().headCount / kvHeads;
    std::map<std::int32_t, at::Tensor> visible; // by window
    for (const std::int32_t window : config().windows)
        if (!visible.contains(window))
            visible[window] = visibility(first, rows, window).to(m_device);

    const auto attend = [&](std::size_t i, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value) {
        CacheLayer& layer = cache.layer(i);
        layer.keys.narrow(0, first, rows).copy_(key);
        layer.values.narrow(0, first, rows).copy_(value);
        const std::int64_t seen = firstSeen(first, config().windows[i]);
        const std::int64_t keyRows = first + rows - seen;
        const at::Tensor keys = layer.keys.narrow(0, seen, keyRows);
        const at::Tensor values = layer.values.narrow(0, seen, keyRows);
        at::Tensor attended = at::empty({rows, kvHeads, group, headDim}, query.options());
        const at::Tensor grouped = query.view({rows, kvHeads, group, headDim});
        for (std::int64_t head = 0; head < kvHeads; ++head) {
            // The query heads that share a kv head go through one product.
            const at::Tensor queries = grouped.select(1, head).reshape({rows * group, headDim});
            at::Tensor scores = at::mm(queries, keys.narrow(1, head * headDim, headDim).t())
                                    .view({rows, group, keyRows});
            scores.add_(visible.at(config().windows[i]));
            const at::Tensor weights = at::softmax(scores, -1).view({rows * group, keyRows});
            const at::Tensor mixed = at::mm(weights, values.narrow(1, head * headDim, headDim));
            attended.select(1, head).copy_(mixed.view({rows, group, headDim}));
        }
        return attended;
    };
    // libtorch has no read-only tensors; the table is only read.
    const auto table = [&](const float* of) {
        return at::from_blob(const_cast<float*>(of), {rows, 1, rope().pairs()}, at::kFloat)
            .to(m_device);
    };
    return throughLayers(x, {table(rope().cosines(first)), table(rope().sines(first))}, attend);
}

at::Tensor TorchModel::forwardStep(const at::Tensor& x, std::span<const Place> places) const
{
    const std::int64_t rows = x.size(0);
    const std::int64_t headDim = config().headDim;
    const std::int64_t kvHeads = config().kvHeadCount;
    const std::int64_t group = config().headCount / kvHeads;

    // A row's keys are as many as they are, so its attention is its own: the same operations on the
    // same shapes whoever else is there.
    const auto attend = [&](std::size_t i, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value) {
        at::Tensor attended = at::zeros({rows, kvHeads, group, headDim}, query.options());
        for (std::size_t b = 0; b < places.size(); ++b) {
            const auto row = static_cast<std::int64_t>(b);
            const std::int64_t position = places[b].position;
            CacheLayer& layer = places[b].cache->layer(i);
            // Seen at once and by this row alone: alternatives write to one place in turn.
            layer.keys.select(0, position).copy_(key.select(0, row));
            layer.values.select(0, position).copy_(value.select(0, row));
            const std::int64_t seen = firstSeen(position, config().windows[i]);
            const auto heads = [&](const at::Tensor& cached) {
                const std::int64_t keyRows = position + 1 - seen;
                return cached.narrow(0, seen, keyRows).view({keyRows, kvHeads, headDim});
            };
            // A copy, since a product may depend on how its operands are aligned.
            const at::Tensor own = query.select(0, row).clone().view({kvHeads, group, headDim});
            const at::Tensor scores = at::bmm(own, heads(layer.keys).permute({1, 2, 0}));
            attended.select(0, row).copy_(
                at::bmm(at::softmax(scores, -1), heads(layer.values).transpose(0, 1)));
        }
        return attended;
    };

    const std::int32_t pairs = rope().pairs();
    at::Tensor angles = at::zeros({2, rows, 1, pairs}, at::kFloat);
    auto* const cosines = angles.data_ptr<float>();
    float* const sines = cosines + rows * pairs;
    for (std::size_t b = 0; b < places.size(); ++b) {
        const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(b) * pairs;
        std::copy_n(rope().cosines(places[b].position), pairs, cosines + offset);
        std::copy_n(rope().sines(places[b].position), pairs, sines + offset);
    }
    angles = angles.to(m_device);
    return throughLayers(x, {angles.select(0, 0), angles.select(0, 1)}, attend);
}

} // namespace halftone
