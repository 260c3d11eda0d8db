// A model's weights as the kernels take them: matrices packed, norms and biases in float32.
#pragma once

#include "kernels/packedmatrix.h"
#include "model/cpu/packedweights_p.h"
#include "model/cpu/tensorsource_p.h"
#include "model/cpu/weightlayout_p.h"
#include "model/modelconfig.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace halftone {

/// y = W x + b
struct CpuLinear
{
    cpu::PackedMatrix weight; // [out, in]
    std::vector<float> bias;  // [out], or empty

    [[nodiscard]] const float* biasData() const { return bias.empty() ? nullptr : bias.data(); }
};

struct CpuLayer
{
    std::vector<float> inputNorm; // [D]
    CpuLinear query, key, value, output;
    std::vector<float> queryNorm, keyNorm; // [headDim], or empty
    std::vector<float> mlpNorm;            // [D]
    CpuLinear gate, up, down;
};

struct CpuWeights
{
    std::vector<CpuLayer> layers;
    std::vector<float> norm;            // [D]
    CpuLinear head;                     // [V, D]
    cpu::WeightType type;               // of most bytes
    std::int64_t bytes = 0;             // that a step reads
    std::shared_ptr<const void> packed; // what the packed matrices are views of
};

/// Takes norms and biases from the source, and the matrices where they were packed.
[[nodiscard]] CpuWeights cpuWeights(const ModelConfig&, TensorSource&, const WeightLayout&,
                                    const PackedWeights&);

} // namespace halftone
