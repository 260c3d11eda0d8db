// Nothing throws across core's public headers: running out of memory becomes an Error here.
#pragma once

#include "base/result.h"

#include <new>
#include <string>

namespace halftone {

/// `work()`, whose result is a Result; `doing` completes "Out of memory while …".
template <class Work>
[[nodiscard]] auto guarded(std::string_view doing, Work&& work) -> decltype(work())
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory,
                       "Out of memory while " + std::string(doing) +
                           "; a shorter prompt, fewer steps or a smaller model needs less.");
    }
}

} // namespace halftone
