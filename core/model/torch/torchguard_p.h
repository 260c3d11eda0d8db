// The edge between libtorch, which throws, and core, which does not: calls that touch tensors run
// inside torchGuard, which also turns off what only training needs, for the calling thread; those
// that train run inside torchTrainingGuard.
#pragma once

#include "base/guard_p.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halftone {

/// libtorch's own words for memory that could not be had, on CPU and CUDA.
[[nodiscard]] inline bool saysOutOfMemory(std::string_view what)
{
    for (const std::string_view words : {"can't allocate memory", "not enough memory",
                                         "out of memory", "CUDA_ERROR_OUT_OF_MEMORY"})
        if (what.find(words) != std::string_view::npos)
            return true;
    return false;
}

[[nodiscard]] inline Unexpected torchFailure(std::string_view doing, std::string_view what)
{
    if (saysOutOfMemory(what))
        return outOfMemory(doing);
    // The first line tells what; the rest is libtorch's call stack.
    return failure(ErrorCode::Internal, "libtorch failed in " + std::string(doing) + ": " +
                                            std::string(what.substr(0, what.find('\n'))));
}

/// Runs `f`, which returns a Result, and turns what it throws into an Error. `doing` names the work
/// in messages: "loading the model".
template <class F>
[[nodiscard]] auto torchTrainingGuard(std::string_view doing, F&& f) -> std::invoke_result_t<F>
{
    try {
        return std::forward<F>(f)();
    } catch (const std::bad_alloc&) {
        return outOfMemory(doing);
    } catch (const c10::Error& error) {
        return torchFailure(doing, error.what_without_backtrace());
    } catch (const std::exception& error) {
        return torchFailure(doing, error.what());
    }
}

template <class F>
[[nodiscard]] auto torchGuard(std::string_view doing, F&& f) -> std::invoke_result_t<F>
{
    return torchTrainingGuard(doing, [&] {
        const c10::InferenceMode noTraining;
        return std::forward<F>(f)();
    });
}

} // namespace halftone
