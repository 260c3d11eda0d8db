#include "model/threadcount_p.h"

#include <algorithm>
#include <thread>

namespace halftone {

namespace {

constexpr int maxThreads = 256;

} // namespace

Result<int> threadCount(int asked)
{
    if (asked < 0 || asked > maxThreads)
        return failure(ErrorCode::InvalidArgument,
                       "The number of threads should be 0 (all cores but one) or 1 to " +
                           std::to_string(maxThreads) + ", and is " + std::to_string(asked) + ".");
    if (asked > 0)
        return asked;
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) - 1, 1, maxThreads);
}

} // namespace halftone
