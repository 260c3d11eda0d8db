// What a library keeps of trainings: how far they are and their curves, whoever reads meanwhile.
#include "qverifyresult.h"
#include "store/trainingstore.h"
#include "testrun.h"

#include <QTest>

#include <cmath>
#include <csignal>
#include <limits>
#include <sys/wait.h>
#include <unistd.h>

using namespace halftone;
using namespace halftone::test;

namespace {

TrainingInfo someTraining(const std::string& folder = "/models/reasoner")
{
    TrainingInfo info;
    info.name = "reasoner";
    info.folder = folder;
    info.identity = "00ff";
    info.recipe = R"({"name": "reasoner"})";
    info.stage = "chain";
    info.steps = 40;
    return info;
}

TrainingPoint point(std::int64_t step, double loss)
{
    return {step, 100 * step, loss, 0.25, 0.001, 1.5, 640};
}

TrainingState at(std::int64_t step)
{
    return {1'000'000, "cpu", 2, 0.5 * static_cast<double>(step), step, 100 * step};
}

std::vector<std::int64_t> stepsOf(const std::vector<TrainingPoint>& points)
{
    std::vector<std::int64_t> steps;
    for (const TrainingPoint& each : points)
        steps.push_back(each.step);
    return steps;
}

} // namespace

class TrainingStoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aTrainingComesBackAsItWasGiven()
    {
        const TemporaryFolder folder;
        const auto store = TrainingStore::open(folder.library());
        QVERIFY_RESULT(store);
        const auto id = (*store)->begin(someTraining(), false);
        QVERIFY_RESULT(id);
        const std::vector<TrainingPoint> points{point(10, 2.5), point(20, -0.0)};
        QVERIFY_RESULT((*store)->append(*id, at(20), points));

        // Another process reads what this one writes.
        const auto reader =
            TrainingStore::open(folder.library(), SessionStore::Access::ReadOnly).value();
        const auto found = reader->trainings();
        QVERIFY_RESULT(found);
        QCOMPARE(found->size(), 1U);
        const TrainingInfo& info = found->front();
        QCOMPARE(info.name, "reasoner");
        QCOMPARE(info.folder, "/models/reasoner");
        QCOMPARE(info.identity, "00ff");
        QCOMPARE(info.recipe, R"({"name": "reasoner"})");
        QCOMPARE(info.stage, "chain");
        QCOMPARE(info.steps, 40);
        QVERIFY(info.startedMs > 1'700'000'000'000);
        QCOMPARE(info.status, RunStatus::Running);
        QCOMPARE(info.state.parameters, 1'000'000);
        QCOMPARE(info.state.device, "cpu");
        QCOMPARE(info.state.threads, 2);
        QCOMPARE(info.state.seconds, 10.0);
        QCOMPARE(info.state.step, 20);
        QCOMPARE(info.state.tokens, 2000);
        const auto stored = reader->points(*id);
        QVERIFY_RESULT(stored);
        QVERIFY(*stored == points);
        QVERIFY(std::signbit(stored->at(1).loss));
        QVERIFY(info.latest == points.back());

        QVERIFY_RESULT((*store)->finish(*id, RunStatus::Failed, "The disk is full."));
        QCOMPARE(reader->trainings()->front().status, RunStatus::Failed);
        QCOMPARE(reader->trainings()->front().failure, "The disk is full.");
    }

    void numbersThatAreNoneComeBackAsNone()
    {
        const TemporaryFolder folder;
        const auto store = TrainingStore::open(folder.library()).value();
        const TrainingId id = store->begin(someTraining(), false).value();
        const std::vector<TrainingPoint> points{point(1, std::numeric_limits<double>::quiet_NaN())};
        QVERIFY_RESULT(store->append(id, at(1), points));
        QVERIFY(std::isnan(store->points(id)->front().loss));
    }

    void aResumedTrainingGoesOnInItsOwnRow()
    {
        const TemporaryFolder folder;
        const auto store = TrainingStore::open(folder.library()).value();
        const TrainingId first = store->begin(someTraining(), false).value();
        const std::vector<TrainingPoint> points{point(10, 4), point(20, 3), point(30, 2)};
        QVERIFY_RESULT(store->append(first, at(30), points));
        QVERIFY_RESULT(store->finish(first, RunStatus::Stopped));
        QCOMPARE(store->begin(someTraining(), true).value(), first);
        QCOMPARE(store->trainings()->front().status, RunStatus::Running);
        // From its checkpoint at step 15 on: what it had drawn beyond is drawn again.
        const std::vector<TrainingPoint> again{point(20, 3.5)};
        QVERIFY_RESULT(store->append(first, at(20), again));
        QCOMPARE(stepsOf(store->points(first).value()), (std::vector<std::int64_t>{10, 20}));
        QCOMPARE(store->points(first)->at(1).loss, 3.5);
        QCOMPARE(store->trainings()->size(), 1U);
    }

    void aNewOneOrAnUnknownOneGetsARowOfItsOwn()
    {
        const TemporaryFolder folder;
        const auto store = TrainingStore::open(folder.library()).value();
        const TrainingId first = store->begin(someTraining(), false).value();
        const TrainingId anew = store->begin(someTraining(), false).value();
        QVERIFY(anew != first);
        QCOMPARE(store->begin(someTraining(), true).value(), anew); // the newest of the folder
        TrainingInfo other = someTraining();
        other.identity = "11ee";
        QVERIFY(store->begin(other, true).value() > anew);
        QVERIFY(store->begin(someTraining("/elsewhere"), true).value() > anew);
        QCOMPARE(store->trainings()->size(), 4U);
        QCOMPARE(store->trainings()->back().id, first); // newest first
    }

    void oneWhoseProgramWasKilledIsInterrupted()
    {
        const TemporaryFolder folder;
        const pid_t child = fork();
        if (child == 0) {
            const auto store = TrainingStore::open(folder.library()).value();
            const TrainingId id = store->begin(someTraining(), false).value();
            const std::vector<TrainingPoint> points{point(10, 2.5)};
            if (!store->append(id, at(10), points))
                _exit(1);
            raise(SIGKILL);
        }
        int status = 0;
        QCOMPARE(waitpid(child, &status, 0), child);
        QVERIFY(WIFSIGNALED(status));
        const auto store = TrainingStore::open(folder.library()).value();
        QCOMPARE(store->trainings()->front().status, RunStatus::Interrupted);
        QCOMPARE(store->points(TrainingId{1})->size(), 1U);
    }
};

QTEST_GUILESS_MAIN(TrainingStoreTest)
#include "tst_trainingstore.moc"
