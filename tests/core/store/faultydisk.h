// A disk that fails on demand: an SQLite VFS over the usual one that counts what is written and,
// when told to, takes no more. For the whole process; libraries opened after install() use it.
#pragma once

#include <cstdint>

namespace halftone::test {

class FaultyDisk
{
public:
    enum class Fault
    {
        Full,  // as ENOSPC
        Error, // as EIO
    };
    /// Once, before any library is opened.
    static void install();
    /// From now on: so many more bytes can be written to main files and logs, then `fault`.
    static void failAfter(std::int64_t bytes, Fault fault = Fault::Full);
    static void repair();
};

} // namespace halftone::test
