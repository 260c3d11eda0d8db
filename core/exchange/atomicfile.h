// Files that are there whole or not at all: written under a temporary name in the same folder and
// renamed when complete. A full disk or a killed program leaves what was there before.
#pragma once

#include "base/result.h"

#include <filesystem>
#include <functional>
#include <iosfwd>

namespace halftone {

/// Lets `write` fill the file that becomes `path`. A link is followed; what is no ordinary file (a
/// terminal, a pipe) is written directly. Fails with DiskFull or InvalidInput, naming the file.
[[nodiscard]] Result<void> writeFile(const std::filesystem::path& path,
                                     const std::function<void(std::ostream&)>& write);

} // namespace halftone
