#include "train/torch/llama_p.h"

#include "model/rope_p.h"
#include "sampling/draws.h"

#include <ATen/Context.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

at::Tensor integers(const std::vector<std::int32_t>& values, at::Device device)
{
    return at::tensor(at::ArrayRef<std::int32_t>(values)).to(device, at::kLong);
}

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon)
{
    return x.mul(at::rsqrt(x.mul(x).mean({-1}, /*keepdim=*/true).add(epsilon))).mul(weight);
}

/// Turns each head of x [slots, heads, d] by its slot's angles.
at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines)
{
    const std::int64_t pairs = x.size(-1) / 2;
    const at::Tensor a = x.narrow(-1, 0, pairs);
    const at::Tensor b = x.narrow(-1, pairs, pairs);
    return at::cat({a.mul(cosines).sub(b.mul(sines)), b.mul(cosines).add(a.mul(sines))}, -1);
}

} // namespace

at::Tensor indices(const std::vector<std::int64_t>& values, at::Device device)
{
    return at::tensor(at::ArrayRef<std::int64_t>(values)).to(device);
}

TrainableLlama::TrainableLlama(ModelConfig config, at::ScalarType type, at::Device device)
    : m_config(std::move(config))
    , m_type(type)
    , m_device(device)
    , m_frequencies(ropeFrequencies(m_config.rope, m_config.headDim))
    , m_magnitude(ropeMagnitude(m_config.rope))
{
    for (const ExpectedTensor& expected : expectedTensors(m_config))
        m_weights[expected.name] =
            at::zeros(expected.shape, at::TensorOptions(type).device(device)).requires_grad_();
}

TrainableLlama TrainableLlama::twin() const
{
    TrainableLlama other(*this);
    for (auto& [name, weight] : other.m_weights)
        weight = weight.variable_data().requires_grad_();
    return other;
}

const at::Tensor& TrainableLlama::weight(const std::string& name) const
{
    return m_weights.at(name + ".weight");
}

TrainableLlama::Places TrainableLlama::places(const TrainBatch& batch) const
{
    Places places{batch.rows, batch.length, {}, {}, {}};
    const at::TensorOptions doubles(at::kDouble);
    const at::Tensor speeds = at::tensor(at::ArrayRef<double>(m_frequencies), doubles);
    const at::Tensor angles =
        integers(batch.positions, at::kCPU).to(at::kDouble).unsqueeze(1).mul(speeds).unsqueeze(1);
    places.cosines = angles.cos().mul(m_magnitude).to(m_device, m_type);
    places.sines = angles.sin().mul(m_magnitude).to(m_device, m_type);

    const at::Tensor sequence =
        integers(batch.sequences, m_device).view({batch.rows, 1, batch.length, 1});
    const at::Tensor earlier =
        at::ones({batch.length, batch.length}, at::TensorOptions(at::kBool).device(m_device))
            .tril();
    const at::Tensor seen = sequence.eq(sequence.transpose(2, 3)).logical_and(earlier);
    places.visibility =
        at::zeros(seen.sizes(), at::TensorOptions(m_type).device(m_device))
            .masked_fill_(seen.logical_not(), -std::numeric_limits<double>::infinity());
    return places;
}

/// [noises, D]: the modes' noise (sampling/draws.h), which is the same on every device.
at::Tensor TrainableLlama::noise(const TrainBatch& batch, const at::Tensor& slots) const
{
    const std::int64_t width = m_config.hiddenSize;
    const at::Tensor table = weight("model.embed_tokens").detach();
    const double rms = table.norm(2, {1}).mean().item<double>() / std::sqrt(double(width));
    at::Tensor values = at::zeros({slots.size(0), width}, at::kFloat);
    for (std::size_t i = 0; i < batch.noises.size(); ++i)
        addNormalNoise(batch.noises[i].key, static_cast<float>(batch.noises[i].sigma * rms),
                       {values.data_ptr<float>() + static_cast<std::int64_t>(i) * width,
                        static_cast<std::size_t>(width)});
    return values.to(m_device, m_type);
}

