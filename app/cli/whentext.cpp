#include "whentext.h"

#include <array>
#include <ctime>

namespace halftone::cli {

std::string whenText(std::int64_t unixMs)
{
    if (unixMs == 0)
        return "-";
    const std::time_t seconds = unixMs / 1000;
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr)
        return "-";
    std::array<char, 64> buffer{};
    const std::size_t length =
        std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S %z", &local);
    return {buffer.data(), length};
}

} // namespace halftone::cli
