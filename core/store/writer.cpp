#include "store/writer_p.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace halftone {

namespace {

std::string bootId()
{
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

/// Absent when there is no such process or when it has ended and only waits to be collected.
std::optional<std::int64_t> startOf(std::int64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line, '\0');
    // "pid (name) state …": the name may hold anything, so count from its last parenthesis.
    const auto nameEnd = line.rfind(')');
    if (nameEnd == std::string::npos)
        return {};
    std::istringstream fields(line.substr(nameEnd + 1));
    std::string state;
    fields >> state;
    if (state == "Z" || state == "X")
        return {};
    constexpr int fieldsBetween = 18; // state is the third field, the start time the 22nd
    std::string skipped;
    for (int i = 0; i < fieldsBetween; ++i)
        fields >> skipped;
    std::int64_t ticks = 0;
    if (!(fields >> ticks))
        return {};
    return ticks;
}

} // namespace

WriterIdentity WriterIdentity::ofThisProcess()
{
    const std::int64_t pid = getpid();
    return {pid, startOf(pid).value_or(0), bootId()};
}

bool WriterIdentity::alive() const
{
    return boot == bootId() && startOf(pid) == startTicks;
}

} // namespace halftone
