// Opening the library's file: whole, damaged in every way, older, newer, not to be written.
#include "qverifyresult.h"
#include "store/library_p.h"
#include "store/sessionstore.h"
#include "testrun.h"

#include <QTest>

#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace halftone;
using namespace halftone::test;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t stepCount = 60;

/// A library with two sessions, a run and a fork, closed.
void makeLibrary(const fs::path& path)
{
    const auto store = SessionStore::open(path).value();
    (void)store->createSession("empty").value();
    const RunId run = store->createRun(someRun(), someTokens()).value();
    if (!store->appendSteps(run, randomRecords(1, 0, stepCount)) ||
        !store->finishRun(run, RunStatus::Finished, StopReason::MaxSteps, {}))
        qFatal("the library could not be made");
    RunInfo fork = someRun();
    fork.origin = ForkOrigin{run, StepIndex{20}, "x"};
    const RunId child = store->createRun(fork, someTokens()).value();
    if (!store->appendSteps(child, randomRecords(2, 20, 30)))
        qFatal("the library could not be made");
}

/// Opens and reads everything; the first failure's sentence, with the file's name as FILE.
std::string failureOf(const fs::path& path, SessionStore::Access access)
{
    const auto shown = [&](const Error& error) {
        std::string message = error.message;
        const std::string name = path.string();
        for (std::size_t at; (at = message.find(name)) != std::string::npos;)
            message.replace(at, name.size(), "FILE");
        return message;
    };
    const auto store = SessionStore::open(path, access);
    if (!store)
        return shown(store.error());
    const auto sessions = (*store)->sessions();
    if (!sessions)
        return shown(sessions.error());
    for (const SessionSummary& session : *sessions)
        for (const RunSummary& summary : session.runs) {
            if (const auto run = (*store)->run(summary.id); !run)
                return shown(run.error());
            if (const auto tokens = (*store)->tokens(summary.id); !tokens)
                return shown(tokens.error());
            if (const auto steps = (*store)->steps(summary.id); !steps)
                return shown(steps.error());
        }
    return {};
}

std::string bytesOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void writeBytes(const fs::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void patch(const fs::path& path, std::size_t offset, const std::string& bytes)
{
    std::string all = bytesOf(path);
    all.replace(offset, bytes.size(), bytes);
    writeBytes(path, all);
}

using Damage = std::function<void(const fs::path&)>;

/// Runs SQL as the damage.
Damage sql(const char* text)
{
    return [text](const fs::path& path) { runSql(path, text); };
}

/// Gives up root's right to read and write everything, for as long as it lives.
class AsOrdinaryUser
{
public:
    AsOrdinaryUser()
    {
        constexpr uid_t nobody = 65534;
        if (geteuid() == 0)
            m_changed = seteuid(nobody) == 0;
    }
    ~AsOrdinaryUser()
    {
        if (m_changed && seteuid(0) != 0)
            qFatal("root's rights did not come back");
    }

private:
    bool m_changed = false;
};

constexpr const char* notDatabase = "The library 'FILE' is not an SQLite database. It was left as "
                                    "it is; move it away, or choose another file for the library.";

std::string damaged(const std::string& what)
{
    return "The library 'FILE' is damaged (" + what +
           "). It was left as it is; copy it away, recover what can be read with \"sqlite3 FILE "
           ".recover | sqlite3 NEW\", and put NEW in its place.";
}

} // namespace

Q_DECLARE_METATYPE(Damage)

class LibraryTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aDamagedFileIsNamedAndLeftAsItIs_data()
    {
        QTest::addColumn<Damage>("damage");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, Damage damage, const std::string& sentence) {
            QTest::newRow(name) << std::move(damage) << QString::fromStdString(sentence);
        };
        const std::string malformed = damaged("database disk image is malformed");

        row(
            "text", [](const fs::path& p) { writeBytes(p, "Dear diary,\n"); }, notDatabase);
        row(
            "NULs", [](const fs::path& p) { writeBytes(p, std::string(20'000, '\0')); },
            notDatabase);
        row(
            "one byte", [](const fs::path& p) { fs::resize_file(p, 1); }, notDatabase);
        row(
            "cut in the header", [](const fs::path& p) { fs::resize_file(p, 60); }, malformed);
        row(
            "cut after the header", [](const fs::path& p) { fs::resize_file(p, 100); }, malformed);
        row(
            "cut after a page", [](const fs::path& p) { fs::resize_file(p, 4096); }, malformed);
        row(
            "cut in the middle",
            [](const fs::path& p) { fs::resize_file(p, fs::file_size(p) / 2); }, malformed);
        row(
            "cut at the end",
            [](const fs::path& p) { fs::resize_file(p, fs::file_size(p) - 4096); }, malformed);
        row(
            "impossible page size", [](const fs::path& p) { patch(p, 16, "\x03\x03"); },
            notDatabase);
        row(
            "unknown file format", [](const fs::path& p) { patch(p, 18, "\x09\x09"); },
            notDatabase);
        row(
            "bits flipped in the schema",
            [](const fs::path& p) { patch(p, 100, std::string(1000, '\x5a')); }, malformed);
        row(
            "the pages of the steps overwritten",
            [](const fs::path& p) {
                const std::size_t from = fs::file_size(p) / 2 / 4096 * 4096;
                patch(p, from, std::string(fs::file_size(p) - from, '\xff'));
            },
            malformed);
        row(
            "a database of another program",
            [](const fs::path& p) {
                fs::remove(p);
                runSql(p, "PRAGMA application_id = 252006673; CREATE TABLE t (x)");
            },
            "'FILE' is an SQLite database, but not a library of Halftone (its application id is "
            "0x0f055111 instead of 0x4866546e). It was left as it is; choose another file for the "
            "library.");
        row(
            "a database of nobody",
            [](const fs::path& p) {
                fs::remove(p);
                runSql(p, "CREATE TABLE t (x)");
            },
            "'FILE' is an SQLite database, but not a library of Halftone (its application id is "
            "0x00000000 instead of 0x4866546e). It was left as it is; choose another file for the "
            "library.");
        row("a table is missing", sql("DROP TABLE events"), damaged("no such table: events"));
        row("a column is missing", sql("ALTER TABLE steps DROP COLUMN candidates"),
            damaged("no such column: candidates"));
        row("an unknown phase", sql("UPDATE steps SET phase = 'doze' WHERE id = 1 << 32 | 4"),
            damaged("step 4 of run 1 holds an unknown value in phase"));
        row("half a number in a blob",
            sql("UPDATE steps SET candidates = x'000102' WHERE id = 1 << 32 | 4"),
            damaged("step 4 of run 1 holds an unknown value in candidates"));
        row("ids without weights",
            sql("UPDATE steps SET input_ids = zeroblob(4000) WHERE id = 1 << 32 | 4"),
            damaged("step 4 of run 1 holds an unknown value in input_weights"));
        row("an unknown event", sql("INSERT INTO events VALUES (9000, 1 << 32 | 4, 'nap', '')"),
            damaged("step 4 of run 1 has an event of unknown kind"));
        row("a missing step", sql("DELETE FROM events; DELETE FROM steps WHERE id = 1 << 32 | 4"),
            damaged("step 4 of run 1 is missing"));
        row("an unknown status", sql("UPDATE runs SET status = 'idle'"),
            damaged("run 1 has an unknown status or stop reason"));
        row("a run that is its own parent", sql("UPDATE runs SET parent = 2 WHERE id = 2"),
            damaged("run 2 names a parent that it cannot have"));
        row("a fork at no step", sql("UPDATE runs SET fork_step = -1 WHERE id = 2"),
            damaged("run 2 names a parent that it cannot have"));
        row("a vocabulary that is not whole", sql("UPDATE vocabularies SET lengths = x'ffffffff'"),
            damaged("vocabulary 1 is not whole"));
        row("a model that is not whole", sql("UPDATE models SET cache_layers = x'00'"),
            damaged("run 1 has no whole model"));
    }
    void aDamagedFileIsNamedAndLeftAsItIs()
    {
        QFETCH(Damage, damage);
        QFETCH(QString, sentence);
        const TemporaryFolder folder;
        const fs::path path = folder.library();
        makeLibrary(path);
        damage(path);
        const std::string before = bytesOf(path);
        for (const auto access : {SessionStore::Access::ReadWrite, SessionStore::Access::ReadOnly})
            QCOMPARE(QString::fromStdString(failureOf(path, access)), sentence);
        QVERIFY(bytesOf(path) == before);
    }

    void randomDamageNeverCrashes()
    {
        const TemporaryFolder folder;
        const fs::path path = folder.library();
        makeLibrary(path);
        const std::string whole = bytesOf(path);
        std::mt19937 random(11);
        int failures = 0;
        for (int round = 0; round < 400; ++round) {
            std::string bytes = whole;
            for (auto flips = random() % 20 + 1; flips > 0; --flips)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            if (random() % 4 == 0)
                bytes.resize(random() % bytes.size());
            fs::remove(path.string() + "-wal");
            fs::remove(path.string() + "-shm");
            writeBytes(path, bytes);
            const std::string failed = failureOf(path, SessionStore::Access::ReadWrite);
            failures += failed.empty() ? 0 : 1;
            QVERIFY2(failed.empty() || failed.find("FILE") != std::string::npos, failed.c_str());
        }
        QVERIFY(failures > 100);
    }

    void garbageInTheLogIsPassedOver()
    {
        const TemporaryFolder folder;
        const fs::path path = folder.library();
        makeLibrary(path);
        writeBytes(path.string() + "-wal", std::string(30'000, '\x37'));
        QCOMPARE(failureOf(path, SessionStore::Access::ReadWrite), "");
        QCOMPARE(firstDifference(SessionStore::open(path).value()->steps(RunId{1}).value(),
                                 randomRecords(1, 0, stepCount)),
                 std::string());
    }

    void aFileCannotMakeHalftoneRunItsTriggers()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        runSql(folder.library(), "CREATE TRIGGER t AFTER INSERT ON sessions BEGIN "
                                 "DELETE FROM events; DELETE FROM steps; END");
        QVERIFY_RESULT(SessionStore::open(folder.library()).value()->createSession("x"));
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadOnly), "");
        runSql(folder.library(), "ALTER TABLE vocabularies RENAME TO real; CREATE VIEW "
                                 "vocabularies AS SELECT * FROM real");
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadOnly),
                 damaged("access to view \"vocabularies\" prohibited"));
    }

    void aFolderIsNoLibrary()
    {
        const TemporaryFolder folder;
        QCOMPARE(failureOf(folder.path(), SessionStore::Access::ReadWrite),
                 "'FILE' is a folder, but the library is a file. Choose a file in it.");
    }

    void aPipeIsNoLibraryAndIsNotWaitedFor()
    {
        const TemporaryFolder folder;
        QCOMPARE(mkfifo(folder.library().c_str(), 0600), 0);
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadWrite),
                 "'FILE' is not an ordinary file, so it cannot hold a library.");
    }

    void aMissingLibraryIsMadeWithItsFolders()
    {
        const TemporaryFolder folder;
        const fs::path path = folder.path() / "a b" / "it's %41?#" / "library.sqlite";
        QCOMPARE(failureOf(path, SessionStore::Access::ReadOnly),
                 "There is no library at 'FILE'. One is made when the first run is stored.");
        const auto store = SessionStore::open(path);
        QVERIFY_RESULT(store);
        QCOMPARE((*store)->notice(), "");
        QVERIFY(!(*store)->readOnly());
        QVERIFY(fs::exists(path));
        QCOMPARE((*store)->path(), path);
        QCOMPARE(failureOf(path, SessionStore::Access::ReadOnly), "");
    }

    void aFolderThatCannotBeMadeIsNamed()
    {
        const TemporaryFolder folder;
        writeBytes(folder.path() / "file", "x");
        const fs::path path = folder.path() / "file" / "library.sqlite";
        const auto store = SessionStore::open(path);
        QVERIFY(!store);
        QCOMPARE(store.error().message, "The folder '" + (folder.path() / "file").string() +
                                            "' for the library could not be made: Not a "
                                            "directory.");
    }

    void anEmptyFileBecomesALibrary()
    {
        const TemporaryFolder folder;
        writeBytes(folder.library(), "");
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadOnly),
                 "The library 'FILE' is empty: no run was ever stored in it.");
        const auto store = SessionStore::open(folder.library());
        QVERIFY_RESULT(store);
        QCOMPARE((*store)->notice(), "The file '" + folder.library().string() +
                                         "' was empty; a new library was made in it.");
        QVERIFY_RESULT((*store)->createSession("x"));
    }

    void anEmptiedFileDoesNotLoseItsLog()
    {
        const TemporaryFolder folder;
        writeBytes(folder.library(), "");
        const std::string log(5000, '\x37');
        writeBytes(folder.library().string() + "-wal", log);
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadWrite),
                 "The library 'FILE' is empty, but its write-ahead log 'FILE-wal' is not: "
                 "something has emptied the file. Both were left as they are; put back a copy of "
                 "the library, or move them away.");
        QVERIFY(bytesOf(folder.library().string() + "-wal") == log);
    }

    void aFileThatMayNotBeReadIsNamed()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        QCOMPARE(chmod(folder.path().c_str(), 0755), 0);
        QCOMPARE(chmod(folder.library().c_str(), 0), 0);
        const AsOrdinaryUser user;
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadWrite),
                 "The library 'FILE' could not be opened: Permission denied.");
    }

    void aFolderThatMayNotBeWrittenIsNamed()
    {
        const TemporaryFolder folder;
        QCOMPARE(chmod(folder.path().c_str(), 0555), 0);
        const AsOrdinaryUser user;
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadWrite),
                 "The library 'FILE' could not be made: Permission denied.");
    }

    void whatMayNotBeWrittenOpensForReading_data()
    {
        QTest::addColumn<uint>("folderMode");
        QTest::addColumn<uint>("fileMode");
        QTest::newRow("the file") << 0777U << 0444U;
        QTest::newRow("the folder") << 0555U << 0666U;
        QTest::newRow("both") << 0555U << 0444U;
    }
    void whatMayNotBeWrittenOpensForReading()
    {
        QFETCH(uint, folderMode);
        QFETCH(uint, fileMode);
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        QCOMPARE(chmod(folder.library().c_str(), fileMode), 0);
        QCOMPARE(chmod(folder.path().c_str(), folderMode), 0);
        const AsOrdinaryUser user;
        const auto store = SessionStore::open(folder.library());
        QVERIFY_RESULT(store);
        QVERIFY((*store)->readOnly());
        const std::string notice = "The library '" + folder.library().string() +
                                   "' is open for reading only, because the file or its folder "
                                   "may not be written. New runs cannot be stored in it.";
        QCOMPARE((*store)->notice(), notice);
        QCOMPARE((*store)->createSession("x").error().message, notice);
        QCOMPARE(firstDifference((*store)->steps(RunId{1}).value(), randomRecords(1, 0, stepCount)),
                 std::string());
    }

    void aLogThatCannotBeReadIsMentioned()
    {
        const TemporaryFolder source;
        const TemporaryFolder folder;
        makeLibrary(source.library());
        {
            const auto writer = SessionStore::open(source.library());
            QVERIFY_RESULT(writer);
            QVERIFY_RESULT((*writer)->createSession("in the log alone"));
            fs::copy_file(source.library(), folder.library());
            fs::copy_file(source.library().string() + "-wal", folder.library().string() + "-wal");
        }
        QCOMPARE(chmod(folder.path().c_str(), 0555), 0);
        const AsOrdinaryUser user;
        const auto store = SessionStore::open(folder.library());
        QVERIFY_RESULT(store);
        QVERIFY((*store)->notice().ends_with(" What its write-ahead log '" +
                                             folder.library().string() +
                                             "-wal' holds is not shown."));
        QCOMPARE((*store)->sessions()->size(), 2U);
    }

    void aNewerSchemaOpensForReading()
    {
        const TemporaryFolder folder;
        const fs::path path = folder.library();
        makeLibrary(path);
        runSql(path, "PRAGMA user_version = 7; ALTER TABLE steps ADD COLUMN mood TEXT");
        const auto store = SessionStore::open(path);
        QVERIFY_RESULT(store);
        QVERIFY((*store)->readOnly());
        const std::string notice =
            "The library '" + path.string() +
            "' was written by a newer version of Halftone (schema 7, this one writes 4), so it is "
            "open for reading only. New runs cannot be stored in it.";
        QCOMPARE((*store)->notice(), notice);
        QCOMPARE(firstDifference((*store)->steps(RunId{1}).value(), randomRecords(1, 0, stepCount)),
                 std::string());
        QCOMPARE((*store)->createSession("x").error().message, notice);
        QCOMPARE((*store)->createRun(someRun(), someTokens()).error().message, notice);
        QCOMPARE((*store)->emptyBin().error().message, notice);
    }

    void whatANewerSchemaDroppedIsNotCalledDamage()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        runSql(folder.library(), "PRAGMA user_version = 7; UPDATE steps SET phase = 'dream'");
        const std::string sentence =
            "The library 'FILE' was written by a newer version of Halftone, and this one cannot "
            "read all of it. Open it with the newer version.";
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadWrite), sentence);
        runSql(folder.library(), "DROP TABLE events");
        QCOMPARE(failureOf(folder.library(), SessionStore::Access::ReadWrite), sentence);
    }
};

QTEST_GUILESS_MAIN(LibraryTest)
#include "tst_library.moc"
