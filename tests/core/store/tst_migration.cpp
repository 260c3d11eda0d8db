// Older libraries are brought up to date in one transaction, with a copy beside the file. The
// steps up from the present schema are the test's own.
#include "qverifyresult.h"
#include "store/library_p.h"
#include "store/sessionstore.h"
#include "testrun.h"

#include <QFile>
#include <QTest>

#include <array>
#include <thread>

using namespace halftone;
using namespace halftone::test;
using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

namespace {

constexpr std::array goodSteps{
    Migration{4, "ALTER TABLE runs ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;"
                 "UPDATE runs SET stars = id;"},
    // A table made anew while others refer to it, as SQLite wants it done.
    Migration{5, "CREATE TABLE new_sessions (id INTEGER PRIMARY KEY AUTOINCREMENT,"
                 " name TEXT NOT NULL, created_ms INTEGER NOT NULL, binned_ms INTEGER,"
                 " tag TEXT NOT NULL DEFAULT 'none') STRICT;"
                 "INSERT INTO new_sessions SELECT *, 'old' FROM sessions;"
                 "DROP TABLE sessions;"
                 "ALTER TABLE new_sessions RENAME TO sessions;"},
};

constexpr std::array badSql{
    Migration{4, "UPDATE runs SET mode = 'lost'; UPDATE absent SET x = 1;"}};
constexpr std::array badRows{Migration{4, "DELETE FROM sessions;"}};
constexpr std::array tooNew{Migration{5, "SELECT 1;"}};

Schema schema(int version, std::span<const Migration> steps)
{
    return {version, currentSchema().sql, steps};
}

void makeLibrary(const fs::path& path)
{
    const auto store = SessionStore::open(path).value();
    const RunId run = store->createRun(someRun("kept"), someTokens()).value();
    if (!store->appendSteps(run, randomRecords(1, 0, 40)))
        qFatal("the library could not be made");
}

std::vector<std::string> filesIn(const fs::path& folder)
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

class MigrationTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everySchemaThatWasEverReleasedOpens_data()
    {
        QTest::addColumn<QString>("dump");
        QTest::newRow("1") << QFINDTESTDATA("data/schema1.sql");
        QTest::newRow("2") << QFINDTESTDATA("data/schema2.sql");
        QTest::newRow("3") << QFINDTESTDATA("data/schema3.sql");
        QTest::newRow("4") << QFINDTESTDATA("data/schema4.sql");
    }
    void everySchemaThatWasEverReleasedOpens()
    {
        QFETCH(QString, dump);
        QFile file(dump);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const TemporaryFolder folder;
        runSql(folder.library(), file.readAll().toStdString());
        const auto store = SessionStore::open(folder.library());
        QVERIFY_RESULT(store);
        const auto sessions = (*store)->sessions();
        QVERIFY_RESULT(sessions);
        QCOMPARE(sessions->at(0).name, "A session of the first schema");
        QCOMPARE(sessions->at(0).runs.size(), 2U);
        const auto steps = (*store)->steps(RunId{2});
        QVERIFY_RESULT(steps);
        QCOMPARE(steps->size(), 3U);
        QCOMPARE(steps->at(0).input,
                 (StepInput{InputKind::Mixture, {TokenId{2}, TokenId{1}}, {0.75F, 0.25F}, {}}));
        QCOMPARE(steps->at(0).candidates.at(1), (Candidate{TokenId{1}, 0.25F, 0.25F, 0.25F}));
        QCOMPARE(steps->at(0).entropy, 0.5);
        QCOMPARE(steps->at(0).ruleState, std::vector<double>{1.0});
        QCOMPARE(steps->at(1).events.at(0), (StepEvent{EventKind::ColdStop, "cold"}));
        QCOMPARE(steps->at(1).input.noiseScale, 0.0F);
        QVERIFY(steps->at(1).nearest.empty() && !steps->at(1).probe);
        QCOMPARE(steps->at(2).stop, StopReason::EndToken);
        QCOMPARE((*store)->tokens(RunId{2}).value()->piece(TokenId{1}), "</think>");
        QVERIFY_RESULT((*store)->createRun((*store)->run(RunId{2}).value(), someTokens()));
    }

