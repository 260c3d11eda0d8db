#include "model/cpu/mappedoutput_p.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string>
#include <sys/file.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace halftone {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view partEnding = ".part";

Unexpected notWritten(const fs::path& path, int error)
{
    const bool full = error == ENOSPC || error == EDQUOT;
    return failure(full ? ErrorCode::DiskFull : ErrorCode::InvalidInput,
                   path.string() + " cannot be written: " + std::strerror(error) + ".");
}

/// Whether the lock was to be had; it goes with the file's last descriptor.
bool lock(int file)
{
    return ::flock(file, LOCK_EX | LOCK_NB) == 0;
}

fs::path partOf(const fs::path& path)
{
    fs::path part = path;
    part += "." + std::to_string(std::random_device{}()).append(partEnding);
    return part;
}

void removeLeftovers(const fs::path& path)
{
    const std::string start = path.filename().string() + ".";
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(path.parent_path(), error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(start) || !name.ends_with(partEnding))
            continue;
        const int file = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (file < 0)
            continue;
        if (lock(file))
            (void)::unlink(entry.path().c_str());
        ::close(file);
    }
}

} // namespace

Result<MappedOutput> MappedOutput::create(const fs::path& path, std::size_t bytes)
{
    const int file = ::open(path.parent_path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    // Kernels and file systems refuse with several errors; where the folder takes no file at all,
    // the other way says why.
    if (file < 0)
        return createNamed(path, bytes);
    MappedOutput output(path, {}, file);
    if (auto ready = output.prepare(bytes); !ready)
        return Unexpected(ready.error());
    return output;
}

Result<MappedOutput> MappedOutput::createNamed(const fs::path& path, std::size_t bytes)
{
    fs::path part = partOf(path);
    const int file = ::open(part.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
    if (file < 0)
        return notWritten(path, errno);
    MappedOutput output(path, std::move(part), file);
    if (auto ready = output.prepare(bytes); !ready)
        return Unexpected(ready.error());
    return output;
}

MappedOutput::MappedOutput(fs::path path, fs::path part, int file)
    : m_path(std::move(path))
    , m_part(std::move(part))
    , m_file(file)
{
}

MappedOutput::MappedOutput(MappedOutput&& other) noexcept
    : m_path(std::move(other.m_path))
    , m_part(std::exchange(other.m_part, {}))
    , m_file(std::exchange(other.m_file, -1))
    , m_bytes(std::exchange(other.m_bytes, {}))
{
}

MappedOutput::~MappedOutput()
{
    if (!m_bytes.empty())
        ::munmap(m_bytes.data(), m_bytes.size());
    if (!m_part.empty())
        (void)::unlink(m_part.c_str());
    if (m_file >= 0)
        ::close(m_file);
}

Result<void> MappedOutput::prepare(std::size_t bytes)
{
    (void)lock(m_file); // refused where there are no locks: then leftovers stay
    removeLeftovers(m_path);
    // Taken at once: a write to a mapping for which the disk has no room would kill the program.
    if (const int full = ::posix_fallocate(m_file, 0, static_cast<off_t>(bytes)); full != 0)
        return notWritten(m_path, full);
    void* const mapping = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_file, 0);
    if (mapping == MAP_FAILED)
        return notWritten(m_path, errno);
    // Who maps the file next finds the pages that are made here. Advice, for file systems that can.
    (void)::madvise(mapping, bytes, MADV_HUGEPAGE);
    m_bytes = {static_cast<std::byte*>(mapping), bytes};
    return {};
}

Result<void> MappedOutput::finish()
{
    // Without, a power cut could leave a file of the right size with zeros in it.
    if (::fsync(m_file) != 0)
        return notWritten(m_path, errno);
    if (m_part.empty()) {
        // A nameless file can be given a name, but not one that is taken.
        const std::string own = "/proc/self/fd/" + std::to_string(m_file);
        fs::path part = partOf(m_path);
        if (::linkat(AT_FDCWD, own.c_str(), AT_FDCWD, part.c_str(), AT_SYMLINK_FOLLOW) != 0)
            return notWritten(m_path, errno);
        m_part = std::move(part);
    }
    if (::rename(m_part.c_str(), m_path.c_str()) != 0)
        return notWritten(m_path, errno);
    m_part.clear();
    return {};
}

} // namespace halftone
