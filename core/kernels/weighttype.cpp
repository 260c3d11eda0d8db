#include "kernels/weighttype.h"

#include <array>

namespace halftone::cpu {

namespace {

constexpr std::array<std::string_view, 5> names = {"f32", "f16", "bf16", "q8_0", "q4_0"};

} // namespace

std::string_view weightTypeName(WeightType type)
{
    return names.at(static_cast<std::size_t>(type));
}

std::optional<WeightType> weightTypeNamed(std::string_view name)
{
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names.at(i) == name)
            return static_cast<WeightType>(i);
    return std::nullopt;
}

} // namespace halftone::cpu
