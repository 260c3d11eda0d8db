// NumPy's .npy format, version 1.0: little-endian float32, C order.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace halftone {

/// Writes to a temporary beside `path` and renames it: a full disk leaves no half file behind.
[[nodiscard]] Result<void> writeNpy(const std::filesystem::path& path,
                                    std::span<const float> values,
                                    std::span<const std::int64_t> shape);

} // namespace halftone
