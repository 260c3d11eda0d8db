// Lists, renames, bins, restores, opens and exports over a library of two runs.
#include "bridge/librarycontroller.h"

#include "qverifyresult.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace halftone;
using halftone::ui::LibraryController;

namespace {

StepRecord step(std::int64_t number, std::int32_t token)
{
    StepRecord record;
    record.step = StepIndex(number);
    record.position = Position(number + 1);
    record.mode = "discrete";
    record.input = StepInput::token(TokenId(token));
    record.sampled = TokenId(token);
    return record;
}

/// A session of this name with one finished run of `steps` steps.
RunId addRun(SessionStore& store, const std::string& name, std::int64_t steps)
{
    RunInfo info;
    info.session = store.createSession(name).value();
    info.model.name = "fake";
    info.settings = "{}";
    info.mode = "discrete";
    info.prompt = "prompt of " + name;
    info.promptIds = {TokenId(0)};
    const RunId run = store.createRun(info, *TokenTable::numbered(10)).value();
    std::vector<StepRecord> records;
    for (std::int64_t i = 0; i < steps; ++i)
        records.push_back(step(i, static_cast<std::int32_t>(i % 10)));
    if (!store.appendSteps(run, records) ||
        !store.finishRun(run, RunStatus::Finished, StopReason::MaxSteps, {}))
        qFatal("the library cannot be filled");
    return run;
}

struct Bench
{
    Bench()
        : path(std::filesystem::path(folder.path().toStdString()) / "library.sqlite")
    {
        auto store = SessionStore::open(path).value();
        first = addRun(*store, "alpha", 3);
        second = addRun(*store, "beta", 5);
        library = std::make_unique<LibraryController>(path);
        QObject::connect(library.get(), &LibraryController::sessionsAvailable, library.get(),
                         [this](const auto& list) {
                             names.clear();
                             for (const SessionSummary& session : *list)
                                 names.push_back(QString::fromStdString(session.name));
                             names.sort();
                             sessions = *list;
                             ++lists;
                         });
        QObject::connect(library.get(), &LibraryController::runAvailable, library.get(),
                         [this](const auto& run) { opened.push_back(run); });
        QObject::connect(library.get(), &LibraryController::failed, library.get(),
                         [this](const QString& message) { failures.push_back(message); });
    }
    [[nodiscard]] SessionId session(const char* name) const
    {
        for (const SessionSummary& each : sessions)
            if (each.name == name)
                return each.id;
        return {};
    }

    QTemporaryDir folder;
    std::filesystem::path path;
    RunId first;
    RunId second;
    std::unique_ptr<LibraryController> library;
    QStringList names;
    std::vector<SessionSummary> sessions;
    int lists = 0;
    std::vector<std::shared_ptr<StoredRun>> opened;
    QStringList failures;
};

QStringList words(std::initializer_list<const char*> list)
{
    QStringList result;
    for (const char* word : list)
        result.push_back(QLatin1String(word));
    return result;
}

} // namespace

class LibraryControllerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listsThroughTheFilterThatWasSetLast()
    {
        Bench bench;
        bench.library->refresh();
        QTRY_COMPARE(bench.names, words({"alpha", "beta"}));
        bench.library->refresh({.search = "BET", .bin = false});
        QTRY_COMPARE(bench.names, words({"beta"}));
        const int before = bench.lists;
        bench.library->refresh();
        QTRY_VERIFY(bench.lists > before);
        QCOMPARE(bench.names, words({"beta"}));
    }

    void ofSeveralRefreshesOnlyTheNewestAnswers()
    {
        Bench bench;
        for (int i = 0; i < 50; ++i)
            bench.library->refresh({.search = "alpha", .bin = false});
        bench.library->refresh({.search = "beta", .bin = false});
        QTRY_COMPARE(bench.names, words({"beta"}));
        QCOMPARE(bench.lists, 1);
    }

    void renamesAndListsAnew()
    {
        Bench bench;
        bench.library->refresh();
        QTRY_COMPARE(bench.lists, 1);
        bench.library->rename(bench.session("alpha"), QStringLiteral("gamma"));
        QTRY_COMPARE(bench.names, words({"beta", "gamma"}));
    }

    void whatGoesToTheBinComesBack()
    {
        Bench bench;
        bench.library->refresh();
        QTRY_COMPARE(bench.lists, 1);
        const SessionId alpha = bench.session("alpha");
        bench.library->moveToBin(alpha);
        QTRY_COMPARE(bench.names, words({"beta"}));
        bench.library->refresh({.search = {}, .bin = true});
        QTRY_COMPARE(bench.names, words({"alpha"}));
        bench.library->restoreFromBin(alpha);
        QTRY_COMPARE(bench.names, QStringList());
        bench.library->refresh({.search = {}, .bin = false});
        QTRY_COMPARE(bench.names, words({"alpha", "beta"}));
    }

    void anEmptiedBinIsGone()
    {
        Bench bench;
        bench.library->refresh();
        QTRY_COMPARE(bench.lists, 1);
        bench.library->moveToBin(bench.session("alpha"));
        bench.library->emptyBin();
        bench.library->open(bench.first);
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY(bench.opened.empty());
    }

    void opensAWholeRun()
    {
        Bench bench;
        bench.library->open(bench.second);
        QTRY_COMPARE(bench.opened.size(), std::size_t(1));
        QCOMPARE(bench.opened.front()->info.id, bench.second);
        QCOMPARE(bench.opened.front()->info.prompt, std::string("prompt of beta"));
        QCOMPARE(bench.opened.front()->steps.size(), std::size_t(5));
        QVERIFY(bench.opened.front()->tokens != nullptr);
    }

    void ofSeveralOpeningsOnlyTheNewestArrives()
    {
        Bench bench;
        for (int i = 0; i < 20; ++i)
            bench.library->open(bench.first);
        bench.library->open(bench.second);
        QTRY_COMPARE(bench.opened.size(), std::size_t(1));
        QCOMPARE(bench.opened.front()->info.id, bench.second);
    }

    void aRunThatIsNotThereIsNamed()
    {
        Bench bench;
        bench.library->open(RunId(999));
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY2(bench.failures.front().contains(QStringLiteral("999")),
                 qPrintable(bench.failures.front()));
    }

    void exportsAFileWhole()
    {
        Bench bench;
        QSignalSpy exported(bench.library.get(), &LibraryController::exported);
        const QString file = bench.folder.filePath(QStringLiteral("run.jsonl"));
        bench.library->exportRun(bench.second, file);
        QTRY_COMPARE(exported.size(), 1);
        QCOMPARE(exported.front().front().toString(), file);
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        QCOMPARE(written.readAll().count('\n'), 5);
    }

    void anExportThatCannotBeWrittenNamesTheFile()
    {
        Bench bench;
        bench.library->exportRun(bench.second, QStringLiteral("/nowhere/at/all.csv"));
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY(bench.failures.front().contains(QStringLiteral("/nowhere/at/all.csv")));
    }

    void changesAskedForBeforeTheEndAreMade()
    {
        Bench bench;
        bench.library->refresh();
        QTRY_COMPARE(bench.lists, 1);
        bench.library->rename(bench.session("beta"), QStringLiteral("omega"));
        bench.library.reset();
        const auto store = SessionStore::open(bench.path);
        QVERIFY_RESULT(store);
        const auto found = (*store)->sessions({.search = "omega", .bin = false});
        QVERIFY_RESULT(found);
        QCOMPARE(found->size(), std::size_t(1));
    }

    void anEvaluationWhosePlanCannotBeReadIsListedAndSaysWhy()
    {
        Bench bench;
        EvaluationInfo info;
        info.name = "torn";
        info.plan = "{";
        const auto store = EvaluationStore::open(bench.path);
        QVERIFY_RESULT(store);
        const auto stored = (*store)->create(info);
        QVERIFY_RESULT(stored);
        QSignalSpy listed(bench.library.get(), &LibraryController::evaluationsAvailable);
        QSignalSpy failed(bench.library.get(), &LibraryController::evaluationFailed);
        bench.library->refresh();
        QTRY_COMPARE(listed.size(), 1);
        const auto list =
            listed[0][0].value<std::shared_ptr<const std::vector<ui::ListedEvaluation>>>();
        QCOMPARE(list->size(), std::size_t(1));
        QVERIFY(!list->front().standing);
        bench.library->openEvaluation(stored->id);
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY2(
            failed[0][0].toString().startsWith(
                QStringLiteral("The plan of evaluation %1 cannot be read").arg(stored->id.value)),
            qPrintable(failed[0][0].toString()));
        QVERIFY(bench.failures.isEmpty());
    }

    void ofSeveralReportsAskedForTheNewestComes()
    {
        Bench bench;
        const auto store = EvaluationStore::open(bench.path);
        QVERIFY_RESULT(store);
        EvaluationInfo info;
        info.plan = R"({"data": "d", "settings": [{"name": "only"}]})";
        const auto first = (*store)->create(info);
        const auto second = (*store)->create(info);
        QVERIFY_RESULT(first);
        QVERIFY_RESULT(second);
        QSignalSpy made(bench.library.get(), &LibraryController::evaluationAvailable);
        bench.library->openEvaluation(first->id);
        bench.library->openEvaluation(second->id);
        QTRY_COMPARE(made.size(), 1);
        const auto opened = made[0][0].value<std::shared_ptr<const ui::OpenedEvaluation>>();
        QCOMPARE(opened->report.info.id, second->id);
    }

    void aFileThatIsNoLibraryIsNamed()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("library.sqlite"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("this is not a database, and long enough to be looked at as one, surely");
        file.close();
        LibraryController library(path.toStdString());
        QSignalSpy failed(&library, &LibraryController::failed);
        library.refresh();
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed.front().front().toString().contains(path));
    }
};

QTEST_MAIN(LibraryControllerTest)
#include "tst_librarycontroller.moc"
