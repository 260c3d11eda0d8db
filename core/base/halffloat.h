// The two 16-bit floating-point types that weights are stored in, as bit patterns: f16 (IEEE 754
// binary16) and bf16 (the upper half of a float32). Widening is exact; narrowing rounds to the
// nearest, ties to even.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace halftone {

[[nodiscard]] inline float fromHalf(std::uint16_t bits)
{
    const std::uint32_t sign = static_cast<std::uint32_t>(bits >> 15U) << 31U;
    const std::uint32_t exponent = (bits >> 10U) & 31U;
    const std::uint32_t fraction = bits & 1023U;
    if (exponent == 31U)
        return std::bit_cast<float>(sign | 0x7f800000U | fraction << 13U);
    if (exponent == 0U) {
        const float value = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0U ? -value : value;
    }
    return std::bit_cast<float>(sign | (exponent + 112U) << 23U | fraction << 13U);
}

/// What is beyond f16's 65504 becomes an infinity.
[[nodiscard]] inline std::uint16_t toHalf(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = bits >> 16U & 0x8000U;
    std::uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) // NaN
        return static_cast<std::uint16_t>(sign | 0x7e00U | (magnitude >> 13U & 0x3ffU));
    if (magnitude >= 0x47800000U) // 2^16
        return static_cast<std::uint16_t>(sign | 0x7c00U);
    if (magnitude < 0x38800000U) { // 2^-14: the last bit of 1/2 + x is f16's smallest step
        const auto sum = std::bit_cast<std::uint32_t>(0.5F + std::bit_cast<float>(magnitude));
        return static_cast<std::uint16_t>(sign | (sum - std::bit_cast<std::uint32_t>(0.5F)));
    }
    magnitude += 0xfffU + (magnitude >> 13U & 1U);
    return static_cast<std::uint16_t>(sign | (magnitude - 0x38000000U) >> 13U);
}

[[nodiscard]] inline float fromBfloat16(std::uint16_t bits)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

[[nodiscard]] inline std::uint16_t toBfloat16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) // NaN, which rounding could make an infinity
        return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16U & 1U)) >> 16U);
}

} // namespace halftone
