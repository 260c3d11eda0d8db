#include "base/unixtime.h"

#include <chrono>

namespace halftone {

std::int64_t unixMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace halftone
