#include "exitcode.h"

namespace halftone::cli {

ExitCode exitCodeOf(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
        return ExitCode::Usage;
    case ErrorCode::InvalidInput:
    case ErrorCode::NotFound:
    case ErrorCode::Unsupported:
    case ErrorCode::Busy:
        return ExitCode::InvalidInput;
    case ErrorCode::OutOfMemory:
    case ErrorCode::DiskFull:
        return ExitCode::NoMemoryOrDisk;
    case ErrorCode::Cancelled:
        return ExitCode::StoppedByUser;
    case ErrorCode::Internal:
        break;
    }
    return ExitCode::InternalError;
}

} // namespace halftone::cli
