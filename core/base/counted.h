// A number and what it counts, as a person writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace halftone {

/// "1 step", "0 steps", "12 steps": things whose plural ends in s.
[[nodiscard]] inline std::string counted(std::int64_t count, std::string_view thing)
{
    return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

} // namespace halftone
