// Forks and rewinds: what they share with their parent and what becomes different.
#include "sessioncases.h"

#include <QTest>

#include <limits>

using namespace halftone;
using namespace halftone::test;

class tst_SessionFork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void forksWithoutASecondPrefill();
    void keepsForksApart();
    void drawsTheSameNumbersInAForkWithTheSameSeed();
    void drawsOtherNumbersInAForkWithAnotherSeed();
    void startsCountersAnewInAForkToAnotherMode();
    void keepsCountersInAForkOfTheSameMode();
    void goesSoftInAForkOfADiscreteRun();
    void rewindsIntoStepsOfItsParent();
    void goesOnAfterAnEndByRewindOrFork();
    void forksAStepThatAPersonSet();
    void takesThePlaceOfTheFirstQueuedId();
    void refusesToForkWithBadSettings();
    void refusesStepsThatAreNotThere();
};

void tst_SessionFork::forksWithoutASecondPrefill()
{
    auto model = randomModel(12, 6);
    const FakeLanguageModel& fake = *model;
    const auto session =
        sessionOf(engineOf(std::move(model)), settingsOf("soft"), std::vector<TokenId>(50, a));
    QVERIFY_RESULT(run(*session, 10));

    std::int64_t before = fake.forwardRows;
    const auto first = session->fork(StepIndex{0});
    QVERIFY_RESULT(first);
    QVERIFY_RESULT((*first)->step());
    QCOMPARE(fake.forwardRows, before);

    const auto later = session->fork(StepIndex{7});
    QVERIFY_RESULT(later);
    QCOMPARE(fake.forwardRows, before);
    QVERIFY_RESULT((*later)->step());
    QCOMPARE(fake.forwardRows, before + 1);

    before = fake.forwardRows;
    QVERIFY_RESULT(session->rewind(StepIndex{0}));
    QVERIFY_RESULT(session->step());
    QCOMPARE(fake.forwardRows, before);
    QCOMPARE((*later)->timings().prefillNs, 0);
}

void tst_SessionFork::keepsForksApart()
{
    const Case it = fetchedCase("soft");
    const auto whole = uninterrupted(it);
    const auto parent = sessionOf(it);
    QVERIFY_RESULT(run(*parent, 10));
    const auto child = parent->fork(StepIndex{5});
    QVERIFY_RESULT(child);
    QVERIFY_RESULT((*child)->stepWith(StepInput::token(d)));
    QVERIFY_RESULT(run(**child));
    QVERIFY_RESULT(run(*parent));
    QCOMPARE_STEPS(parent->steps(), whole->steps());
    QCOMPARE((*child)->steps()[5].sampled, d);
}

void tst_SessionFork::drawsTheSameNumbersInAForkWithTheSameSeed()
{
    const Case it = fetchedCase("discrete");
    const auto whole = uninterrupted(it);
    const auto fork = whole->fork(StepIndex{8}, it.settings);
    QVERIFY_RESULT(fork);
    QVERIFY_RESULT(run(**fork));
    QCOMPARE_STEPS((*fork)->steps(), whole->steps());
}

void tst_SessionFork::drawsOtherNumbersInAForkWithAnotherSeed()
{
    const Case it = fetchedCase("discrete");
    const auto whole = uninterrupted(it);
    RunSettings settings = it.settings;
    settings.seed = 12;
    const auto fork = whole->fork(StepIndex{8}, settings);
    QVERIFY_RESULT(fork);
    QVERIFY_RESULT(run(**fork));
    QCOMPARE((*fork)->settings().seed, 12U);
    QCOMPARE_STEPS(std::vector((*fork)->steps().begin(), (*fork)->steps().begin() + 8),
                   std::vector(whole->steps().begin(), whole->steps().begin() + 8));
    QVERIFY(sampledIds((*fork)->steps()) != sampledIds(whole->steps()));
    QCOMPARE((*fork)->steps()[8].rng.seed, 12U);
    QCOMPARE((*fork)->steps()[8].rng.step, 8U);
}

