// A run that goes on from the middle, forked, rewound or resumed from its record, is the run that
// was never interrupted.
#include "sessioncases.h"

#include <QTest>

#include <algorithm>
#include <limits>

using namespace halftone;
using namespace halftone::test;

class tst_SessionHistory : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void runsCasesWithAllThatCanHappen();
    void feedsTheInjectedTextByForce();

    void continuesAForkAtEveryStep_data() { addCases(); }
    void continuesAForkAtEveryStep();
    void continuesAfterARewindToEveryStep_data() { addCases(); }
    void continuesAfterARewindToEveryStep();
    void continuesAResumedRecordOfEveryLength_data() { addCases(); }
    void continuesAResumedRecordOfEveryLength();
    void resumesInPieces_data() { addCases(); }
    void resumesInPieces();

    void resumesAFinishedRunAsFinished();
    void tellsNoObserverOfResumedSteps();
    void resumesWithoutDecidingAgain();
    void refusesRecordsThatDoNotFit_data();
    void refusesRecordsThatDoNotFit();
    void standsWhereItWasWhenResumingIsCancelled();
    void isPoisonedWhenResumingFails();
};

void tst_SessionHistory::runsCasesWithAllThatCanHappen()
{
    const auto happens = [](const char* name, const auto& what) {
        const auto session = uninterrupted(fetchedCase(name));
        const auto& steps = session->steps();
        return std::any_of(steps.begin(), steps.end(), what);
    };
    const auto thinks = [](const StepRecord& step) { return step.phase == Phase::Think; };
    const auto answers = [](const StepRecord& step) { return step.phase == Phase::Answer; };
    const auto mixes = [](const StepRecord& step) { return step.input.kind == InputKind::Mixture; };
    const auto counts = [](const StepRecord& step) {
        return !step.ruleState.empty() && step.ruleState[0] > 0;
    };
    const auto stopsCold = [](const StepRecord& step) {
        const auto kinds = eventKinds(step);
        return std::find(kinds.begin(), kinds.end(), EventKind::ColdStop) != kinds.end();
    };
    QVERIFY(happens("discrete", thinks) && happens("discrete", answers));
    QVERIFY(happens("soft", thinks) && happens("soft", answers) && happens("soft", mixes) &&
            happens("soft", counts) && happens("soft", stopsCold));
    QVERIFY(happens("injected", stopsCold) && happens("injected", answers));
    const auto has = [](EventKind kind) {
        return [kind](const StepRecord& step) {
            const auto kinds = eventKinds(step);
            return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
        };
    };
    QVERIFY(happens("swi", mixes) && happens("swi", answers) &&
            happens("swi", has(EventKind::ModeSwitched)) &&
            happens("swi", has(EventKind::Injected)) && happens("swi", has(EventKind::Forced)));
    QVERIFY(happens("entropix", thinks) && happens("entropix", answers) &&
            happens("entropix", has(EventKind::Region)) &&
            happens("entropix", has(EventKind::Forced)));
    QVERIFY(happens("filler", thinks) && happens("filler", answers) &&
            happens("filler", has(EventKind::ThinkingEnded)));
    QVERIFY(happens("budget", thinks) && happens("budget", answers) &&
            happens("budget", has(EventKind::Guided)) &&
            happens("budget", [&](const StepRecord& step) {
                return step.step.value > 0 && has(EventKind::Guided)(step);
            }));
}

void tst_SessionHistory::feedsTheInjectedTextByForce()
{
    const Case it = fetchedCase("injected");
    const auto session = uninterrupted(it);
    const auto& steps = session->steps();
    std::size_t stop = 0;
    while (eventKinds(steps[stop]) != std::vector{EventKind::ColdStop})
        ++stop;
    QVERIFY(steps[stop].forcedQueue.empty());
    const std::vector<TokenId> text{b, c, d};
    for (std::size_t i = 0; i < text.size(); ++i) {
        const StepRecord& step = steps[stop + 1 + i];
        QCOMPARE(step.input, StepInput::token(text[i]));
        QVERIFY(step.forced);
        QCOMPARE(step.phase, Phase::Answer);
        QCOMPARE(step.forcedQueue,
                 std::vector(text.begin() + static_cast<std::ptrdiff_t>(i), text.end()));
        QCOMPARE(eventKinds(step).back(), EventKind::Forced);
        QVERIFY(step.filteredSupport > 0);
    }
    QVERIFY(!steps[stop + 4].forced);
    QVERIFY(steps[stop + 4].forcedQueue.empty());
}

