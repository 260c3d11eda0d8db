// How the kernels see a tensor of a model file: f32, f16 or bf16, a vector as one row.
#pragma once

#include "format/safetensors.h"
#include "kernels/packing.h"

namespace halftone {

/// `view` is of a type that Halftone computes with (checkTensors in torchentry_p.h).
[[nodiscard]] inline cpu::StoredMatrix storedMatrix(const TensorView& view)
{
    const cpu::WeightType type = view.type == "F32"   ? cpu::WeightType::F32
                                 : view.type == "F16" ? cpu::WeightType::F16
                                                      : cpu::WeightType::BF16;
    const bool vector = view.shape.size() == 1;
    return {view.bytes, type, vector ? 1 : view.shape[0], view.shape.back()};
}

} // namespace halftone
