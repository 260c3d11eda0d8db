#include "store/library_p.h"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace halftone {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic{"SQLite format 3", 16}; // with its closing NUL

std::string quoted(const fs::path& file)
{
    return "'" + file.string() + "'";
}

std::string hex(std::int64_t applicationId)
{
    std::array<char, 16> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "0x%08x",
                      static_cast<unsigned>(static_cast<std::uint32_t>(applicationId)));
    return {text.data(), static_cast<std::size_t>(size)};
}

fs::path beside(const fs::path& file, std::string_view suffix)
{
    fs::path other = file;
    other += suffix;
    return other;
}

enum class FileState
{
    Absent,
    Empty,
    Filled,
};

/// Without opening it: a process that closes a file gives up all its locks on it, also those that
/// SQLite holds for other connections, and a program that sees no locks takes the write-ahead log
/// for a leftover.
Result<FileState> inspect(const fs::path& path)
{
    std::error_code ec;
    const fs::file_status status = fs::status(path, ec);
    if (status.type() == fs::file_type::not_found)
        return FileState::Absent;
    const auto unknown = [&path](const std::error_code& error) {
        return failure(ErrorCode::InvalidInput, "The library " + quoted(path) +
                                                    " could not be opened: " + error.message() +
                                                    ".");
    };
    if (ec)
        return unknown(ec);
    if (fs::is_directory(status))
        return failure(ErrorCode::InvalidInput, quoted(path) +
                                                    " is a folder, but the library is a file. "
                                                    "Choose a file in it.");
    if (!fs::is_regular_file(status))
        return failure(ErrorCode::InvalidInput,
                       quoted(path) + " is not an ordinary file, so it cannot hold a library.");
    const auto bytes = fs::file_size(path, ec);
    if (ec)
        return unknown(ec);
    if (bytes > 0)
        return FileState::Filled;
    // SQLite would take the log of an empty file for a leftover and delete it.
    const fs::path log = beside(path, "-wal");
    if (const auto size = fs::file_size(log, ec); !ec && size > 0)
        return failure(ErrorCode::InvalidInput, "The library " + quoted(path) +
                                                    " is empty, but its write-ahead log " +
                                                    quoted(log) +
                                                    " is not: something has emptied the file. Both "
                                                    "were left as they are; put back a copy of the "
                                                    "library, or move them away.");
    return FileState::Empty;
}

struct Header
{
    std::int64_t applicationId = 0;
    std::int64_t version = 0;
    std::int64_t tables = 0;
};

Result<Header> readHeader(Database& database)
{
    auto reading = Transaction::begin(database, Transaction::Kind::Read);
    if (!reading)
        return Unexpected(reading.error());
    const auto tables = database.number("SELECT count(*) FROM sqlite_schema");
    if (!tables)
        return Unexpected(tables.error());
    const auto applicationId = database.number("PRAGMA application_id");
    if (!applicationId)
        return Unexpected(applicationId.error());
    const auto version = database.number("PRAGMA user_version");
    if (!version)
        return Unexpected(version.error());
    return Header{*applicationId, *version, *tables};
}

/// An empty file with its folders. SQLite would make the file too, but not say what is in the way.
Result<void> makeFile(const fs::path& path)
{
    const auto failed = [](const std::string& what, int error) {
        const bool full = error == ENOSPC || error == EDQUOT;
        return failure(full ? ErrorCode::DiskFull : ErrorCode::InvalidInput,
                       what + " could not be made: " + std::strerror(error) + ".");
    };
    if (path.has_parent_path()) {
        std::error_code ec;
        fs::create_directories(path.parent_path(), ec);
        if (ec)
            return failed("The folder " + quoted(path.parent_path()) + " for the library",
                          ec.value());
    }
    constexpr int readWriteForAll = 0666; // less the user's umask
    // Were it there by now, closing it would give up the locks of this process; see inspect().
    const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, readWriteForAll);
    if (file < 0 && errno == EEXIST)
        return {};
    if (file < 0)
        return failed("The library " + quoted(path), errno);
    ::close(file);
    return {};
}