void tst_SessionHistory::continuesAForkAtEveryStep()
{
    QFETCH(QByteArray, name);
    const auto whole = uninterrupted(fetchedCase(name));
    QCOMPARE(whole->steps().size(), 40U);
    for (std::int64_t k = 0; k <= 40; ++k) {
        const auto fork = whole->fork(StepIndex{k});
        QVERIFY_RESULT(fork);
        QCOMPARE((*fork)->nextStep(), StepIndex{k});
        QVERIFY(!(*fork)->finished());
        if (k == 40)
            continue; // would go on past the limit
        QVERIFY_RESULT(run(**fork));
        QCOMPARE_STEPS((*fork)->steps(), whole->steps());
    }
}

void tst_SessionHistory::continuesAfterARewindToEveryStep()
{
    QFETCH(QByteArray, name);
    const Case it = fetchedCase(name);
    const auto whole = uninterrupted(it);
    const auto session = uninterrupted(it);
    for (std::int64_t k = 39; k >= 0; --k) {
        QVERIFY_RESULT(session->rewind(StepIndex{k}));
        QCOMPARE(session->nextStep(), StepIndex{k});
        QVERIFY_RESULT(run(*session));
        QCOMPARE_STEPS(session->steps(), whole->steps());
    }
}

void tst_SessionHistory::continuesAResumedRecordOfEveryLength()
{
    QFETCH(QByteArray, name);
    const Case it = fetchedCase(name);
    const auto whole = uninterrupted(it);
    for (std::size_t k = 0; k < 40; ++k) {
        const auto session = sessionOf(it);
        QVERIFY_RESULT(session->resume(std::span(whole->steps()).first(k)));
        QCOMPARE(session->steps().size(), k);
        QVERIFY_RESULT(run(*session));
        QCOMPARE_STEPS(session->steps(), whole->steps());
    }
}

void tst_SessionHistory::resumesInPieces()
{
    QFETCH(QByteArray, name);
    const Case it = fetchedCase(name);
    const auto whole = uninterrupted(it);
    const std::span steps(whole->steps());
    const auto session = sessionOf(it);
    QVERIFY_RESULT(run(*session, 3));
    QVERIFY_RESULT(session->resume(steps.subspan(3, 6)));
    QVERIFY_RESULT(run(*session, 12));
    QVERIFY_RESULT(session->resume(steps.subspan(12, 20)));
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), whole->steps());
}

void tst_SessionHistory::resumesAFinishedRunAsFinished()
{
    const auto engine = engineOf(walkModel());
    const RunSettings settings = settingsOf("soft", {{"answer-temperature", 0.0}});
    const auto whole = sessionOf(engine, settings, {think});
    QVERIFY_RESULT(run(*whole));
    const auto session = sessionOf(engine, settings, {think});
    QVERIFY_RESULT(session->resume(whole->steps()));
    QVERIFY(session->finished());
    QCOMPARE(session->stopReason(), StopReason::EndToken);
    QVERIFY(!session->step());
}

void tst_SessionHistory::tellsNoObserverOfResumedSteps()
{
    class Counter : public StepObserver
    {
    public:
        void stepTaken(const StepRecord&) override { ++count; }
        int count = 0;
    } counter;
    const Case it = fetchedCase("soft");
    const auto whole = uninterrupted(it);
    const auto session = sessionOf(it);
    session->setObserver(&counter);
    QVERIFY_RESULT(session->resume(std::span(whole->steps()).first(20)));
    QCOMPARE(counter.count, 0);
    QVERIFY_RESULT(session->step());
    QCOMPARE(counter.count, 1);
}

