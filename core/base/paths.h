// Where things lie on this machine. Nothing here is made or checked; callers do that.
#pragma once

#include <filesystem>
#include <vector>

namespace halftone {

/// The folder of the running program, links resolved.
[[nodiscard]] std::filesystem::path programFolder();
/// `$XDG_DATA_HOME/halftone`, or `~/.local/share/halftone`.
[[nodiscard]] std::filesystem::path userDataFolder();
/// `$XDG_CACHE_HOME/halftone`, or `~/.cache/halftone`: what can be made again.
[[nodiscard]] std::filesystem::path userCacheFolder();
/// The model folders that come with the program, the default first; empty when they are missing.
/// Found at `../share/halftone/models` from the program, installed or in a build tree, or in the
/// folder that the variable HALFTONE_MODELS names by an absolute path.
[[nodiscard]] std::vector<std::filesystem::path> builtInModels();

} // namespace halftone