/// WAL needs the file for itself for a moment, and SQLite does not wait for that by itself.
Result<void> turnOnWal(Database& database)
{
    constexpr int attempts = 250;
    constexpr int pauseMs = 20;
    for (int attempt = 1;; ++attempt) {
        auto done = database.run("PRAGMA journal_mode = WAL");
        if (done || attempt == attempts || database.lastCode() != SQLITE_BUSY)
            return done;
        sqlite3_sleep(pauseMs);
    }
}

Result<void> configure(Database& database)
{
    return database.run("PRAGMA foreign_keys = ON;"
                        "PRAGMA synchronous = NORMAL;"
                        "PRAGMA cell_size_check = ON;"
                        "PRAGMA temp_store = MEMORY;"
                        "PRAGMA journal_size_limit = 67108864;");
}

Result<void> create(Database& database, const Schema& schema)
{
    // Must come before the first page is written; lets the bin give its space back to the disk.
    if (auto done = database.run("PRAGMA auto_vacuum = INCREMENTAL"); !done)
        return done;
    if (auto done = turnOnWal(database); !done)
        return done;
    auto writing = Transaction::begin(database, Transaction::Kind::Write);
    if (!writing)
        return Unexpected(writing.error());
    const auto version = database.number("PRAGMA user_version");
    if (!version)
        return Unexpected(version.error());
    if (*version != 0) // another process was quicker
        return {};
    if (auto done = database.run(std::string(schema.sql) +
                                 "PRAGMA application_id = " + std::to_string(libraryApplicationId) +
                                 "; PRAGMA user_version = " + std::to_string(schema.version));
        !done)
        return done;
    return writing->commit();
}

/// A copy of the file as it is, under a name that was free.
Result<fs::path> backUp(const fs::path& path, std::int64_t version)
{
    std::error_code ec;
    const std::string base = ".schema-" + std::to_string(version);
    fs::path backup = beside(path, base + ".backup");
    for (int i = 2; fs::exists(backup, ec); ++i)
        backup = beside(path, base + "-" + std::to_string(i) + ".backup");
    const fs::path part = beside(path, base + ".part");
    fs::remove(part, ec); // of a migration that was killed

    std::string literal;
    for (const char c : fs::absolute(part, ec).string())
        literal += c == '\'' ? "''" : std::string(1, c);
    auto source = Database::open(path, Database::Mode::ReadOnly);
    if (!source)
        return Unexpected(source.error());
    if (const auto done = source->run("VACUUM INTO '" + literal + "'"); !done) {
        fs::remove(part, ec);
        return Unexpected(done.error());
    }
    fs::rename(part, backup, ec);
    if (ec)
        return failure(ErrorCode::InvalidInput, "The copy of the library could not be named " +
                                                    quoted(backup) + ": " + ec.message() + ".");
    return backup;
}

