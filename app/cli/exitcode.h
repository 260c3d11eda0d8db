// What the program tells the shell. Scripts rely on these numbers.
#pragma once

#include "base/result.h"

namespace halftone::cli {

enum class ExitCode
{
    Done = 0,
    CheckFailed = 1,     // a check did not hold: replay --verify found a difference
    Usage = 2,           // a wrong option or value
    InvalidInput = 3,    // a file, library or run that is not there or cannot be read
    NoMemoryOrDisk = 4,  // out of memory or disk, or standard output cannot be written
    InternalError = 70,  // a fault of the program itself (EX_SOFTWARE of sysexits.h)
    StoppedByUser = 130, // Ctrl-C
};

[[nodiscard]] ExitCode exitCodeOf(ErrorCode);

/// A mistake on the command line.
[[nodiscard]] inline Unexpected usageError(std::string message)
{
    return failure(ErrorCode::InvalidArgument, std::move(message));
}

} // namespace halftone::cli