void tst_SessionFork::startsCountersAnewInAForkToAnotherMode()
{
    const auto engine = coldEngine();
    RunSettings soft = settingsOf("soft", {{"cold-stop-length", std::int64_t{100}}});
    const auto session = sessionOf(engine, soft, {think});
    QVERIFY_RESULT(run(*session, 10));
    QVERIFY(session->steps()[9].ruleState[0] > 5);

    const auto discrete = session->fork(StepIndex{10}, settingsOf("discrete"));
    QVERIFY_RESULT(discrete);
    QVERIFY_RESULT(run(**discrete, 12));
    const auto& steps = (*discrete)->steps();
    QCOMPARE(steps[10].mode, std::string("discrete"));
    QCOMPARE(steps[10].phase, Phase::Think);
    QCOMPARE(eventKinds(steps[10]), std::vector{EventKind::ModeSwitched});
    QVERIFY(steps[10].ruleState.empty());
    QVERIFY(steps[11].events.empty());

    const auto back = (*discrete)->fork(StepIndex{12}, soft);
    QVERIFY_RESULT(back);
    QVERIFY_RESULT((*back)->step());
    QCOMPARE((*back)->steps()[12].ruleState, (std::vector{0.0, 0.0}));
    QCOMPARE((*back)->steps()[12].events[0].detail, std::string("discrete to soft"));
}

void tst_SessionFork::keepsCountersInAForkOfTheSameMode()
{
    const auto session = sessionOf(
        coldEngine(), settingsOf("soft", {{"cold-stop-length", std::int64_t{100}}}), {think});
    QVERIFY_RESULT(run(*session, 10));
    const auto fork =
        session->fork(StepIndex{7}, settingsOf("soft", {{"cold-stop-length", std::int64_t{8}}}));
    QVERIFY_RESULT(fork);
    QVERIFY_RESULT((*fork)->step());
    QCOMPARE((*fork)->steps()[7].ruleState, session->steps()[7].ruleState);
}

void tst_SessionFork::goesSoftInAForkOfADiscreteRun()
{
    // No marker anywhere: the discrete run answers all the time, the soft one thinks.
    const auto engine = engineOf(randomModel(12, 9));
    const auto session = sessionOf(engine, settingsOf("discrete"), {TokenId{7}});
    for (int i = 0; i < 6; ++i)
        QVERIFY_RESULT(session->stepWith(StepInput::token(TokenId{8})));
    const auto fork = session->fork(StepIndex{4}, settingsOf("soft", {{"top-p", 1.0}}));
    QVERIFY_RESULT(fork);
    QVERIFY_RESULT((*fork)->step());
    QCOMPARE((*fork)->steps()[4].mode, std::string("soft"));
    QCOMPARE((*fork)->steps()[4].input.kind, InputKind::Mixture);
}

void tst_SessionFork::rewindsIntoStepsOfItsParent()
{
    const Case it = fetchedCase("soft");
    const auto parent = uninterrupted(it);
    RunSettings discrete = it.settings;
    discrete.mode = "discrete";
    discrete.parameters = {{"temperature", 0.0}};
    discrete.start = StartPhase::Think;
    const auto child = parent->fork(StepIndex{10}, discrete);
    QVERIFY_RESULT(child);
    QVERIFY_RESULT(run(**child, 20));
    // Before step 4, which was the parent's, the child goes its own way too.
    QVERIFY_RESULT((*child)->rewind(StepIndex{4}));
    QVERIFY_RESULT((*child)->step());
    QCOMPARE((*child)->steps()[4].mode, std::string("discrete"));
    QVERIFY((*child)->steps()[4].ruleState.empty());
    QCOMPARE_STEPS(std::vector((*child)->steps().begin(), (*child)->steps().begin() + 4),
                   std::vector(parent->steps().begin(), parent->steps().begin() + 4));
}

