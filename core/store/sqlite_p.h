// SQLite with values instead of return codes: a connection, a statement, a transaction. Every
// failure becomes an Error with a sentence that names the library's file. For core/store alone; an
// object is used by one thread at a time.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace halftone {

/// The sentence for an SQLite result code. `detail` is SQLite's own text; `systemErrno` that of the
/// failed system call, 0 when there was none.
[[nodiscard]] Error sqliteError(int code, int systemErrno, std::string_view detail,
                                const std::filesystem::path& file);

/// A file that SQLite can read but that holds what Halftone never wrote: `detail` says where.
[[nodiscard]] Error damagedLibrary(std::string_view detail, const std::filesystem::path& file);

class Database
{
public:
    enum class Mode
    {
        ReadWrite, // makes the file when it is absent
        ReadOnly,
        Immutable, // read-only, nothing written beside the file, its write-ahead log not looked at
    };
    [[nodiscard]] static Result<Database> open(const std::filesystem::path&, Mode);

    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    [[nodiscard]] const std::filesystem::path& path() const { return *m_path; }
    [[nodiscard]] sqlite3* handle() const { return m_handle; }
    /// Also when read-write was asked for and the file allows reading alone.
    [[nodiscard]] bool readOnly() const;

    /// Whether the file begins so; true also where it cannot be read, which the first statement
    /// says better. Reads through SQLite, whose closing of files keeps locks.
    [[nodiscard]] bool startsWith(std::string_view) const;
    /// Runs statements that return nothing of interest.
    [[nodiscard]] Result<void> run(const std::string& sql);
    /// The first column of the first row.
    [[nodiscard]] Result<std::int64_t> number(const std::string& sql);
    /// Rows touched by the last INSERT, UPDATE or DELETE.
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] std::int64_t lastRowId() const;
    /// The failure that the connection saw last, and SQLite's primary code for it.
    [[nodiscard]] Error lastError() const;
    [[nodiscard]] int lastCode() const;

private:
    Database(sqlite3* handle, std::filesystem::path path);
    sqlite3* m_handle = nullptr;
    std::shared_ptr<const std::filesystem::path> m_path; // shared with the statements
    friend class Statement;
};

/// Parameters and columns count from 0. Text and blobs that are bound or read stay the caller's,
/// respectively SQLite's, until the next next() or reset().
class Statement
{
public:
    [[nodiscard]] static Result<Statement> prepare(const Database&, std::string_view sql);

    void bind(int parameter, std::int64_t);
    void bind(int parameter, double); // NaN becomes NULL
    void bind(int parameter, std::string_view text);
    void bindBlob(int parameter, std::span<const std::byte>);
    void bindNull(int parameter);

    /// True while there is a row.
    [[nodiscard]] Result<bool> next();
    /// Calls `read` at every row that is left, until it fails where it can: it gives back nothing
    /// or a Result<void>.
    template <class Read>
    [[nodiscard]] Result<void> forEachRow(Read read)
    {
        for (;;) {
            const Result<bool> row = next();
            if (!row)
                return Unexpected(row.error());
            if (!*row)
                return {};
            if constexpr (std::is_void_v<decltype(read())>)
                read();
            else if (Result<void> done = read(); !done)
                return done;
        }
    }
    /// For statements without rows; resets, so that the statement can be used again.
    [[nodiscard]] Result<void> execute();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const; // NULL becomes NaN
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::span<const std::byte> blob(int column) const;
    [[nodiscard]] bool isNull(int column) const;

private:
    struct Finalize
    {
        void operator()(sqlite3_stmt*) const;
    };
    Statement(const Database&, sqlite3_stmt*);
    [[nodiscard]] Error error() const;

    std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
    sqlite3* m_handle;
    std::shared_ptr<const std::filesystem::path> m_path;
    int m_bindFailure = 0;
};

/// Rolls back unless it was committed.
class Transaction
{
public:
    enum class Kind
    {
        Read,  // one state of the file for several SELECTs
        Write, // takes the write lock at once, waiting for it
    };
    [[nodiscard]] static Result<Transaction> begin(Database&, Kind);
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    [[nodiscard]] Result<void> commit();

private:
    explicit Transaction(Database* database)
        : m_database(database)
    {
    }
    Database* m_database; // null when nothing is left to roll back
};

} // namespace halftone
