// How core reports failure: every fallible function returns Result<T> and is [[nodiscard]].
// Messages are whole sentences for a person: what was wrong, with which file or value, and where
// it helps what to do about it. Core never prints and never throws across its public headers.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace halftone {

enum class ErrorCode
{
    InvalidArgument, // the caller asked for something that cannot be (bad setting, bad range)
    InvalidInput,    // a file or text that cannot be read as what it should be
    NotFound,        // a file, run or session that is not there
    Unsupported,     // understood, but not a thing that Halftone does
    OutOfMemory,     // memory
    DiskFull,        // disk
    Cancelled,       // the user stopped it
    Busy,            // somebody else holds it
    Internal,        // a bug of ours, or a library's
};

struct Error
{
    ErrorCode code = ErrorCode::Internal;
    std::string message;
};

/// Only members that tl::expected and std::expected share are used, so that C++23 is one line away.
template <class T>
using Result = tl::expected<T, Error>;

using Unexpected = tl::unexpected<Error>;

[[nodiscard]] inline Unexpected failure(ErrorCode code, std::string message)
{
    return Unexpected(Error{code, std::move(message)});
}

} // namespace halftone