void tst_SessionFork::goesOnAfterAnEndByRewindOrFork()
{
    const auto session =
        sessionOf(engineOf(walkModel()), settingsOf("discrete", {{"temperature", 0.0}}), {think});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->stopReason(), StopReason::EndToken);

    const auto fork = session->fork(session->nextStep());
    QVERIFY_RESULT(fork);
    QVERIFY(!(*fork)->finished());
    QCOMPARE((*fork)->steps().back().stop, StopReason::None);
    QVERIFY_RESULT((*fork)->step());
    QCOMPARE(session->steps().back().stop, StopReason::EndToken);

    QVERIFY_RESULT(session->rewind(session->nextStep()));
    QVERIFY(!session->finished());
    QVERIFY_RESULT(session->step());
    QCOMPARE_STEPS(session->steps(), (*fork)->steps());
}

void tst_SessionFork::forksAStepThatAPersonSet()
{
    const Case it = fetchedCase("soft");
    const auto session = sessionOf(it);
    QVERIFY_RESULT(run(*session, 3));
    QVERIFY_RESULT(session->stepWith({InputKind::Mixture, {a, b}, {0.5F, 0.5F}, {}}));
    QVERIFY_RESULT(run(*session, 20));

    const auto after = session->fork(StepIndex{4});
    QVERIFY_RESULT(after);
    QVERIFY_RESULT(run(**after, 20));
    QCOMPARE_STEPS((*after)->steps(), session->steps());

    const auto resumed = sessionOf(it);
    QVERIFY_RESULT(resumed->resume(std::span(session->steps()).first(4)));
    QVERIFY_RESULT(run(*resumed, 20));
    QCOMPARE_STEPS(resumed->steps(), session->steps());

    // The step itself, taken again, is decided again.
    const auto again = session->fork(StepIndex{3});
    QVERIFY_RESULT(again);
    QVERIFY_RESULT((*again)->step());
    QVERIFY(!(*again)->steps()[3].forced);
}

void tst_SessionFork::takesThePlaceOfTheFirstQueuedId()
{
    const Case it = fetchedCase("injected");
    const auto whole = uninterrupted(it);
    std::int64_t first = 0;
    while (whole->steps()[static_cast<std::size_t>(first)].forcedQueue.empty())
        ++first;
    const auto fork = whole->fork(StepIndex{first});
    QVERIFY_RESULT(fork);
    QVERIFY_RESULT((*fork)->stepWith(StepInput::token(a)));
    QVERIFY_RESULT(run(**fork, static_cast<std::size_t>(first) + 3));
    const auto& steps = (*fork)->steps();
    const auto at = steps.begin() + first;
    QCOMPARE(sampledIds({at, at + 3}), (std::vector<int>{a.value, c.value, d.value}));
    QCOMPARE(at[0].events.back().detail, std::string("set by hand"));
    QCOMPARE(at[1].events.back().detail, std::string("queued by the mode"));

    const auto resumed = sessionOf(it);
    QVERIFY_RESULT(resumed->resume(std::span(steps).first(static_cast<std::size_t>(first) + 1)));
    QVERIFY_RESULT(run(*resumed, steps.size()));
    QCOMPARE_STEPS(resumed->steps(), steps);
}

void tst_SessionFork::refusesToForkWithBadSettings()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    const auto fork =
        session->fork(StepIndex{0}, settingsOf("soft", {{"temperature", std::string("hot")}}));
    QVERIFY(!fork);
    QCOMPARE(fork.error().code, ErrorCode::InvalidArgument);
    QVERIFY_RESULT(session->step());
}

void tst_SessionFork::refusesStepsThatAreNotThere()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    QVERIFY_RESULT(run(*session, 2));
    for (const std::int64_t step :
         {std::int64_t{-1}, std::int64_t{3}, std::numeric_limits<std::int64_t>::max()}) {
        const auto rewound = session->rewind(StepIndex{step});
        QVERIFY(!rewound);
        QCOMPARE(rewound.error().message,
                 "The run has no step " + std::to_string(step) + "; it has 2, counted from 0.");
        QVERIFY(!session->fork(StepIndex{step}));
    }
    QCOMPARE(session->steps().size(), 2U);
}

QTEST_GUILESS_MAIN(tst_SessionFork)
#include "tst_sessionfork.moc"
