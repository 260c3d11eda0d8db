#include "store/sqlite_p.h"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace halftone {

namespace {

/// How long to wait for another writer. Batches take milliseconds; emptying the bin may take
/// longer.
constexpr int busyTimeoutMs = 10'000;

std::string quoted(const std::filesystem::path& file)
{
    return "'" + file.string() + "'";
}

/// A path as SQLite's URI wants it; everything but letters, digits and a few signs escaped.
std::string fileUri(const std::filesystem::path& file, std::string_view query)
{
    static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789/-_.~";
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : file.string()) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos)
            uri += c;
        else
            uri += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return uri.append("?").append(query);
}

} // namespace

Error sqliteError(int code, int systemErrno, std::string_view detail,
                  const std::filesystem::path& file)
{
    const std::string library = "The library " + quoted(file);
    const std::string reason(detail);
    const bool noSpace = systemErrno == ENOSPC || systemErrno == EDQUOT;
    const std::string system = systemErrno != 0 ? std::strerror(systemErrno) : std::string(detail);
    switch (code & 0xff) {
    case SQLITE_FULL:
        return {ErrorCode::DiskFull, "No room is left on the disk of the library " + quoted(file) +
                                         ". What was stored before is whole; free some space and "
                                         "try again."};
    case SQLITE_IOERR:
        if (noSpace)
            return sqliteError(SQLITE_FULL, systemErrno, detail, file);
        if (code == SQLITE_IOERR_NOMEM)
            return sqliteError(SQLITE_NOMEM, 0, detail, file);
        return {ErrorCode::InvalidInput, library + " could not be read or written: " + system +
                                             ". Check the disk that it lies on."};
    case SQLITE_CANTOPEN:
        if (noSpace)
            return sqliteError(SQLITE_FULL, systemErrno, detail, file);
        return {systemErrno == ENOENT ? ErrorCode::NotFound : ErrorCode::InvalidInput,
                library + " could not be opened: " + system + "."};
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return {ErrorCode::InvalidInput,
                library + " can be read but not written; give yourself write permission for the "
                          "file and its folder, or use a copy."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return {ErrorCode::Busy, library + " has been held by another program for " +
                                     std::to_string(busyTimeoutMs / 1000) +
                                     " seconds. Try again when that is done."};
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
        return {ErrorCode::OutOfMemory,
                "There is not enough memory to work with the library " + quoted(file) + "."};
    case SQLITE_NOTADB:
        return {ErrorCode::InvalidInput,
                library + " is not an SQLite database. It was left as it is; move it away, or "
                          "choose another file for the library."};
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    // The schema is checked on opening and nothing here is written against its rules, so that a
    // missing table, a broken rule or a value of the wrong type means a damaged file as well.
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR:
        return {ErrorCode::InvalidInput,
                library + " is damaged (" + reason +
                    "). It was left as it is; copy it away, recover what can be read with "
                    "\"sqlite3 FILE .recover | sqlite3 NEW\", and put NEW in its place."};
    default:
        return {ErrorCode::Internal, library + " failed in an unexpected way: " + reason + "."};
    }
}

Error damagedLibrary(std::string_view detail, const std::filesystem::path& file)
{
    return sqliteError(SQLITE_CORRUPT, 0, detail, file);
}

Database::Database(sqlite3* handle, std::filesystem::path path)
    : m_handle(handle)
    , m_path(std::make_shared<const std::filesystem::path>(std::move(path)))
{
}

Database::Database(Database&& other) noexcept
    : m_handle(std::exchange(other.m_handle, nullptr))
    , m_path(other.m_path) // also for the moved-from one, which can still tell its path
{
}

Database& Database::operator=(Database&& other) noexcept
{
    std::swap(m_handle, other.m_handle);
    std::swap(m_path, other.m_path);
    return *this;
}

Database::~Database()
{
    sqlite3_close_v2(m_handle);
}

Result<Database> Database::open(const std::filesystem::path& path, Mode mode)
{
    // An absolute path keeps SQLite from giving a name such as ":memory:" a meaning of its own.
    std::error_code ec;
    const std::filesystem::path absolute = std::filesystem::absolute(path, ec);
    if (ec)
        return failure(ErrorCode::InvalidInput, "The library " + quoted(path) +
                                                    " could not be opened: " + ec.message() + ".");
    int flags = SQLITE_OPEN_NOMUTEX;
    std::string name = absolute.string();
    switch (mode) {
    case Mode::ReadWrite:
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        break;
    case Mode::ReadOnly:
        flags |= SQLITE_OPEN_READONLY;
        break;
    case Mode::Immutable:
        flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
        name = fileUri(absolute, "immutable=1");
        break;
    }
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
    Database database(handle, path);
    if (code != SQLITE_OK)
        return Unexpected(database.lastError());
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, busyTimeoutMs);
    // The file may come from anywhere: nothing in its schema may run code or write to the schema.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    return database;
}

bool Database::readOnly() const
{
    return sqlite3_db_readonly(m_handle, "main") == 1;
}

bool Database::startsWith(std::string_view text) const
{
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(m_handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file == nullptr || file->pMethods == nullptr)
        return true;
    std::string start(text.size(), '\0');
    const int read = file->pMethods->xRead(file, start.data(), static_cast<int>(start.size()), 0);
    if (read != SQLITE_OK && read != SQLITE_IOERR_SHORT_READ)
        return true;
    return start == text;
}