at::Tensor TrainableLlama::embedded(const TrainBatch& batch) const
{
    const at::Tensor& table = weight("model.embed_tokens");
    at::Tensor x = table.index_select(0, integers(batch.ids, m_device));
    if (batch.mixtures.empty())
        return x;
    std::vector<std::int64_t> slots;
    std::vector<std::int64_t> owners;
    std::vector<std::int64_t> tokens;
    std::vector<double> weights;
    for (const SlotToken& part : batch.mixtures) {
        if (slots.empty() || slots.back() != part.slot)
            slots.push_back(part.slot);
        owners.push_back(std::ssize(slots) - 1);
        tokens.push_back(part.token);
        weights.push_back(part.weight);
    }
    const at::Tensor rows =
        table.index_select(0, indices(tokens, m_device))
            .mul(at::tensor(at::ArrayRef<double>(weights)).to(m_device, m_type).unsqueeze(1));
    const at::Tensor mixed = at::zeros({std::ssize(slots), table.size(1)}, rows.options())
                                 .index_add(0, indices(owners, m_device), rows);
    x = x.index_copy(0, indices(slots, m_device), mixed);
    if (!batch.noises.empty()) {
        std::vector<std::int64_t> noisy;
        for (const SlotNoise& one : batch.noises)
            noisy.push_back(one.slot);
        const at::Tensor where = indices(noisy, m_device);
        x = x.index_add(0, where, noise(batch, where));
    }
    return x;
}

/// [n, heads, d]
at::Tensor TrainableLlama::split(const std::string& projection, const at::Tensor& normed,
                                 std::int64_t heads) const
{
    return at::linear(normed, weight(projection)).view({normed.size(0), heads, m_config.headDim});
}

at::Tensor TrainableLlama::attention(const std::string& layer, const at::Tensor& normed,
                                     const Places& at, KeyValues* keep) const
{
    const std::int64_t headDim = m_config.headDim;
    const std::int64_t kvHeads = m_config.kvHeadCount;
    const std::int64_t heads = m_config.headCount;
    // [slots, heads, d] to [rows, heads, length, d]; a kv head serves its group of query heads.
    const auto byRow = [&](const at::Tensor& x) {
        const at::Tensor rows = x.view({at.rows, at.length, x.size(1), headDim}).transpose(1, 2);
        if (x.size(1) == heads)
            return rows;
        return rows.unsqueeze(2)
            .expand({at.rows, kvHeads, heads / kvHeads, at.length, headDim})
            .reshape({at.rows, heads, at.length, headDim});
    };
    const at::Tensor turned =
        rotated(split(layer + "k_proj", normed, kvHeads), at.cosines, at.sines);
    const at::Tensor unturned = split(layer + "v_proj", normed, kvHeads);
    if (keep != nullptr)
        *keep = {turned, unturned};
    const at::Tensor query =
        byRow(rotated(split(layer + "q_proj", normed, heads), at.cosines, at.sines))
            .mul(1.0 / std::sqrt(static_cast<double>(headDim)));
    const at::Tensor scores =
        at::matmul(query, byRow(turned).transpose(2, 3)).to(m_type).add_(at.visibility);
    const at::Tensor mixed = at::matmul(at::softmax(scores, -1), byRow(unturned));
    return at::linear(mixed.transpose(1, 2).reshape({at.rows * at.length, heads * headDim}),
                      weight(layer + "o_proj"));
}

at::Tensor TrainableLlama::attentionAt(const std::string& layer, const at::Tensor& slots,
                                       const at::Tensor& normed, const Places& at,
                                       KeyValues& cache) const
{
    const std::int64_t headDim = m_config.headDim;
    const std::int64_t kvHeads = m_config.kvHeadCount;
    const std::int64_t heads = m_config.headCount;
    const std::int64_t count = slots.size(0);
    const at::Tensor cosines = at.cosines.index_select(0, slots);
    const at::Tensor sines = at.sines.index_select(0, slots);
    cache.keys = cache.keys.index_copy(
        0, slots, rotated(split(layer + "k_proj", normed, kvHeads), cosines, sines));
    cache.values = cache.values.index_copy(0, slots, split(layer + "v_proj", normed, kvHeads));
    const at::Tensor rows = at::div(slots, at.length, "floor");
    // [n, kv heads, length, d]: of each slot's row.
    const auto ofRows = [&](const at::Tensor& x) {
        return x.view({at.rows, at.length, kvHeads, headDim}).index_select(0, rows).transpose(1, 2);
    };
    const at::Tensor query = rotated(split(layer + "q_proj", normed, heads), cosines, sines)
                                 .mul(1.0 / std::sqrt(static_cast<double>(headDim)))
                                 .view({count, kvHeads, heads / kvHeads, headDim});
    const at::Tensor visibility =
        at.visibility.view({-1, at.length}).index_select(0, slots).view({count, 1, 1, at.length});
    const at::Tensor scores =
        at::matmul(query, ofRows(cache.keys).transpose(2, 3)).to(m_type).add(visibility);
    const at::Tensor mixed = at::matmul(at::softmax(scores, -1), ofRows(cache.values));
    return at::linear(mixed.reshape({count, heads * headDim}), weight(layer + "o_proj"));
}

