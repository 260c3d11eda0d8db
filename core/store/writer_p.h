// Who writes a run: a process of this boot of this machine. Process ids are given out again, so the
// start time belongs to the name.
#pragma once

#include <cstdint>
#include <string>

namespace halftone {

struct WriterIdentity
{
    std::int64_t pid = 0;
    std::int64_t startTicks = 0; // since boot, from /proc/PID/stat
    std::string boot;            // the kernel's boot id

    [[nodiscard]] static WriterIdentity ofThisProcess();
    /// Whether that very process still runs.
    [[nodiscard]] bool alive() const;
    bool operator==(const WriterIdentity&) const = default;
};

} // namespace halftone
