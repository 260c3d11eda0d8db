// What a library keeps of an evaluation: found again by its keys, and gone with its session.
#include "qverifyresult.h"
#include "store/evaluationstore.h"
#include "testrun.h"

#include <QTest>

#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

EvaluationInfo somePlan(const std::string& name)
{
    EvaluationInfo info;
    info.name = name;
    info.plan = R"({"name": "walks"})";
    info.dataDigest = "00ff";
    info.model = "starter";
    info.fingerprint = "ff00";
    return info;
}

RunId storedRun(SessionStore& store, SessionId session, RunStatus status)
{
    RunInfo info = someRun("asked");
    info.session = session;
    const RunId run = store.createRun(info, someTokens()).value();
    if (status != RunStatus::Running &&
        !store.finishRun(run, status, StopReason::EndToken, {3, 30, 5, 500}))
        qFatal("the run could not be closed");
    return run;
}

constexpr std::uint64_t largestSeed = 18'446'744'073'709'551'615ULL;

} // namespace

class EvaluationStoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEvaluationHasASessionOfItsName()
    {
        const TemporaryFolder folder;
        const auto evaluations = EvaluationStore::open(folder.library());
        QVERIFY_RESULT(evaluations);
        const auto made = (*evaluations)->create(somePlan("modes on walks"));
        QVERIFY_RESULT(made);
        const auto found = (*evaluations)->evaluation(made->id);
        QVERIFY_RESULT(found);
        QCOMPARE(found->plan, R"({"name": "walks"})");
        QCOMPARE(found->dataDigest, "00ff");
        QCOMPARE(found->fingerprint, "ff00");
        QCOMPARE(found->createdMs, made->createdMs);
        const auto store = SessionStore::open(folder.library());
        QVERIFY_RESULT(store);
        QCOMPARE((*store)->sessions()->at(0).id, found->session);
        QCOMPARE((*store)->sessions()->at(0).name, "Evaluation: modes on walks");
        const auto absent = (*evaluations)->evaluation(EvaluationId{9});
        QVERIFY(!absent);
        QCOMPARE(absent.error().code, ErrorCode::NotFound);
    }

    void aSampleIsUnderWayUntilItsOutcomeIsKnown()
    {
        const TemporaryFolder folder;
        const auto evaluations = EvaluationStore::open(folder.library()).value();
        const auto store = SessionStore::open(folder.library()).value();
        const EvaluationInfo info = evaluations->create(somePlan("walks")).value();
        const RunId run = storedRun(*store, info.session, RunStatus::Finished);
        const SampleKey key{"soft", "walks-1", largestSeed};
        QVERIFY_RESULT(evaluations->beginSample(info.id, key, 3, run));
        const auto begun = evaluations->samples(info.id);
        QVERIFY_RESULT(begun);
        QVERIFY(!begun->at(0).outcome);
        QCOMPARE(evaluations->evaluation(info.id)->samplesDone, 0);

        QVERIFY_RESULT(evaluations->finishSample(run, {true, "lell", 4, 1, 0.25, 2, 1}));
        const StoredSample done = evaluations->samples(info.id)->at(0);
        QCOMPARE(done.key, key);
        QCOMPARE(done.difficulty, 3);
        QCOMPARE(done.run, run);
        QCOMPARE(done.status, RunStatus::Finished);
        QCOMPARE(done.decodeSteps, 5);
        QCOMPARE(done.decodeNs, 500);
        QVERIFY(done.outcome && done.outcome->correct);
        QCOMPARE(done.outcome->answer, std::optional<std::string>("lell"));
        QCOMPARE(done.outcome->thinkTokens, 4);
        QCOMPARE(done.outcome->entropy, 0.25);
        QCOMPARE(done.outcome->forks, 2);
        QCOMPARE(done.outcome->openForks, 1);
        QCOMPARE(evaluations->evaluation(info.id)->samplesDone, 1);
    }

    void noAnswerAndNoEntropyStayNone()
    {
        const TemporaryFolder folder;
        const auto evaluations = EvaluationStore::open(folder.library()).value();
        const auto store = SessionStore::open(folder.library()).value();
        const EvaluationInfo info = evaluations->create(somePlan("walks")).value();
        const RunId run = storedRun(*store, info.session, RunStatus::Finished);
        QVERIFY_RESULT(evaluations->beginSample(info.id, {"soft", "walks-1", 0}, 0, run));
        QVERIFY_RESULT(evaluations->finishSample(run, {}));
        const StoredSample done = evaluations->samples(info.id)->at(0);
        QVERIFY(done.outcome && !done.outcome->correct && !done.outcome->answer);
        QVERIFY(std::isnan(done.outcome->entropy));
    }

    void aRunThatCameToNothingIsReplaced()
    {
        const TemporaryFolder folder;
        const auto evaluations = EvaluationStore::open(folder.library()).value();
        const auto store = SessionStore::open(folder.library()).value();
        const EvaluationInfo info = evaluations->create(somePlan("walks")).value();
        const RunId first = storedRun(*store, info.session, RunStatus::Interrupted);
        const RunId second = storedRun(*store, info.session, RunStatus::Running);
        const SampleKey key{"soft", "walks-1", 7};
        QVERIFY_RESULT(evaluations->beginSample(info.id, key, 3, first));
        QCOMPARE(evaluations->samples(info.id)->at(0).status, RunStatus::Interrupted);
        QVERIFY_RESULT(evaluations->beginSample(info.id, key, 3, second));
        const auto samples = evaluations->samples(info.id).value();
        QCOMPARE(samples.size(), 1U);
        QCOMPARE(samples[0].run, second);
        QCOMPARE(samples[0].status, RunStatus::Running);
    }

    void anEvaluationGoesWithItsSession()
    {
        const TemporaryFolder folder;
        const auto evaluations = EvaluationStore::open(folder.library()).value();
        const auto store = SessionStore::open(folder.library()).value();
        const EvaluationInfo kept = evaluations->create(somePlan("kept")).value();
        const EvaluationInfo gone = evaluations->create(somePlan("gone")).value();
        for (const EvaluationInfo& info : {kept, gone})
            QVERIFY_RESULT(
                evaluations->beginSample(info.id, {"soft", "walks-1", 0}, 0,
                                         storedRun(*store, info.session, RunStatus::Finished)));
        QVERIFY_RESULT(store->moveToBin(gone.session));
        QCOMPARE(evaluations->evaluations()->size(), 1U);
        QVERIFY_RESULT(evaluations->evaluation(gone.id));
        QVERIFY_RESULT(store->emptyBin());
        QVERIFY(!evaluations->evaluation(gone.id));
        QCOMPARE(evaluations->evaluations()->at(0).name, "kept");
        QCOMPARE(evaluations->samples(kept.id)->size(), 1U);
        QCOMPARE(evaluations->samples(gone.id)->size(), 0U);
    }
};

QTEST_GUILESS_MAIN(EvaluationStoreTest)
#include "tst_evaluationstore.moc"
