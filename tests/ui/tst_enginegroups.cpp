// Several runs of one setting go on together in the engine controller.
#include "enginebench.h"

#include <QSignalSpy>

using namespace halftone;
using namespace halftone::test;

namespace {

RunRequest groupRequest(int count, std::int64_t maxSteps)
{
    RunRequest group = request(maxSteps);
    group.count = count;
    return group;
}

} // namespace

class EngineGroupsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aGroupIsOneRunThatIsShownAndOthersThatAreStoredUnderIt()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(groupRequest(4, 30));
        QTRY_COMPARE(bench.ended.size(), std::size_t(4));
        QTRY_COMPARE(bench.engine->activity(), Activity::Idle);
        QCOMPARE(bench.started.size(), std::size_t(1));
        QCOMPARE(bench.started.front().count, 4);
        const RunId first = bench.started.front().info.id;
        QCOMPARE(bench.steps.size(), std::size_t(30)); // of the first alone
        for (const auto& [run, step] : bench.steps)
            QCOMPARE(run, first);
        for (std::size_t i = 0; i < 4; ++i) {
            const RunInfo& info = bench.ended[i];
            QCOMPARE(info.seed, std::uint64_t(7) + i);
            QCOMPARE(info.status, RunStatus::Finished);
            const auto stored = bench.stored(info.id);
            QVERIFY_RESULT(stored);
            QCOMPARE(stored->size(), std::size_t(30));
            if (i > 0)
                QCOMPARE(*info.origin,
                         (ForkOrigin{first, StepIndex(0), "seed " + std::to_string(7 + i),
                                     ForkRole::Group}));
        }
        QCOMPARE(bench.groups.back().runs, 4);
        QCOMPARE(bench.groups.back().finished, 4);
        QCOMPARE(bench.groups.back().steps, 120);
        QVERIFY(bench.groups.back().stepsPerSecond() > 0);
    }

    void aRunOfAGroupHasTheStepsThatItWouldHaveAlone()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(groupRequest(3, 25));
        QTRY_COMPARE(bench.ended.size(), std::size_t(3));
        RunRequest alone = request(25);
        alone.settings.seed = 9;
        bench.engine->start(alone);
        QTRY_COMPARE(bench.ended.size(), std::size_t(4));
        const auto together = bench.stored(bench.ended[2].id);
        const auto single = bench.stored(bench.ended[3].id);
        QVERIFY_RESULT(together);
        QVERIFY_RESULT(single);
        for (std::size_t i = 0; i < 25; ++i)
            QVERIFY2(sameDecision((*together)[i], (*single)[i]),
                     describeDifference((*together)[i], (*single)[i]).c_str());
    }

    void pauseStepAndStopAreForAllOfAGroup()
    {
        Bench bench(slow);
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->startPaused(groupRequest(3, endless));
        QTRY_COMPARE(bench.engine->activity(), Activity::Paused);
        QCOMPARE(bench.groups.back().steps, 3);
        bench.engine->stepOnce();
        QTRY_COMPARE(bench.groups.back().steps, 6);
        QCOMPARE(bench.groups.back().goingOn, 3);
        bench.engine->resume();
        QTRY_VERIFY(bench.groups.back().steps > 20);
        bench.engine->stop();
        QTRY_COMPARE(bench.ended.size(), std::size_t(3));
        QCOMPARE(bench.groups.back().stopped, 3);
        for (const RunInfo& info : bench.ended) {
            const auto stored = bench.stored(info.id);
            QVERIFY_RESULT(stored);
            QCOMPARE(stored->size(), bench.steps.size());
            QCOMPARE(bench.storedInfo(info.id)->status, RunStatus::Stopped);
        }
    }

    void aGroupIsChangedAsOne()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->startPaused(groupRequest(3, 6));
        QTRY_COMPARE(bench.engine->activity(), Activity::Paused);
        bench.engine->change("cautious", {{"trials", std::int64_t{1}}});
        bench.engine->resume();
        QTRY_COMPARE(bench.ended.size(), std::size_t(3));
        for (const RunInfo& info : bench.ended) {
            const auto stored = bench.stored(info.id);
            QVERIFY_RESULT(stored);
            QCOMPARE(stored->back().mode, std::string("cautious"));
        }
    }

    void aFailedStepFailsTheWholeGroupInOneSentence()
    {
        Bench bench({.failAtPosition = 10});
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(groupRequest(3, endless));
        QTRY_COMPARE(bench.ended.size(), std::size_t(3));
        QTRY_COMPARE(bench.failures.size(), 1);
        QTRY_COMPARE(bench.engine->activity(), Activity::Idle);
        QCOMPARE(bench.groups.back().failed, 3);
        for (const RunInfo& info : bench.ended) {
            const auto stored = bench.storedInfo(info.id);
            QVERIFY_RESULT(stored);
            QCOMPARE(stored->status, RunStatus::Failed);
            QCOMPARE(QString::fromStdString(stored->failure), bench.failures.front());
        }
    }

    void theFirstOfAGroupCanBeForkedAfterwards()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(groupRequest(3, 12));
        QTRY_COMPARE(bench.ended.size(), std::size_t(3));
        ForkRequest fork;
        fork.step = StepIndex(5);
        fork.input = StepInput::token(TokenId(9));
        bench.engine->fork(fork);
        QTRY_COMPARE(bench.ended.size(), std::size_t(4));
        QCOMPARE(bench.started.back().count, 1);
        QCOMPARE(bench.ended.back().origin->parent, bench.ended.front().id);
    }
};

QTEST_MAIN(EngineGroupsTest)
#include "tst_enginegroups.moc"
