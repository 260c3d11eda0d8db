#include "faultydisk.h"
#include "qverifyresult.h"
#include "store/runrecorder.h"
#include "testrun.h"

#include <QTest>

#include <limits>
#include <thread>

using namespace halftone;
using namespace halftone::test;
using namespace Qt::StringLiterals;

namespace {

std::shared_ptr<const TokenTable> tokens()
{
    return {std::shared_ptr<void>(), &someTokens()};
}

std::unique_ptr<RunRecorder> startRecorder(const TemporaryFolder& folder, RunInfo info = someRun())
{
    auto recorder = RunRecorder::start(folder.library(), std::move(info), tokens());
    if (!recorder)
        qFatal("%s", recorder.error().message.c_str());
    return std::move(*recorder);
}

std::unique_ptr<SessionStore> openStore(const TemporaryFolder& folder)
{
    return SessionStore::open(folder.library(), SessionStore::Access::ReadOnly).value();
}

void take(RunRecorder& recorder, std::int64_t from, std::int64_t end)
{
    for (std::int64_t step = from; step < end; ++step)
        recorder.stepTaken(randomRecord(1, step));
}

} // namespace

class RunRecorderTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { FaultyDisk::install(); }
    void cleanup() { FaultyDisk::repair(); }

    void trialsBecomeFinishedChildrenOfTheRun()
    {
        const TemporaryFolder folder;
        const auto recorder = startRecorder(folder);
        take(*recorder, 0, 3);
        const std::vector<StepRecord> dropped = randomRecords(7, 3, 5);
        const std::vector<StepRecord> kept = randomRecords(8, 3, 4);
        recorder->trialTaken({StepIndex{3}, dropped, 1, 2, 2.5, false});
        recorder->trialTaken({StepIndex{3}, kept, 2, 2, 1.25, true});
        take(*recorder, 3, 6);
        QVERIFY_RESULT(recorder->finish(RunStatus::Finished, StopReason::EndToken, {}));

        const auto store = openStore(folder);
        const std::vector<RunSummary> runs = store->sessions()->at(0).runs;
        QCOMPARE(runs.size(), std::size_t{3});
        QCOMPARE(runs[1].parent, recorder->info().id);
        QCOMPARE(runs[1].forkStep, StepIndex{3});
        QCOMPARE(runs[1].change, std::string("trial 1 of 2, perplexity 2.5"));
        QCOMPARE(runs[1].role, ForkRole::Trial);
        QCOMPARE(runs[1].status, RunStatus::Finished);
        QCOMPARE(runs[2].role, ForkRole::ChosenTrial);
        QCOMPARE(runs[2].change, std::string("trial 2 of 2, perplexity 1.25, chosen"));
        const auto steps = store->steps(runs[1].id);
        QVERIFY_RESULT(steps);
        QCOMPARE(steps->size(), std::size_t{5}); // three of the run, two of its own
        QCOMPARE(firstDifference({steps->begin() + 3, steps->end()}, dropped), std::string());
    }

    void aRunIsStoredFromItsFirstToItsLastStep()
    {
        const TemporaryFolder folder;
        const auto recorder = startRecorder(folder, someRun("Why?\nBecause."));
        QVERIFY(recorder->info().id.value > 0);
        QVERIFY(recorder->info().session.value > 0);
        QVERIFY(recorder->info().startedMs > 0);
        QCOMPARE(openStore(folder)->run(recorder->info().id)->status, RunStatus::Running);
        QCOMPARE(openStore(folder)->sessions()->at(0).name, "Why? Because.");
        take(*recorder, 0, 3000);
        const RunTimings timings{2, 3, 3000, 5};
        QVERIFY_RESULT(recorder->finish(RunStatus::Finished, StopReason::EndToken, timings));
        QCOMPARE(recorder->info().status, RunStatus::Finished);
        QCOMPARE(recorder->info().timings, timings);

        const auto store = openStore(folder);
        QCOMPARE(store->run(recorder->info().id)->stop, StopReason::EndToken);
        QCOMPARE(
            firstDifference(store->steps(recorder->info().id).value(), randomRecords(1, 0, 3000)),
            std::string());
    }

    void aSessionThatIsThereIsUsed()
    {
        const TemporaryFolder folder;
        const SessionId session =
            SessionStore::open(folder.library()).value()->createSession("there").value();
        RunInfo info = someRun();
        info.session = session;
        const auto recorder = startRecorder(folder, info);
        QCOMPARE(recorder->info().session, session);
        QCOMPARE(openStore(folder)->sessions()->size(), 1U);
    }

    void stepsAppearWhileTheRunGoesOn()
    {
        const TemporaryFolder folder;
        const auto recorder = startRecorder(folder);
        const auto store = openStore(folder);
        take(*recorder, 0, 5);
        QTRY_COMPARE(store->stepCount(recorder->info().id).value(), 5);
        take(*recorder, 5, 6);
        QTRY_COMPARE(store->stepCount(recorder->info().id).value(), 6);
    }

    void flushStoresWhatWasTaken()
    {
        const TemporaryFolder folder;
        const auto recorder = startRecorder(folder);
        QVERIFY_RESULT(recorder->flush());
        for (std::int64_t step = 0; step < 20; ++step) {
            take(*recorder, step, step + 1);
            QVERIFY_RESULT(recorder->flush());
            QCOMPARE(openStore(folder)->stepCount(recorder->info().id).value(), step + 1);
        }
        // So a fork of a run that goes on finds its parent's steps.
        RunInfo fork = someRun();
        fork.origin = ForkOrigin{recorder->info().id, StepIndex{20}, "x"};
        QCOMPARE(startRecorder(folder, fork)->info().session, recorder->info().session);
    }

    void withoutAnEndTheRunIsInterrupted()
    {
        const TemporaryFolder folder;
        auto recorder = startRecorder(folder);
        const RunId run = recorder->info().id;
        take(*recorder, 0, 7);
        recorder.reset();
        QCOMPARE(openStore(folder)->run(run)->status, RunStatus::Interrupted);
        QCOMPARE(openStore(folder)->steps(run)->size(), 7U);
    }

    void aRunEndsOnce()
    {
        const TemporaryFolder folder;
        const auto recorder = startRecorder(folder);
        QVERIFY_RESULT(
            recorder->finish(RunStatus::Failed, StopReason::None, {}, "The model broke."));
        QVERIFY(!recorder->finish(RunStatus::Finished, StopReason::None, {}));
        QCOMPARE(openStore(folder)->run(recorder->info().id)->failure, "The model broke.");
    }

    void theFirstFailureIsTold_data()
    {
        QTest::addColumn<bool>("full");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("disk full")
            << true << static_cast<int>(ErrorCode::DiskFull)
            << u"No room is left on the disk of the library 'FILE'. What was "
               "stored before is whole; free some space and try again."_s;
        QTest::newRow("disk broken") << false << static_cast<int>(ErrorCode::InvalidInput)
                                     << u"The library 'FILE' could not be read or written: disk "
                                        u"I/O error. Check the disk that "
                                        "it lies on."_s;
    }
    void theFirstFailureIsTold()
    {
        QFETCH(bool, full);
        QFETCH(int, code);
        QFETCH(QString, sentence);
        const TemporaryFolder folder;
        const auto recorder = startRecorder(folder);
        take(*recorder, 0, 50);
        QVERIFY_RESULT(recorder->flush());
        QVERIFY_RESULT(recorder->status());
        FaultyDisk::failAfter(20'000, full ? FaultyDisk::Fault::Full : FaultyDisk::Fault::Error);
        // More than may wait in memory: the engine is not stopped for good by a writer that failed.
        take(*recorder, 50, 10'000);
        const auto failed = recorder->flush();
        QVERIFY(!failed);
        QCOMPARE(static_cast<int>(failed.error().code), code);
        sentence.replace(u"FILE"_s, QString::fromStdString(folder.library().string()));
        QCOMPARE(QString::fromStdString(failed.error().message), sentence);
        QCOMPARE(QString::fromStdString(recorder->status().error().message), sentence);
        const auto end = recorder->finish(RunStatus::Finished, StopReason::EndToken, {});
        QVERIFY(!end);
        QCOMPARE(QString::fromStdString(end.error().message), sentence);

        // What was stored before is whole, and the run is not called finished.
        FaultyDisk::repair();
        const auto store = openStore(folder);
        const auto steps = store->steps(recorder->info().id);
        QVERIFY_RESULT(steps);
        QVERIFY(steps->size() >= 50);
        QCOMPARE(
            firstDifference(*steps, randomRecords(1, 0, static_cast<std::int64_t>(steps->size()))),
            std::string());
        QVERIFY(store->run(recorder->info().id)->status != RunStatus::Finished);
        QCOMPARE(runSql(folder.library(), "PRAGMA integrity_check"), "ok");
    }

    void afterAFailureTheRunIsClosedAsFailedWhenThatCanBeStored()
    {
        const TemporaryFolder folder;
        const auto recorder = startRecorder(folder);
        take(*recorder, 0, 5);
        take(*recorder, 6, 8); // a gap
        const auto end = recorder->finish(RunStatus::Finished, StopReason::EndToken, {});
        QVERIFY(!end);
        const std::string sentence = "Step 6 cannot be stored after the 5 steps of run 1.";
        QCOMPARE(end.error().message, sentence);
        const auto run = openStore(folder)->run(recorder->info().id);
        QCOMPARE(run->status, RunStatus::Failed);
        QCOMPARE(run->failure, sentence);
    }

    void aLibraryThatCannotBeOpenedIsToldAtOnce()
    {
        const TemporaryFolder folder;
        const auto failed = RunRecorder::start(folder.path(), someRun(), tokens());
        QVERIFY(!failed);
        QCOMPARE(failed.error().code, ErrorCode::InvalidInput);
        QVERIFY(!RunRecorder::start(folder.library(), someRun(), nullptr));
    }

    void aFullDiskLeavesNoHalfLibrary()
    {
        // Wherever the disk becomes full, opening says so, and works when there is room again.
        int failures = 0;
        int successes = 0;
        for (std::int64_t bytes = 0; bytes < 300'000; bytes += 7'000) {
            const TemporaryFolder folder;
            FaultyDisk::failAfter(bytes);
            const auto failed = RunRecorder::start(folder.library(), someRun(), tokens());
            FaultyDisk::repair();
            ++(failed ? successes : failures);
            if (!failed) {
                QCOMPARE(failed.error().code, ErrorCode::DiskFull);
                QVERIFY_RESULT(RunRecorder::start(folder.library(), someRun(), tokens()));
            }
        }
        QVERIFY(failures > 5);
        QVERIFY(successes > 5);
    }

    void severalRunsAreRecordedAtOnce()
    {
        const TemporaryFolder folder;
        std::vector<std::unique_ptr<RunRecorder>> recorders;
        for (int i = 0; i < 3; ++i)
            recorders.push_back(startRecorder(folder));
        std::vector<std::thread> engines;
        for (const auto& recorder : recorders)
            engines.emplace_back([&recorder] {
                take(*recorder, 0, 800);
                if (const auto done =
                        recorder->finish(RunStatus::Finished, StopReason::MaxSteps, {});
                    !done)
                    qWarning("%s", done.error().message.c_str());
            });
        for (std::thread& engine : engines)
            engine.join();
        for (const auto& recorder : recorders)
            QCOMPARE(firstDifference(openStore(folder)->steps(recorder->info().id).value(),
                                     randomRecords(1, 0, 800)),
                     std::string());
    }
};

QTEST_GUILESS_MAIN(RunRecorderTest)
#include "tst_runrecorder.moc"