at::Tensor TrainableLlama::fedForward(const std::string& layer, const at::Tensor& x) const
{
    const at::Tensor input =
        rmsNorm(x, weight(layer + "post_attention_layernorm"), m_config.normEpsilon);
    const at::Tensor gated = at::silu(at::linear(input, weight(layer + "mlp.gate_proj")))
                                 .mul(at::linear(input, weight(layer + "mlp.up_proj")));
    return x.add(at::linear(gated, weight(layer + "mlp.down_proj")));
}

at::Tensor TrainableLlama::layers(at::Tensor x, const Places& places, Cache* keep) const
{
    if (keep != nullptr)
        keep->resize(static_cast<std::size_t>(m_config.layerCount));
    for (std::int32_t i = 0; i < m_config.layerCount; ++i) {
        const std::string layer = "model.layers." + std::to_string(i) + ".";
        const at::Tensor normed =
            rmsNorm(x, weight(layer + "input_layernorm"), m_config.normEpsilon);
        KeyValues* const kept = keep == nullptr ? nullptr : &(*keep)[static_cast<std::size_t>(i)];
        x = fedForward(layer, x.add(attention(layer + "self_attn.", normed, places, kept)));
    }
    return rmsNorm(x, weight("model.norm"), m_config.normEpsilon);
}

at::Tensor TrainableLlama::layersAt(const at::Tensor& slots, at::Tensor x, const Places& places,
                                    Cache& cache) const
{
    for (std::int32_t i = 0; i < m_config.layerCount; ++i) {
        const std::string layer = "model.layers." + std::to_string(i) + ".";
        const at::Tensor normed =
            rmsNorm(x, weight(layer + "input_layernorm"), m_config.normEpsilon);
        x = fedForward(layer, x.add(attentionAt(layer + "self_attn.", slots, normed, places,
                                                cache[static_cast<std::size_t>(i)])));
    }
    return rmsNorm(x, weight("model.norm"), m_config.normEpsilon);
}

TrainableLlama::Pass TrainableLlama::begin(const TrainBatch& batch) const
{
    Pass pass{places(batch), {}, {}};
    pass.states = layers(embedded(batch), pass.places, &pass.cache);
    return pass;
}

void TrainableLlama::put(Pass& pass, const at::Tensor& slots, const at::Tensor& x) const
{
    pass.states = pass.states.index_copy(0, slots, layersAt(slots, x, pass.places, pass.cache));
}

void TrainableLlama::again(Pass& pass, const TrainBatch& batch,
                           const std::vector<std::int64_t>& slots) const
{
    const at::Tensor where = indices(slots, m_device);
    put(pass, where, embedded(batch).index_select(0, where));
}

at::Tensor TrainableLlama::hidden(const TrainBatch& batch) const
{
    if (batch.latents.empty())
        return layers(embedded(batch), places(batch));
    Pass pass = begin(batch);
    at::Tensor x = embedded(batch);
    std::map<std::int32_t, std::vector<std::int64_t>> rounds;
    for (const RoundSlot& latent : batch.latents)
        rounds[latent.round].push_back(latent.slot);
    for (const auto& [round, slots] : rounds) {
        const at::Tensor to = indices(slots, m_device);
        const at::Tensor given = pass.states.index_select(0, to.sub(1));
        x = x.index_copy(0, to, given);
        put(pass, to, given);
    }
    return layers(x, pass.places);
}

at::Tensor TrainableLlama::logits(const at::Tensor& hidden) const
{
    return at::linear(hidden, weight(m_config.tiedHead ? "model.embed_tokens" : "lm_head"));
}

} // namespace halftone
