// Packed matrices, wherever they lie.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace halftone {

struct PackedWeights
{
    std::vector<std::span<const std::byte>> tensors; // in the order of the layout's
    std::shared_ptr<const void> owner;               // keeps them where they are
};

} // namespace halftone
