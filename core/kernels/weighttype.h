// The types that a matrix of weights can be computed from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace halftone::cpu {

enum class WeightType : std::uint8_t
{
    F32,
    F16,
    BF16,
    Q8_0, // blocks of 32: one f16 scale, 32 int8
    Q4_0, // blocks of 32: one f16 scale, 32 values of 4 bits
};

constexpr std::int64_t quantBlock = 32; // values of one row that share a scale

[[nodiscard]] constexpr bool isQuantised(WeightType type)
{
    return type == WeightType::Q8_0 || type == WeightType::Q4_0;
}

/// As llama.cpp says them, in the order of WeightType.
inline constexpr std::array<std::string_view, 5> weightTypeNames = {"f32", "f16", "bf16", "q8_0",
                                                                    "q4_0"};
[[nodiscard]] std::string_view weightTypeName(WeightType);
[[nodiscard]] std::optional<WeightType> weightTypeNamed(std::string_view name);

} // namespace halftone::cpu
