// Nothing throws across core's public headers: running out of memory becomes an Error here.
#pragma once

#include "base/result.h"

#include <new>
#include <string>
#include <string_view>

namespace halftone {

/// `doing` completes "There is not enough memory for …".
[[nodiscard]] inline Unexpected outOfMemory(std::string_view doing)
{
    return failure(ErrorCode::OutOfMemory,
                   "There is not enough memory for " + std::string(doing) +
                       "; a shorter prompt, fewer steps or a smaller model needs less.");
}

/// `work()`, whose result is a Result.
template <class Work>
[[nodiscard]] auto guarded(std::string_view doing, Work&& work) -> decltype(work())
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return outOfMemory(doing);
    }
}

} // namespace halftone