/// Returns the backup; absent when another process has migrated meanwhile.
Result<std::optional<fs::path>> migrate(Database& database, const Schema& schema)
{
    // Rules between tables are checked once at the end, so that tables can be rebuilt.
    if (const auto done = database.run("PRAGMA foreign_keys = OFF"); !done)
        return Unexpected(done.error());
    auto writing = Transaction::begin(database, Transaction::Kind::Write);
    if (!writing)
        return Unexpected(writing.error());
    const auto version = database.number("PRAGMA user_version");
    if (!version)
        return Unexpected(version.error());
    if (*version >= schema.version)
        return std::nullopt;
    if (schema.migrations.empty() || schema.migrations.front().from > *version)
        return failure(ErrorCode::Unsupported,
                       "The library " + quoted(database.path()) + " has schema " +
                           std::to_string(*version) +
                           ", which is too old for this version of Halftone.");
    // The write lock is held, so nothing can come between this copy and the migration.
    auto backup = backUp(database.path(), *version);
    if (!backup)
        return failure(backup.error().code,
                       "The library " + quoted(database.path()) +
                           " has an older schema and no copy of it could be made before bringing "
                           "it up to date; nothing was changed. " +
                           backup.error().message);
    const auto failed = [&](const Error& error) {
        return failure(error.code, "The library " + quoted(database.path()) +
                                       " could not be brought from schema " +
                                       std::to_string(*version) + " to " +
                                       std::to_string(schema.version) +
                                       "; it was left as it was, with a copy in " +
                                       quoted(*backup) + ". " + error.message);
    };
    for (const Migration& migration : schema.migrations)
        if (migration.from >= *version)
            if (const auto done = database.run(std::string(migration.sql)); !done)
                return failed(done.error());
    const auto broken = database.number("SELECT count(*) FROM pragma_foreign_key_check");
    if (!broken)
        return failed(broken.error());
    if (*broken != 0)
        return failed(damagedLibrary("rows refer to rows that do not exist", database.path()));
    if (const auto done = database.run("PRAGMA user_version = " + std::to_string(schema.version));
        !done)
        return failed(done.error());
    if (const auto done = writing->commit(); !done)
        return failed(done.error());
    return *backup;
}

bool mayHelpToAskForLess(int code)
{
    return code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_PERM;
}

struct OpenedFile
{
    Database database;
    Database::Mode mode;
    Header header;
};

/// Opens with the most that the file allows, from `mode` downwards.
Result<OpenedFile> openFile(const fs::path& path, FileState state, Database::Mode mode)
{
    for (;;) {
        auto database = Database::open(path, mode);
        if (!database)
            return Unexpected(database.error());
        // Before SQLite looks at the file, which would make a database of some that are none.
        if (state == FileState::Filled && !database->startsWith(magic))
            return Unexpected(sqliteError(SQLITE_NOTADB, 0, {}, path));
        // Touches the file for the first time, so this is where a missing permission shows.
        if (const auto touched = database->number("PRAGMA schema_version"); !touched) {
            if (!mayHelpToAskForLess(database->lastCode()) || mode == Database::Mode::Immutable)
                return Unexpected(touched.error());
            mode = mode == Database::Mode::ReadWrite ? Database::Mode::ReadOnly
                                                     : Database::Mode::Immutable;
            continue;
        }
        const auto header = readHeader(*database);
        if (!header)
            return Unexpected(header.error());
        if (mode == Database::Mode::ReadWrite && database->readOnly())
            mode = Database::Mode::ReadOnly;
        return OpenedFile{std::move(*database), mode, *header};
    }
}

std::string readOnlyNotice(const fs::path& path, Database::Mode mode)
{
    std::string notice = "The library " + quoted(path) +
                         " is open for reading only, because the file or its folder may not be "
                         "written. New runs cannot be stored in it.";
    std::error_code ec;
    const fs::path log = beside(path, "-wal");
    if (const auto size = fs::file_size(log, ec);
        mode == Database::Mode::Immutable && !ec && size > 0)
        notice += " What its write-ahead log " + quoted(log) + " holds is not shown.";
    return notice;
}

enum class Content
{
    Blank, // a database with nothing in it
    Foreign,
    OlderSchema,
    OurSchema,
    NewerSchema,
};

Content contentOf(const Header& header, const Schema& schema)
{
    const bool marked = header.applicationId == libraryApplicationId;
    if (header.version == 0 && header.tables == 0 && (marked || header.applicationId == 0))
        return Content::Blank;
    if (!marked || header.version <= 0)
        return Content::Foreign;
    if (header.version == schema.version)
        return Content::OurSchema;
    return header.version < schema.version ? Content::OlderSchema : Content::NewerSchema;
}

Unexpected foreign(const fs::path& path, const Header& header)
{
    return failure(ErrorCode::InvalidInput,
                   quoted(path) +
                       " is an SQLite database, but not a library of Halftone (its "
                       "application id is " +
                       hex(header.applicationId) + " instead of " + hex(libraryApplicationId) +
                       "). It was left as it is; choose another file for the library.");
}

