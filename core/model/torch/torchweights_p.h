// A model's weights as float32 tensors. What is stored as f32 stays in the mapped file; f16 and
// bf16 are widened into memory of their own, and on a GPU everything is copied there.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "format/modelfolder.h"
#include "model/modelconfig.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace halftone {

/// y = x W^T + b
struct Linear
{
    at::Tensor weight; // [out, in]
    at::Tensor bias;   // [out], or undefined
};

struct LayerWeights
{
    at::Tensor inputNorm; // [D]
    Linear query, key, value, output;
    at::Tensor queryNorm, keyNorm; // [headDim], or undefined
    at::Tensor mlpNorm;            // [D]
    Linear gate, up, down;
};

struct TorchWeights
{
    std::vector<LayerWeights> layers;
    at::Tensor norm;                                           // [D]
    Linear head;                                               // [V, D]
    std::string type;                                          // of most bytes: f32, f16, bf16
    std::vector<std::shared_ptr<const SafetensorsFile>> files; // keeps the mappings
};

/// Throws what libtorch throws. Fails with Cancelled.
[[nodiscard]] Result<TorchWeights> loadWeights(const ModelFolder&, const ModelConfig&,
                                               at::Device device, const ProgressFn&,
                                               const CancelToken&);

} // namespace halftone