void tst_SessionHistory::resumesWithoutDecidingAgain()
{
    // A record of another seed stays as it is.
    const Case it = fetchedCase("discrete");
    const auto whole = uninterrupted(it);
    RunSettings other = it.settings;
    other.seed = 999;
    const auto session = sessionOf(it.engine, other, it.prompt, it.partner);
    QVERIFY_RESULT(session->resume(whole->steps()));
    QCOMPARE_STEPS(session->steps(), whole->steps());
}

void tst_SessionHistory::refusesRecordsThatDoNotFit_data()
{
    QTest::addColumn<int>("damage");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("a gap") << 0 << QByteArray("The recorded step 3 at position 4 stands where");
    QTest::newRow("another prompt's position")
        << 1 << QByteArray("step 2 at position 9 stands where step 2 at position 3 should");
    QTest::newRow("an id outside") << 2 << QByteArray("Token id 99 is outside");
    QTest::newRow("weights missing") << 3 << QByteArray("do not fit its kind, 'mixture'");
    QTest::newRow("a weight that is no number") << 4 << QByteArray("do not fit its kind");
    QTest::newRow("a hidden vector of another size") << 5 << QByteArray("kind, 'hidden'");
    QTest::newRow("no input") << 6 << QByteArray("do not fit its kind");
}

void tst_SessionHistory::refusesRecordsThatDoNotFit()
{
    QFETCH(int, damage);
    QFETCH(QByteArray, words);
    const Case it = fetchedCase("soft");
    const auto whole = uninterrupted(it);
    std::vector<StepRecord> records(whole->steps().begin(), whole->steps().begin() + 5);
    StepRecord& record = records[2];
    record.input = {InputKind::Mixture, {a, b}, {0.5F, 0.5F}, {}};
    switch (damage) {
    case 0:
        records.erase(records.begin() + 2);
        break;
    case 1:
        record.position = Position{9};
        break;
    case 2:
        record.input.ids[1] = TokenId{99};
        break;
    case 3:
        record.input.weights.pop_back();
        break;
    case 4:
        record.input.weights[0] = std::numeric_limits<float>::infinity();
        break;
    case 5:
        record.input = {InputKind::Hidden, {}, {}, {1, 2, 3}};
        break;
    default:
        record.input = {InputKind::Token, {}, {}, {}};
    }
    const auto session = sessionOf(it);
    const auto resumed = session->resume(records);
    QVERIFY(!resumed);
    QCOMPARE(resumed.error().code, ErrorCode::InvalidInput);
    QVERIFY2(resumed.error().message.find(words.toStdString()) != std::string::npos,
             resumed.error().message.c_str());
    // Nothing was resumed, and the session is as good as new.
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), whole->steps());
}

void tst_SessionHistory::standsWhereItWasWhenResumingIsCancelled()
{
    const Case it = fetchedCase("soft");
    const auto whole = uninterrupted(it);
    const auto session = sessionOf(it);
    QVERIFY_RESULT(run(*session, 4));
    CancelToken cancel;
    const auto resumed = session->resume(
        std::span(whole->steps()).subspan(4, 20),
        [&](const Progress& progress) {
            QCOMPARE(progress.total, 20U);
            if (progress.done == 9)
                cancel.cancel();
        },
        cancel);
    QVERIFY(!resumed);
    QCOMPARE(resumed.error().code, ErrorCode::Cancelled);
    QCOMPARE(session->steps().size(), 4U);
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), whole->steps());
}

void tst_SessionHistory::isPoisonedWhenResumingFails()
{
    auto model = randomModel(12, 14);
    FakeLanguageModel& fake = *model;
    Case it = fetchedCase("soft");
    it.engine = engineOf(std::move(model));
    const auto whole = uninterrupted(it);
    const auto session = sessionOf(it);
    QVERIFY_RESULT(run(*session, 4));
    fake.failAtPosition = 12;
    const auto resumed = session->resume(std::span(whole->steps()).subspan(4, 20));
    QVERIFY(!resumed);
    QCOMPARE(session->step().error().message, resumed.error().message);
    QCOMPARE(session->steps().size(), 4U);
    fake.failAtPosition = -1;
    QVERIFY_RESULT(session->rewind(session->nextStep()));
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), whole->steps());
}

QTEST_GUILESS_MAIN(tst_SessionHistory)
#include "tst_sessionhistory.moc"