Unexpected empty(const fs::path& path)
{
    return failure(ErrorCode::InvalidInput,
                   "The library " + quoted(path) + " is empty: no run was ever stored in it.");
}

/// What reading alone can do with the content.
Result<Library> asReadOnly(OpenedFile file, Content content, const Schema& schema)
{
    const fs::path& path = file.database.path();
    if (content == Content::Blank)
        return empty(path);
    if (content == Content::OlderSchema)
        return failure(ErrorCode::Unsupported,
                       "The library " + quoted(path) + " has schema " +
                           std::to_string(file.header.version) +
                           ", this version of Halftone reads " + std::to_string(schema.version) +
                           ". Open it (or a copy) once for writing, which brings it up to date.");
    return Library{std::move(file.database), true, static_cast<int>(file.header.version), {}};
}

/// Makes the content the present schema's and the file ready to be written.
Result<Library> asWritable(OpenedFile file, Content content, const Schema& schema)
{
    Library library{std::move(file.database), false, schema.version, {}};
    Database& database = library.database;
    if (content == Content::Blank) {
        if (const auto made = create(database, schema); !made)
            return Unexpected(made.error());
        return library;
    }
    if (const auto done = turnOnWal(database); !done)
        return Unexpected(done.error());
    if (content == Content::OlderSchema) {
        const auto backup = migrate(database, schema);
        if (!backup)
            return Unexpected(backup.error());
        if (*backup)
            library.notice = "The library " + quoted(database.path()) +
                             " was brought from schema " + std::to_string(file.header.version) +
                             " to " + std::to_string(schema.version) +
                             "; a copy from before is in " + quoted(**backup) + ".";
    }
    return library;
}

Result<Library> openDatabase(const fs::path& path, FileState state, bool writable,
                             const Schema& schema)
{
    using Mode = Database::Mode;
    auto file = openFile(path, state, writable ? Mode::ReadWrite : Mode::ReadOnly);
    if (!file)
        return Unexpected(file.error());
    const Content content = contentOf(file->header, schema);
    if (content == Content::Foreign)
        return foreign(path, file->header);
    if (content == Content::NewerSchema && file->mode == Mode::ReadWrite) {
        file = openFile(path, state, Mode::ReadOnly);
        if (!file)
            return Unexpected(file.error());
    }
    const Mode mode = file->mode;
    const std::int64_t version = file->header.version;
    auto library = mode == Mode::ReadWrite ? asWritable(std::move(*file), content, schema)
                                           : asReadOnly(std::move(*file), content, schema);
    if (!library)
        return library;
    if (content == Content::NewerSchema)
        library->notice =
            "The library " + quoted(path) + " was written by a newer version of Halftone (schema " +
            std::to_string(version) + ", this one writes " + std::to_string(schema.version) +
            "), so it is open for reading only. New runs cannot be stored in it.";
    else if (writable && library->readOnly)
        library->notice = readOnlyNotice(path, mode);
    if (const auto done = configure(library->database); !done)
        return Unexpected(done.error());
    return library;
}

} // namespace

Result<Library> openLibrary(const fs::path& path, bool writable, const Schema& schema)
{
    const auto state = inspect(path);
    if (!state)
        return Unexpected(state.error());
    if (*state == FileState::Absent && !writable)
        return failure(ErrorCode::NotFound, "There is no library at " + quoted(path) +
                                                ". One is made when the first run is stored.");
    if (*state == FileState::Absent)
        if (const auto made = makeFile(path); !made)
            return Unexpected(made.error());
    if (*state == FileState::Empty && !writable)
        return empty(path);
    auto library = openDatabase(path, *state, writable, schema);
    if (library && *state == FileState::Empty && library->notice.empty())
        library->notice = "The file " + quoted(path) + " was empty; a new library was made in it.";
    return library;
}

} // namespace halftone
