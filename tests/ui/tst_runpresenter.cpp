// Which run is shown, as live and stored ones come and go.
#include "runpresenter.h"

#include "fakeengine.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace halftone;
using namespace halftone::test;
using namespace halftone::ui;

namespace {

struct Bench
{
    explicit Bench(const FakeEngineOptions& options = {})
        : path(std::filesystem::path(folder.path().toStdString()) / "library.sqlite")
        , engine(path, fakeLoader(options))
        , library(path)
        , document(&cursor)
        , presenter(&engine, &library, &document)
    {
        engine.loadModel(QStringLiteral("any"));
    }

    void start(std::int64_t maxSteps, int count = 1)
    {
        RunRequest request;
        request.count = count;
        request.prompt = QStringLiteral("w1");
        request.settings.maxSteps = maxSteps;
        engine.start(request);
    }

    QTemporaryDir folder;
    std::filesystem::path path;
    EngineController engine;
    LibraryController library;
    StepCursor cursor;
    RunDocument document;
    RunPresenter presenter;
};

constexpr std::int64_t endless = 100'000'000;
constexpr FakeEngineOptions slow{.pace = std::chrono::microseconds(500)};

/// Steps are whole and in order, whatever way they came.
bool isContinuous(const RunDocument& document)
{
    for (qint64 i = 0; i < document.count(); ++i)
        if (document.at(i)->step.value != i)
            return false;
    return document.count() > 0;
}

} // namespace

class RunPresenterTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aLiveRunGrowsInTheDocumentUntilItEnds()
    {
        Bench bench;
        bench.start(200);
        QTRY_COMPARE(bench.document.count(), 200);
        QTRY_VERIFY(!bench.document.isLive());
        QCOMPARE(bench.document.info().status, RunStatus::Finished);
        QVERIFY(isContinuous(bench.document));
    }

    void aLiveRunGoesOnWhileAStoredOneIsLookedAt()
    {
        Bench bench(slow);
        bench.start(30);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        const RunId first = bench.document.info().id;
        bench.start(endless);
        QTRY_VERIFY(bench.document.isLive() && bench.document.count() > 5);
        const RunId second = bench.document.info().id;

        QSignalSpy hidden(&bench.presenter, &RunPresenter::liveHiddenChanged);
        bench.presenter.open(first);
        QTRY_COMPARE(bench.document.info().id, first);
        QVERIFY(!bench.document.isLive());
        QCOMPARE(bench.document.count(), 30);
        QVERIFY(bench.presenter.liveIsHidden());
        QCOMPARE(hidden.size(), 1);

        QSignalSpy arrived(&bench.engine, &EngineController::stepsAvailable);
        QTRY_VERIFY(arrived.size() > 2);
        QCOMPARE(bench.document.count(), 30);

        bench.presenter.open(second); // known to be live: nothing is read
        QCOMPARE(bench.document.info().id, second);
        QVERIFY(bench.document.isLive());
        QVERIFY(!bench.presenter.liveIsHidden());
        const qint64 back = bench.document.count();
        QTRY_VERIFY(bench.document.count() > back);
        QVERIFY(isContinuous(bench.document));
        bench.engine.stop();
        QTRY_COMPARE(bench.document.info().status, RunStatus::Stopped);
    }

    void aRunThatEndsUnseenLeavesTheReplayAlone()
    {
        Bench bench(slow);
        bench.start(10);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        const RunId first = bench.document.info().id;
        bench.start(endless);
        QTRY_VERIFY(bench.document.isLive());
        bench.presenter.open(first);
        QTRY_COMPARE(bench.document.info().id, first);
        QSignalSpy ended(&bench.engine, &EngineController::runEnded);
        bench.engine.stop();
        QTRY_COMPARE(ended.size(), 1);
        QCOMPARE(bench.document.info().id, first);
        QVERIFY(!bench.presenter.liveIsHidden());
    }

    void aRunThatBeganAfterTheOpeningStays()
    {
        Bench bench(slow);
        bench.start(10);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        const RunId first = bench.document.info().id;
        QSignalSpy started(&bench.engine, &EngineController::runStarted);
        bench.start(endless);
        QTRY_COMPARE(started.size(), 1);
        // An answer that nobody waits for any more.
        bench.library.open(first);
        QSignalSpy read(&bench.library, &LibraryController::runAvailable);
        QTRY_COMPARE(read.size(), 1);
        QVERIFY(bench.document.info().id != first);
        QVERIFY(bench.document.isLive());
    }

    void aChangeByHandIsPartOfTheShownRunsSettings()
    {
        Bench bench(slow);
        bench.start(endless);
        QTRY_VERIFY(bench.document.count() > 5);
        bench.engine.change("soft", {});
        const auto changes = [&] {
            const auto settings = runSettingsFromJson(bench.document.info().settings);
            return settings ? settings->schedule.segments.size() : std::size_t(0);
        };
        QTRY_COMPARE(changes(), std::size_t(1));
        QVERIFY(bench.document.isLive());
        QTRY_COMPARE(bench.document.at(bench.document.count() - 1)->segment, 1);
        bench.engine.stop();
        QTRY_VERIFY(!bench.document.isLive());
        QCOMPARE(changes(), std::size_t(1));
    }

    void aRunOfAGroupThatIsLookedAtIsShownWholeWhenItEnds()
    {
        Bench bench(slow);
        bench.start(1500, 3);
        QTRY_VERIFY(bench.document.count() > 500);
        const RunId first = bench.document.info().id;
        const RunId second(first.value + 1);
        bench.presenter.open(second);
        QTRY_COMPARE(bench.document.info().id, second);
        QVERIFY(bench.presenter.liveIsHidden());
        bench.cursor.moveTo(1);
        QTRY_COMPARE(bench.engine.activity(), EngineController::Activity::Idle);
        QTRY_COMPARE(bench.document.count(), 1500);
        QCOMPARE(bench.document.info().id, second);
        QCOMPARE(bench.document.info().status, RunStatus::Finished);
        QCOMPARE(bench.cursor.step(), 1); // nobody is moved while reading
    }

    void forksTheRunInMemoryAndShowsTheChild()
    {
        Bench bench;
        bench.start(20);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        const RunId parent = bench.document.info().id;
        ForkRequest fork{.step = StepIndex(4), .input = {}, .settings = {}, .change = {}};
        fork.input = StepInput::token(TokenId(8));
        bench.presenter.fork(fork);
        QTRY_VERIFY(bench.document.info().id != parent);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        QCOMPARE(bench.document.info().origin->parent, parent);
        QCOMPARE(bench.document.at(4)->sampled, TokenId(8));
        QCOMPARE(bench.document.count(), 20);
        QVERIFY(isContinuous(bench.document));
    }

    void forksAStoredRunThroughItsModel()
    {
        Bench bench;
        bench.start(20);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        const RunId parent = bench.document.info().id;
        bench.engine.loadModel(QStringLiteral("again")); // the session in memory goes
        QTRY_COMPARE(bench.engine.activity(), EngineController::Activity::Idle);
        bench.presenter.fork({.step = StepIndex(7), .input = {}, .settings = {}, .change = {}});
        QTRY_VERIFY(bench.document.info().id != parent);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        QCOMPARE(bench.document.info().origin->step, StepIndex(7));
        QVERIFY(isContinuous(bench.document));
    }

    void aProbeIsKeptWithItsStep_data()
    {
        QTest::addColumn<bool>("live");
        QTest::newRow("of a paused run") << true;
        QTest::newRow("of a stored run") << false;
    }

    void aProbeIsKeptWithItsStep()
    {
        QFETCH(bool, live);
        Bench bench(slow);
        RunRequest request;
        request.prompt = QStringLiteral("w1");
        request.settings.mode = "soft";
        request.settings.maxSteps = live ? endless : 10;
        request.settings.parameters["temperature"] = 1.0;
        bench.engine.start(request);
        QTRY_VERIFY(bench.document.count() > 8);
        const RunId run = bench.document.info().id;
        if (live) {
            bench.engine.pause();
            QTRY_COMPARE(bench.engine.activity(), EngineController::Activity::Paused);
        } else {
            QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
            bench.engine.loadModel(QStringLiteral("again")); // the session in memory goes
            QTRY_COMPARE(bench.engine.activity(), EngineController::Activity::Idle);
        }
        const StepRecord before = *bench.document.at(4);
        QVERIFY(!before.probe);
        QSignalSpy changed(&bench.document, &RunDocument::stepChanged);
        bench.presenter.ask(ProbeQuestion{StepIndex{4}});
        QTRY_COMPARE(changed.size(), 1);
        QCOMPARE(changed[0][0].toLongLong(), 4);
        const std::optional<MixtureProbe> probe = bench.document.at(4)->probe;
        QVERIFY(probe && probe->top1 >= 0 && probe->top2 > 0);
        QVERIFY(sameDecision(*bench.document.at(4), before));
        const auto stored = [&]() -> std::optional<MixtureProbe> {
            const auto store = SessionStore::open(bench.path, SessionStore::Access::ReadOnly);
            const auto steps = store ? (*store)->steps(run) : Unexpected(store.error());
            return steps ? steps->at(4).probe : std::nullopt;
        };
        QTRY_COMPARE(stored(), probe);
    }

    void asksForTheModelWhenItIsNotInMemory()
    {
        QTemporaryDir folder;
        const std::filesystem::path path =
            std::filesystem::path(folder.path().toStdString()) / "library.sqlite";
        RunId stored;
        {
            EngineController engine(path, fakeLoader());
            QSignalSpy ended(&engine, &EngineController::runEnded);
            engine.loadModel(QStringLiteral("any"), QStringLiteral("q8_0"));
            RunRequest request;
            request.prompt = QStringLiteral("w1");
            request.settings.maxSteps = 5;
            engine.start(request);
            QTRY_COMPARE(ended.size(), 1);
            stored = ended.front().front().value<RunInfo>().id;
        }
        EngineController engine(path, fakeLoader());
        LibraryController library(path);
        StepCursor cursor;
        RunDocument document(&cursor);
        RunPresenter presenter(&engine, &library, &document);
        presenter.open(stored);
        QTRY_COMPARE(document.count(), 5);
        QVERIFY(engine.model() == nullptr); // a replay needs none

        QSignalSpy needed(&presenter, &RunPresenter::modelNeeded);
        const ForkRequest fork{.step = StepIndex(2), .input = {}, .settings = {}, .change = {}};
        presenter.fork(fork);
        QCOMPARE(needed.size(), 1);
        QSignalSpy neededToAsk(&presenter, &RunPresenter::modelNeededToAsk);
        presenter.ask(ProbeQuestion{StepIndex{2}});
        QCOMPARE(neededToAsk.size(), 1);
        QSignalSpy refused(&engine, &EngineController::questionFailed);
        presenter.loadAndAsk(ProbeQuestion{StepIndex{2}});
        QTRY_COMPARE(refused.size(), 1); // the run was discrete
        QVERIFY(refused[0][0].toString().contains(QStringLiteral("fed one token")));

        QCOMPARE(needed.front().front().value<ModelIdentity>().name, std::string("fake"));
        presenter.loadAndFork(fork);
        QTRY_VERIFY(document.info().id != stored);
        QTRY_COMPARE(document.info().status, RunStatus::Finished);
        QCOMPARE(document.info().origin->parent, stored);
        QCOMPARE(engine.model()->type, QStringLiteral("q8_0"));
    }
};

QTEST_MAIN(RunPresenterTest)
#include "tst_runpresenter.moc"
