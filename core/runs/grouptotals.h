// What the runs of a group (rungroup.h) did together, as a value.
#pragma once

#include <cstdint>

namespace halftone {

struct GroupTotals
{
    int runs = 0;
    int goingOn = 0;
    int finished = 0;
    int stopped = 0;
    int failed = 0;
    std::int64_t steps = 0;
    std::int64_t computedNs = 0; // reading the prompt and within steps; no pauses
    std::int64_t decodeNs = 0;   // within steps

    [[nodiscard]] double stepsPerSecond() const
    {
        return decodeNs > 0 ? 1e9 * static_cast<double>(steps) / static_cast<double>(decodeNs) : 0;
    }
};

} // namespace halftone
