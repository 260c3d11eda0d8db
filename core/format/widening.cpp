#include "format/widening_p.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace halftone {

namespace {

float fromHalf(std::uint16_t bits)
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

} // namespace

bool isWidened(const TensorView& tensor)
{
    return tensor.type == "F32" || tensor.type == "F16" || tensor.type == "BF16";
}

void widen(const TensorView& tensor, std::size_t first, std::span<float> out)
{
    if (tensor.type == "F32") {
        std::memcpy(out.data(), tensor.bytes.data() + first * sizeof(float), out.size_bytes());
        return;
    }
    const bool isHalf = tensor.type == "F16";
    const std::byte* bytes = tensor.bytes.data() + first * sizeof(std::uint16_t);
    for (float& value : out) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, bytes, sizeof bits);
        value =
            isHalf ? fromHalf(bits) : std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
        bytes += sizeof bits;
    }
}

} // namespace halftone
