#include "exchange/atomicfile.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <unistd.h>

namespace halftone {

namespace {

namespace fs = std::filesystem;

Unexpected notWritten(const fs::path& path, int error)
{
    const bool full = error == ENOSPC || error == EDQUOT;
    const std::string reason = error != 0 ? std::strerror(error) : "the disk did not take it";
    return failure(full ? ErrorCode::DiskFull : ErrorCode::InvalidInput,
                   "The file '" + path.string() + "' could not be written: " + reason + ".");
}

Result<void> fill(const fs::path& file, const fs::path& named,
                  const std::function<void(std::ostream&)>& write)
{
    errno = 0;
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    if (stream)
        write(stream);
    stream.close();
    if (!stream)
        return notWritten(named, errno);
    return {};
}

} // namespace

Result<void> writeFile(const fs::path& path, const std::function<void(std::ostream&)>& write)
{
    std::error_code ec;
    const fs::file_status status = fs::status(path, ec);
    if (fs::is_directory(status))
        return failure(ErrorCode::InvalidInput,
                       "'" + path.string() + "' is a folder; name a file in it.");
    if (fs::exists(status) && !fs::is_regular_file(status))
        return fill(path, path, write);

    fs::path target = path;
    if (fs::is_symlink(fs::symlink_status(path, ec)))
        target = fs::weakly_canonical(path, ec);
    // Two writers of one file, threads or processes, must not meet in the temporary.
    static std::atomic<unsigned> counter{0};
    fs::path part = target;
    part += "." + std::to_string(getpid()) + "-" + std::to_string(++counter) + ".part";
    if (auto filled = fill(part, path, write); !filled) {
        fs::remove(part, ec);
        return filled;
    }
    fs::rename(part, target, ec);
    if (ec) {
        std::error_code ignored;
        fs::remove(part, ignored);
        return notWritten(path, ec.value());
    }
    return {};
}

} // namespace halftone
