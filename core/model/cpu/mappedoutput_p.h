// A new file of a size known beforehand, filled through a mapping, that gets its name once it is
// whole and on the disk: who finds the name finds all of the file, and a failure leaves what was
// there before.
//
// Until then it has no name where the file system can do that (O_TMPFILE), so that a killed program
// leaves nothing behind. Elsewhere (NFS, FUSE, some overlays) it is called `<name>.<random>.part`,
// which no reader looks for. Its writer holds a lock (flock) on it; such a file that nobody holds
// is what a killed program left, and the next output of that name removes it.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <filesystem>
#include <span>

namespace halftone {

class MappedOutput
{
public:
    /// Takes the room on disk. Fails with DiskFull, or with InvalidInput where the folder takes no
    /// such file.
    [[nodiscard]] static Result<MappedOutput> create(const std::filesystem::path&,
                                                     std::size_t bytes);
    /// The same where no file can be nameless.
    [[nodiscard]] static Result<MappedOutput> createNamed(const std::filesystem::path&,
                                                          std::size_t bytes);
    MappedOutput(MappedOutput&&) noexcept;
    MappedOutput& operator=(MappedOutput&&) = delete;
    /// Nothing is left of a file that was not finished.
    ~MappedOutput();

    /// Zeros as yet.
    [[nodiscard]] std::span<std::byte> bytes() const { return m_bytes; }
    /// Gives the file its name, in place of another file of that name. Fails with InvalidInput or
    /// DiskFull.
    [[nodiscard]] Result<void> finish();

private:
    /// `part` is empty while the file has no name.
    MappedOutput(std::filesystem::path path, std::filesystem::path part, int file);
    [[nodiscard]] Result<void> prepare(std::size_t bytes);

    std::filesystem::path m_path;
    std::filesystem::path m_part;
    int m_file;
    std::span<std::byte> m_bytes;
};

} // namespace halftone
