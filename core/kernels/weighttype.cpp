#include "kernels/weighttype.h"

namespace halftone::cpu {

std::string_view weightTypeName(WeightType type)
{
    return weightTypeNames.at(static_cast<std::size_t>(type));
}

std::optional<WeightType> weightTypeNamed(std::string_view name)
{
    for (std::size_t i = 0; i < weightTypeNames.size(); ++i)
        if (weightTypeNames.at(i) == name)
            return static_cast<WeightType>(i);
    return std::nullopt;
}

} // namespace halftone::cpu
