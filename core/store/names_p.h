// Enumerators by the names that trace/ gives them.
#pragma once

#include "trace/runinfo.h"
#include "trace/steprecord.h"

#include <cstdint>
#include <string_view>

namespace halftone {

/// Finds the enumerator whose name() is `text`; false when there is none.
template <class Enum>
[[nodiscard]] bool readName(std::string_view text, Enum& value)
{
    for (std::uint8_t i = 0; !name(static_cast<Enum>(i)).empty(); ++i)
        if (name(static_cast<Enum>(i)) == text) {
            value = static_cast<Enum>(i);
            return true;
        }
    return false;
}

} // namespace halftone
