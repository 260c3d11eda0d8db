// Tensors' values as float32, whatever floating-point type they are stored in. Shared by the
// readers of core/format and core/reasoning.
#pragma once

#include "format/safetensors.h"

#include <cstddef>
#include <span>

namespace halftone {

/// F32, F16 or BF16.
[[nodiscard]] bool isWidened(const TensorView&);
/// Values from element `first` on, as many as `out` has room for, of a tensor that isWidened(). The
/// file's bytes may lie unaligned.
void widen(const TensorView&, std::size_t first, std::span<float> out);

} // namespace halftone
