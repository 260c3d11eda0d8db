#include "format/widening_p.h"

#include "base/halffloat.h"

#include <cstdint>
#include <cstring>

namespace halftone {

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
        value = isHalf ? fromHalf(bits) : fromBfloat16(bits);
        bytes += sizeof bits;
    }
}

} // namespace halftone