    void theTablesAreThoseReleasedUnderTheirNumber()
    {
        QFile file(QFINDTESTDATA("data/schema4.sql"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const TemporaryFolder released;
        runSql(released.library(), file.readAll().toStdString());
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        const char* schemaText = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM "
                                 "sqlite_schema WHERE sql NOT NULL ORDER BY name)";
        QCOMPARE(runSql(folder.library(), schemaText), runSql(released.library(), schemaText));
        QCOMPARE(currentSchema().version, 4);
    }

    void inputsSetByHandKeepBeingSo()
    {
        QFile file(QFINDTESTDATA("data/schema1.sql"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const TemporaryFolder folder;
        runSql(folder.library(), file.readAll().toStdString() +
                                     "INSERT INTO events VALUES (2, 1 << 32 | 0, 'forced', 'set by "
                                     "hand'), (3, 1 << 32 | 0, 'forced', 'queued by the mode');");
        const auto store = SessionStore::open(folder.library());
        QVERIFY_RESULT(store);
        QCOMPARE((*store)->steps(RunId{1})->at(0).events,
                 (std::vector<StepEvent>{{EventKind::ByHand, "set by hand"},
                                         {EventKind::Forced, "queued by the mode"}}));
    }

    void aLibraryBroughtUpToDateHasTheColumnsOfANewOne()
    {
        QFile file(QFINDTESTDATA("data/schema1.sql"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const TemporaryFolder old;
        runSql(old.library(), file.readAll().toStdString());
        QVERIFY_RESULT(SessionStore::open(old.library()));
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        for (const char* table : {"sessions", "vocabularies", "models", "runs", "steps", "events",
                                  "evaluations", "samples"}) {
            const std::string columns =
                "SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || "
                "coalesce(dflt_value, ''), ', ') FROM pragma_table_info('" +
                std::string(table) + "')";
            QCOMPARE(runSql(old.library(), columns), runSql(folder.library(), columns));
        }
    }

    void anOlderLibraryIsBroughtUpToDate()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        const auto library = openLibrary(folder.library(), true, schema(6, goodSteps));
        QVERIFY_RESULT(library);
        const std::string backup = folder.library().string() + ".schema-4.backup";
        QCOMPARE(library->notice, "The library '" + folder.library().string() +
                                      "' was brought from schema 4 to 6; a copy from before is in "
                                      "'" +
                                      backup + "'.");
        QVERIFY(!library->readOnly);
        QCOMPARE(library->schemaVersion, 6);
        QCOMPARE(runSql(folder.library(), "PRAGMA user_version"), "6");
        QCOMPARE(runSql(folder.library(), "SELECT stars FROM runs"), "1");
        QCOMPARE(runSql(folder.library(), "SELECT name || ' ' || tag FROM sessions"), "kept old");
        QCOMPARE(runSql(folder.library(), "SELECT count(*) FROM steps"), "40");
        QCOMPARE(runSql(folder.library(), "PRAGMA integrity_check"), "ok");

        // The copy is a whole library of the schema from before.
        const auto before = SessionStore::open(backup);
        QVERIFY_RESULT(before);
        QCOMPARE((*before)->notice(), "");
        QCOMPARE(firstDifference((*before)->steps(RunId{1}).value(), randomRecords(1, 0, 40)),
                 std::string());
    }

    void aMigratedLibraryOpensQuietlyTheNextTime()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        QVERIFY_RESULT(openLibrary(folder.library(), true, schema(6, goodSteps)));
        const auto again = openLibrary(folder.library(), true, schema(6, goodSteps));
        QVERIFY_RESULT(again);
        QCOMPARE(again->notice, "");
        // And for the program from before it is a newer one.
        const auto old = SessionStore::open(folder.library());
        QVERIFY_RESULT(old);
        QVERIFY((*old)->readOnly());
        QCOMPARE(firstDifference((*old)->steps(RunId{1}).value(), randomRecords(1, 0, 40)),
                 std::string());
    }

    void aFailedMigrationChangesNothing_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("reason");
        QTest::newRow("bad SQL") << 0 << u"no such table: absent"_s;
        QTest::newRow("rows left without their session")
            << 1 << u"rows refer to rows that do not exist"_s;
    }
    void aFailedMigrationChangesNothing()
    {
        QFETCH(int, which);
        QFETCH(QString, reason);
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        const auto failed = openLibrary(
            folder.library(), true, schema(5, which == 0 ? std::span(badSql) : std::span(badRows)));
        QVERIFY(!failed);
        const std::string start = "The library '" + folder.library().string() +
                                  "' could not be brought from schema 4 to 5; it was left as it "
                                  "was, with a copy in '" +
                                  folder.library().string() + ".schema-4.backup'. ";
        QVERIFY2(failed.error().message.starts_with(start), failed.error().message.c_str());
        QVERIFY2(failed.error().message.find(reason.toStdString()) != std::string::npos,
                 failed.error().message.c_str());
        const auto store = SessionStore::open(folder.library());
        QVERIFY_RESULT(store);
        QVERIFY(!(*store)->readOnly());
        QCOMPARE((*store)->run(RunId{1})->mode, "soft");
        QCOMPARE(firstDifference((*store)->steps(RunId{1}).value(), randomRecords(1, 0, 40)),
                 std::string());
    }

    void aCopyFromBeforeIsNeverOverwritten()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        const fs::path first = folder.library().string() + ".schema-4.backup";
        fs::copy_file(folder.library(), first);
        const auto stamp = fs::last_write_time(first);
        QVERIFY_RESULT(openLibrary(folder.library(), true, schema(6, goodSteps)));
        QCOMPARE(filesIn(folder.path()),
                 (std::vector<std::string>{"library.sqlite", "library.sqlite.schema-4-2.backup",
                                           "library.sqlite.schema-4.backup"}));
        QVERIFY(fs::last_write_time(first) == stamp);
    }

    void withoutRoomForACopyNothingIsDone()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        // A folder where the copy is to be written stands for a disk that refuses it.
        fs::create_directories(folder.library().string() + ".schema-4.part/in the way");
        const auto failed = openLibrary(folder.library(), true, schema(6, goodSteps));
        QVERIFY(!failed);
        const std::string start = "The library '" + folder.library().string() +
                                  "' has an older schema and no copy of it could be made before "
                                  "bringing it up to date; nothing was changed. ";
        QVERIFY2(failed.error().message.starts_with(start), failed.error().message.c_str());
        QCOMPARE(runSql(folder.library(), "PRAGMA user_version"), "4");
    }

    void anOlderLibraryThatMayNotBeWrittenSaysWhatToDo()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        const auto refused = openLibrary(folder.library(), false, schema(6, goodSteps));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Unsupported);
        QCOMPARE(refused.error().message,
                 "The library '" + folder.library().string() +
                     "' has schema 4, this version of Halftone reads 6. Open it (or a copy) once "
                     "for writing, which brings it up to date.");
    }

    void aSchemaFromBeforeTheOldestStepIsRefused()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        const auto refused = openLibrary(folder.library(), true, schema(6, tooNew));
        QVERIFY(!refused);
        QCOMPARE(refused.error().message,
                 "The library '" + folder.library().string() +
                     "' has schema 4, which is too old for this version of Halftone.");
        QCOMPARE(filesIn(folder.path()), std::vector<std::string>{"library.sqlite"});
    }

    void twoProgramsThatMigrateAtOnceDoItOnce()
    {
        const TemporaryFolder folder;
        makeLibrary(folder.library());
        std::array<std::string, 4> failures;
        std::vector<std::thread> threads;
        for (std::string& failure : failures)
            threads.emplace_back([&] {
                if (const auto done = openLibrary(folder.library(), true, schema(6, goodSteps));
                    !done)
                    failure = done.error().message;
            });
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(failures, (std::array<std::string, 4>{}));
        QCOMPARE(filesIn(folder.path()),
                 (std::vector<std::string>{"library.sqlite", "library.sqlite.schema-4.backup"}));
        QCOMPARE(runSql(folder.library(), "SELECT stars FROM runs"), "1");
    }
};

QTEST_GUILESS_MAIN(MigrationTest)
#include "tst_migration.moc"
