// The library's file: made when absent, recognised, brought to the present schema on opening.
#pragma once

#include "base/result.h"
#include "store/schema_p.h"
#include "store/sqlite_p.h"

#include <filesystem>
#include <string>

namespace halftone {

struct Library
{
    Database database;
    bool readOnly = false;
    int schemaVersion = 0; // greater than ours: written by a newer version
    std::string notice;    // when opening was not as usual
};

/// Opens the library for writing, or for reading alone when that is all that `writable` asks for or
/// all that the file allows. A file that is no library is never changed. An older schema is
/// migrated in one transaction, after a copy was put beside the file (`….schema-1.backup`).
[[nodiscard]] Result<Library> openLibrary(const std::filesystem::path&, bool writable,
                                          const Schema&);

} // namespace halftone
