// A model's weights as the kernels take them: every matrix packed in the type that it is stored in,
// norms and biases in float32, all in one piece of memory.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "format/modelfolder.h"
#include "kernels/packedmatrix.h"
#include "kernels/threadpool.h"
#include "model/cpu/weightmemory_p.h"
#include "model/modelconfig.h"

#include <memory>
#include <string>
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
    std::vector<float> norm; // [D]
    CpuLinear head;          // [V, D]
    std::string type;        // of most bytes: f32, f16, bf16
    WeightMemory memory;     // what the packed matrices are views of
};

/// Packs with all threads of the pool. Fails with Cancelled, OutOfMemory, and InvalidInput where a
/// matrix cannot be packed. The tensors are there, with the right shapes and types.
[[nodiscard]] Result<CpuWeights> loadCpuWeights(const ModelFolder&, const ModelConfig&,
                                                cpu::ThreadPool&, const ProgressFn&,
                                                const CancelToken&);

} // namespace halftone