Error Database::lastError() const
{
    if (m_handle == nullptr)
        return sqliteError(SQLITE_NOMEM, 0, {}, *m_path);
    return sqliteError(sqlite3_extended_errcode(m_handle), sqlite3_system_errno(m_handle),
                       sqlite3_errmsg(m_handle), *m_path);
}

int Database::lastCode() const
{
    return m_handle == nullptr ? SQLITE_NOMEM : sqlite3_errcode(m_handle) & 0xff;
}

Result<void> Database::run(const std::string& sql)
{
    if (sqlite3_exec(m_handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return Unexpected(lastError());
    return {};
}

Result<std::int64_t> Database::number(const std::string& sql)
{
    auto statement = Statement::prepare(*this, sql);
    if (!statement)
        return Unexpected(statement.error());
    const auto row = statement->next();
    if (!row)
        return Unexpected(row.error());
    return *row ? statement->integer(0) : 0;
}

std::int64_t Database::changes() const
{
    return sqlite3_changes64(m_handle);
}

std::int64_t Database::lastRowId() const
{
    return sqlite3_last_insert_rowid(m_handle);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const
{
    sqlite3_finalize(statement);
}

Statement::Statement(const Database& database, sqlite3_stmt* statement)
    : m_statement(statement)
    , m_handle(database.handle())
    , m_path(database.m_path)
{
}

Result<Statement> Statement::prepare(const Database& database, std::string_view sql)
{
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement,
                           nullptr) != SQLITE_OK)
        return Unexpected(database.lastError());
    return Statement(database, statement);
}

Error Statement::error() const
{
    return sqliteError(sqlite3_extended_errcode(m_handle), sqlite3_system_errno(m_handle),
                       sqlite3_errmsg(m_handle), *m_path);
}

void Statement::bind(int parameter, std::int64_t value)
{
    if (const int code = sqlite3_bind_int64(m_statement.get(), parameter + 1, value); code != 0)
        m_bindFailure = code;
}

void Statement::bind(int parameter, double value)
{
    if (const int code = sqlite3_bind_double(m_statement.get(), parameter + 1, value); code != 0)
        m_bindFailure = code;
}

void Statement::bind(int parameter, std::string_view text)
{
    // A null pointer would bind NULL instead of the empty text.
    const char* data = text.data() != nullptr ? text.data() : "";
    if (const int code = sqlite3_bind_text64(m_statement.get(), parameter + 1, data, text.size(),
                                             SQLITE_STATIC, SQLITE_UTF8);
        code != 0)
        m_bindFailure = code;
}

void Statement::bindBlob(int parameter, std::span<const std::byte> bytes)
{
    const void* data = bytes.data() != nullptr ? static_cast<const void*>(bytes.data()) : "";
    if (const int code = sqlite3_bind_blob64(m_statement.get(), parameter + 1, data, bytes.size(),
                                             SQLITE_STATIC);
        code != 0)
        m_bindFailure = code;
}

void Statement::bindNull(int parameter)
{
    if (const int code = sqlite3_bind_null(m_statement.get(), parameter + 1); code != 0)
        m_bindFailure = code;
}

Result<bool> Statement::next()
{
    if (m_bindFailure != 0)
        return Unexpected(sqliteError(m_bindFailure, 0, sqlite3_errstr(m_bindFailure), *m_path));
    switch (sqlite3_step(m_statement.get())) {
    case SQLITE_ROW:
        return true;
    case SQLITE_DONE:
        return false;
    default:
        return Unexpected(error());
    }
}

Result<void> Statement::execute()
{
    const auto row = next();
    reset();
    if (!row)
        return Unexpected(row.error());
    return {};
}

void Statement::reset()
{
    sqlite3_reset(m_statement.get()); // repeats the failure of next(), which told it already
    m_bindFailure = 0;
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement.get(), column);
}

double Statement::real(int column) const
{
    return isNull(column) ? std::numeric_limits<double>::quiet_NaN()
                          : sqlite3_column_double(m_statement.get(), column);
}

std::string_view Statement::text(int column) const
{
    const unsigned char* data = sqlite3_column_text(m_statement.get(), column);
    if (data == nullptr)
        return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column))};
}

std::span<const std::byte> Statement::blob(int column) const
{
    const void* data = sqlite3_column_blob(m_statement.get(), column);
    if (data == nullptr)
        return {};
    return {static_cast<const std::byte*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(m_statement.get(), column))};
}

bool Statement::isNull(int column) const
{
    return sqlite3_column_type(m_statement.get(), column) == SQLITE_NULL;
}

Result<Transaction> Transaction::begin(Database& database, Kind kind)
{
    if (const auto begun = database.run(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN"); !begun)
        return Unexpected(begun.error());
    return Transaction(&database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : m_database(std::exchange(other.m_database, nullptr))
{
}

Transaction::~Transaction()
{
    // After some failures SQLite has rolled back by itself; then this one fails, harmlessly.
    if (m_database != nullptr)
        sqlite3_exec(m_database->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Transaction::commit()
{
    if (auto committed = m_database->run("COMMIT"); !committed)
        return committed;
    m_database = nullptr;
    return {};
}

} // namespace halftone
