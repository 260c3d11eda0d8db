// A layer's tensors under the names that Hugging Face folders give them, for every form in which
// weights are held.
#pragma once

#include "model/modelconfig.h"

#include <cstdint>
#include <string>

namespace halftone {

/// `source.vector(name)` gives norms; `source.linear(name, bias)` a matrix, and a bias where `bias`
/// says that there is one.
template <class Layer, class Source>
[[nodiscard]] Layer readLayer(const ModelConfig& config, std::int32_t index, Source& source)
{
    const std::string name = "model.layers." + std::to_string(index) + ".";
    const std::string attention = name + "self_attn.";
    Layer layer;
    layer.inputNorm = source.vector(name + "input_layernorm.weight");
    layer.query = source.linear(attention + "q_proj", config.queryKeyValueBias);
    layer.key = source.linear(attention + "k_proj", config.queryKeyValueBias);
    layer.value = source.linear(attention + "v_proj", config.queryKeyValueBias);
    layer.output = source.linear(attention + "o_proj", config.outputBias);
    if (config.queryKeyNorm) {
        layer.queryNorm = source.vector(attention + "q_norm.weight");
        layer.keyNorm = source.vector(attention + "k_norm.weight");
    }
    layer.mlpNorm = source.vector(name + "post_attention_layernorm.weight");
    layer.gate = source.linear(name + "mlp.gate_proj", config.mlpBias);
    layer.up = source.linear(name + "mlp.up_proj", config.mlpBias);
    layer.down = source.linear(name + "mlp.down_proj", config.mlpBias);
    return layer;
}

} // namespace halftone
