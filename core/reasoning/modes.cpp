#include "reasoning/modes.h"

#include "reasoning/modes_p.h"

#include <algorithm>
#include <array>

namespace halftone {

std::span<const Mode> modes()
{
    static const std::array all{discreteMode(), softMode()};
    return all;
}

const Mode* findMode(std::string_view name)
{
    const auto all = modes();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [name](const Mode& mode) { return mode.name == name; });
    return found != all.end() ? &*found : nullptr;
}

} // namespace halftone
