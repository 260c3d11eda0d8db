// Which matrices of a model are packed, in which type, and where each lies among the others.
#pragma once

#include "base/result.h"
#include "kernels/weighttype.h"
#include "model/cpu/tensorsource_p.h"
#include "model/modelconfig.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

struct PackedTensor
{
    ExpectedTensor tensor; // [rows, columns]
    cpu::WeightType stored;
    cpu::WeightType type;
    std::size_t offset = 0;
    std::size_t bytes = 0; // a multiple of packedAlignment

    [[nodiscard]] std::int64_t rows() const { return tensor.shape[0]; }
    [[nodiscard]] std::int64_t columns() const { return tensor.shape[1]; }
};

struct WeightLayout
{
    std::vector<PackedTensor> tensors;
    std::size_t bytes = 0;
    cpu::WeightType type = cpu::WeightType::F32; // of most bytes, the head's left out

    /// Whether any is packed in another type than it is stored in.
    [[nodiscard]] bool changesAnything() const;
    /// Of the matrices where they are stored.
    [[nodiscard]] std::uint64_t storedBytes() const;
};

/// The type that ModelOptions::type names; none for the empty name. Fails with InvalidArgument.
[[nodiscard]] Result<std::optional<cpu::WeightType>> weightTypeOption(const std::string& name);

/// `asked`: the type of all matrices, or none for that in which each is stored. What most of them
/// are stored in already counts as none: the few others then stay as they are. Matrices whose
/// columns are no whole number of blocks keep their type where a quantised one is asked for; the
/// head has q8_0 where q4_0 is asked for, as llama.cpp's quantiser does, since its errors are the
/// logits' own. InvalidArgument where a matrix cannot be packed.
[[nodiscard]] Result<WeightLayout> weightLayout(const ModelConfig&, const TensorSource&,
                                                std::optional<cpu::WeightType> asked);

} // namespace halftone
