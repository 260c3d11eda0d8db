// Fills memory with packed weights.
#pragma once

#include "base/result.h"
#include "kernels/threadpool.h"
#include "kernels/weighterror.h"
#include "model/loadprogress_p.h"
#include "model/cpu/packedweights_p.h"
#include "model/cpu/tensorsource_p.h"
#include "model/cpu/weightlayout_p.h"

#include <cstddef>
#include <span>
#include <vector>

namespace halftone {

/// `out` has layout.bytes bytes of zeros, aligned as packed matrices are. How far what was packed
/// is from what was stored goes to `errors`, unless that is null, a tensor each; it takes about as
/// long as the packing. Progress counts bytes as stored. Fails with Cancelled, and with
/// InvalidInput where a type cannot hold a value; the tensor is named.
[[nodiscard]] Result<void> packWeights(const WeightLayout&, TensorSource&, std::span<std::byte> out,
                                       cpu::ThreadPool&, LoadProgress&,
                                       std::vector<cpu::WeightError>* errors = nullptr);

/// The same into memory of the process. Fails with OutOfMemory, too.
[[nodiscard]] Result<PackedWeights> packInMemory(const WeightLayout&, TensorSource&,
                                                 cpu::ThreadPool&, LoadProgress&);

} // namespace halftone
