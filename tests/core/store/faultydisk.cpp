#include "faultydisk.h"

#include <atomic>
#include <cstring>
#include <limits>
#include <sqlite3.h>
#include <vector>

namespace halftone::test {

namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

std::atomic<std::int64_t> bytesLeft{unlimited};
std::atomic<int> faultCode{SQLITE_FULL};

sqlite3_vfs* usual = nullptr;
sqlite3_vfs faulty;

/// The usual VFS's file follows directly behind.
struct File
{
    sqlite3_file base;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* own(sqlite3_file* file)
{
    return reinterpret_cast<File*>(file);
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset)
{
    if (bytesLeft != unlimited && (bytesLeft -= size) < 0) {
        bytesLeft = 0;
        return faultCode;
    }
    return own(file)->real()->pMethods->xWrite(own(file)->real(), data, size, offset);
}

/// Calls the same method of the usual file.
template <auto Method>
struct Forward;
template <class... Args, int (*sqlite3_io_methods::*Method)(sqlite3_file*, Args...)>
struct Forward<Method>
{
    static int call(sqlite3_file* file, Args... args)
    {
        sqlite3_file* real = own(file)->real();
        return (real->pMethods->*Method)(real, args...);
    }
};

int unfetch(sqlite3_file* file, sqlite3_int64 offset, void* page)
{
    return own(file)->real()->pMethods->xUnfetch(own(file)->real(), offset, page);
}

void barrier(sqlite3_file* file)
{
    own(file)->real()->pMethods->xShmBarrier(own(file)->real());
}

const sqlite3_io_methods methods{3,
                                 Forward<&sqlite3_io_methods::xClose>::call,
                                 Forward<&sqlite3_io_methods::xRead>::call,
                                 write,
                                 Forward<&sqlite3_io_methods::xTruncate>::call,
                                 Forward<&sqlite3_io_methods::xSync>::call,
                                 Forward<&sqlite3_io_methods::xFileSize>::call,
                                 Forward<&sqlite3_io_methods::xLock>::call,
                                 Forward<&sqlite3_io_methods::xUnlock>::call,
                                 Forward<&sqlite3_io_methods::xCheckReservedLock>::call,
                                 Forward<&sqlite3_io_methods::xFileControl>::call,
                                 Forward<&sqlite3_io_methods::xSectorSize>::call,
                                 Forward<&sqlite3_io_methods::xDeviceCharacteristics>::call,
                                 Forward<&sqlite3_io_methods::xShmMap>::call,
                                 Forward<&sqlite3_io_methods::xShmLock>::call,
                                 barrier,
                                 Forward<&sqlite3_io_methods::xShmUnmap>::call,
                                 Forward<&sqlite3_io_methods::xFetch>::call,
                                 unfetch};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* outFlags)
{
    const int code = usual->xOpen(usual, name, own(file)->real(), flags, outFlags);
    // A file that was not opened must not be closed.
    file->pMethods = own(file)->real()->pMethods != nullptr ? &methods : nullptr;
    return code;
}

} // namespace

void FaultyDisk::install()
{
    usual = sqlite3_vfs_find(nullptr);
    faulty = *usual;
    faulty.zName = "faulty";
    faulty.szOsFile = static_cast<int>(sizeof(File)) + usual->szOsFile;
    faulty.xOpen = open;
    sqlite3_vfs_register(&faulty, 1);
}

void FaultyDisk::failAfter(std::int64_t bytes, Fault fault)
{
    faultCode = fault == Fault::Full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    bytesLeft = bytes;
}

void FaultyDisk::repair()
{
    bytesLeft = unlimited;
}

} // namespace halftone::test
