// What the stores beside SessionStore stand on: a connection of their own to the library.
#pragma once

#include "base/result.h"
#include "store/library_p.h"
#include "store/sessionstore.h"

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

namespace halftone {

struct StoreConnection
{
    std::filesystem::path path;
    Library library;

    [[nodiscard]] static Result<StoreConnection> open(const std::filesystem::path& path,
                                                      SessionStore::Access access)
    {
        const bool writing = access == SessionStore::Access::ReadWrite;
        auto library = openLibrary(path, writing, currentSchema());
        if (!library)
            return Unexpected(library.error());
        if (writing && library->readOnly)
            return failure(ErrorCode::Unsupported, library->notice);
        return StoreConnection{path, std::move(*library)};
    }

    [[nodiscard]] Database& database() { return library.database; }

    /// No exception leaves core.
    template <class Work>
    [[nodiscard]] auto guarded(Work work) -> decltype(work())
    {
        try {
            return work();
        } catch (const std::exception&) { // bad_alloc and length_error: it is too big
            return failure(ErrorCode::OutOfMemory,
                           "There is not enough memory for what was asked of the library '" +
                               path.string() + "'.");
        }
    }

    /// Does `work` in a transaction of its own.
    template <class Work>
    [[nodiscard]] Result<void> transact(Work work)
    {
        return guarded([&]() -> Result<void> {
            auto writing = Transaction::begin(database(), Transaction::Kind::Write);
            if (!writing)
                return Unexpected(writing.error());
            if (Result<void> done = work(); !done)
                return done;
            return writing->commit();
        });
    }

    /// Prepares `sql`, lets `bind` fill it in and runs it.
    template <class Bind>
    [[nodiscard]] Result<void> execute(std::string_view sql, Bind bind)
    {
        auto statement = Statement::prepare(database(), sql);
        if (!statement)
            return Unexpected(statement.error());
        bind(*statement);
        return statement->execute();
    }
};

} // namespace halftone
