#include "base/paths.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace halftone {

namespace fs = std::filesystem;

namespace {

/// By the XDG Base Directory Specification, which has relative paths ignored.
fs::path userFolder(const char* variable, const char* inHome)
{
    if (const char* named = std::getenv(variable); named != nullptr && *named == '/')
        return fs::path(named) / "halftone";
    const char* home = std::getenv("HOME");
    return fs::path(home != nullptr ? home : "/") / inHome / "halftone";
}

} // namespace

fs::path programFolder()
{
    std::error_code ignored;
    return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

fs::path userDataFolder()
{
    return userFolder("XDG_DATA_HOME", ".local/share");
}

fs::path userCacheFolder()
{
    return userFolder("XDG_CACHE_HOME", ".cache");
}

std::vector<fs::path> builtInModels()
{
    const char* named = std::getenv("HALFTONE_MODELS");
    const fs::path place = named != nullptr && *named == '/'
                               ? fs::path(named)
                               : programFolder() / "../share/halftone/models";
    std::vector<fs::path> folders;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored))
        if (fs::exists(entry.path() / "config.json", ignored))
            folders.push_back(fs::weakly_canonical(entry.path(), ignored));
    // The default sorts before its variants: "reasoner", "reasoner-latent", "reasoner-soft".
    std::sort(folders.begin(), folders.end());
    return folders;
}

} // namespace halftone
