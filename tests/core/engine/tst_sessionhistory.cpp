#include "sessiontools.h"

#include <QTest>

#include <limits>

using namespace halftone;
using namespace halftone::test;

namespace {

/// A tokenizer of the world of sessiontools.h, for texts that a mode injects.
std::unique_ptr<const Tokenizer> wordTokenizer()
{
    auto tokenizer = Tokenizer::fromJson(
        R"({"version": "1.0", "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
            "model": {"type": "WordLevel", "unk_token": "end",
                      "vocab": {"end": 0, "think": 1, "endthink": 2, "a": 3, "b": 4, "c": 5,
                                "d": 6}}})",
        "words");
    if (!tokenizer)
        qFatal("%s", tokenizer.error().message.c_str());
    return std::move(*tokenizer);
}

/// Cold after a; a cold stop, then "b c d" is fed by force and the answer wanders.
std::shared_ptr<const Engine> coldEngine()
{
    const Odds open{{a, 0.25}, {b, 0.25}, {c, 0.25}, {d, 0.25}};
    return Engine::fromParts(wordModel({{think, {{a, 0.9}, {b, 0.1}}},
                                        {a, {{a, 1}}},
                                        {b, {{a, 1}}},
                                        {endThink, open},
                                        {c, open},
                                        {d, open}}),
                             wordTokenizer(), wordMarkers());
}

struct Case
{
    std::shared_ptr<const Engine> engine;
    RunSettings settings;
    std::vector<TokenId> prompt;
};

Case caseOf(const QByteArray& name)
{
    if (name == "injected")
        return {coldEngine(),
                settingsOf("soft", {{"cold-stop-length", std::int64_t{5}},
                                    {"cold-stop-inject", std::string("b c d")}}),
                {think}};
    if (name == "discrete")
        return {engineOf(randomModel(12, 5)),
                settingsOf("discrete", {{"temperature", 1.2}, {"answer-temperature", 0.7}}),
                {a, think, b}};
    return {engineOf(randomModel(12, 14)),
            settingsOf("soft", {{"temperature", 0.5},
                                {"cold-stop-entropy", 1.2},
                                {"cold-stop-length", std::int64_t{3}}}),
            {a}};
}

/// The same settings, run from the prompt to the end.
std::unique_ptr<Session> uninterrupted(const Case& it)
{
    auto session = sessionOf(it.engine, it.settings, it.prompt);
    if (const auto done = run(*session); !done)
        qWarning("%s", done.error().message.c_str());
    return session;
}

void addCases()
{
    QTest::addColumn<QByteArray>("name");
    for (const char* name : {"discrete", "soft", "injected"})
        QTest::newRow(name) << QByteArray(name);
}

Case fetchedCase(const QByteArray& name)
{
    Case it = caseOf(name);
    it.settings.seed = 11;
    it.settings.maxSteps = 40;
    it.settings.ignoreEnd = true;
    return it;
}

} // namespace

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
        const auto session = sessionOf(it.engine, it.settings, it.prompt);
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
    const auto session = sessionOf(it.engine, it.settings, it.prompt);
    QVERIFY_RESULT(run(*session, 3));
    QVERIFY_RESULT(session->resume(steps.subspan(3, 6)));
    QVERIFY_RESULT(run(*session, 12));
    QVERIFY_RESULT(session->resume(steps.subspan(12, 20)));
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), whole->steps());
}

void tst_SessionHistory::forksWithoutASecondPrefill()
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

void tst_SessionHistory::keepsForksApart()
{
    const Case it = fetchedCase("soft");
    const auto whole = uninterrupted(it);
    const auto parent = sessionOf(it.engine, it.settings, it.prompt);
    QVERIFY_RESULT(run(*parent, 10));
    const auto child = parent->fork(StepIndex{5});
    QVERIFY_RESULT(child);
    QVERIFY_RESULT((*child)->stepWith(StepInput::token(d)));
    QVERIFY_RESULT(run(**child));
    QVERIFY_RESULT(run(*parent));
    QCOMPARE_STEPS(parent->steps(), whole->steps());
    QCOMPARE((*child)->steps()[5].sampled, d);
}

void tst_SessionHistory::drawsTheSameNumbersInAForkWithTheSameSeed()
{
    const Case it = fetchedCase("discrete");
    const auto whole = uninterrupted(it);
    const auto fork = whole->fork(StepIndex{8}, it.settings);
    QVERIFY_RESULT(fork);
    QVERIFY_RESULT(run(**fork));
    QCOMPARE_STEPS((*fork)->steps(), whole->steps());
}

void tst_SessionHistory::drawsOtherNumbersInAForkWithAnotherSeed()
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

void tst_SessionHistory::startsCountersAnewInAForkToAnotherMode()
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
    QCOMPARE((*back)->steps()[12].ruleState, std::vector{0.0});
    QCOMPARE((*back)->steps()[12].events[0].detail, std::string("discrete to soft"));
}

void tst_SessionHistory::keepsCountersInAForkOfTheSameMode()
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

void tst_SessionHistory::goesSoftInAForkOfADiscreteRun()
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

void tst_SessionHistory::rewindsIntoStepsOfItsParent()
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

void tst_SessionHistory::goesOnAfterAnEndByRewindOrFork()
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

void tst_SessionHistory::forksAStepThatAPersonSet()
{
    const Case it = fetchedCase("soft");
    const auto session = sessionOf(it.engine, it.settings, it.prompt);
    QVERIFY_RESULT(run(*session, 3));
    QVERIFY_RESULT(session->stepWith({InputKind::Mixture, {a, b}, {0.5F, 0.5F}, {}}));
    QVERIFY_RESULT(run(*session, 20));

    const auto after = session->fork(StepIndex{4});
    QVERIFY_RESULT(after);
    QVERIFY_RESULT(run(**after, 20));
    QCOMPARE_STEPS((*after)->steps(), session->steps());

    const auto resumed = sessionOf(it.engine, it.settings, it.prompt);
    QVERIFY_RESULT(resumed->resume(std::span(session->steps()).first(4)));
    QVERIFY_RESULT(run(*resumed, 20));
    QCOMPARE_STEPS(resumed->steps(), session->steps());

    // The step itself, taken again, is decided again.
    const auto again = session->fork(StepIndex{3});
    QVERIFY_RESULT(again);
    QVERIFY_RESULT((*again)->step());
    QVERIFY(!(*again)->steps()[3].forced);
}

void tst_SessionHistory::takesThePlaceOfTheFirstQueuedId()
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

    const auto resumed = sessionOf(it.engine, it.settings, it.prompt);
    QVERIFY_RESULT(resumed->resume(std::span(steps).first(static_cast<std::size_t>(first) + 1)));
    QVERIFY_RESULT(run(*resumed, steps.size()));
    QCOMPARE_STEPS(resumed->steps(), steps);
}

void tst_SessionHistory::refusesToForkWithBadSettings()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    const auto fork =
        session->fork(StepIndex{0}, settingsOf("soft", {{"temperature", std::string("hot")}}));
    QVERIFY(!fork);
    QCOMPARE(fork.error().code, ErrorCode::InvalidArgument);
    QVERIFY_RESULT(session->step());
}

void tst_SessionHistory::refusesStepsThatAreNotThere()
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
    const auto session = sessionOf(it.engine, it.settings, it.prompt);
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
    const auto session = sessionOf(it.engine, other, it.prompt);
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
    const auto session = sessionOf(it.engine, it.settings, it.prompt);
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
    const auto session = sessionOf(it.engine, it.settings, it.prompt);
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
    const auto session = sessionOf(it.engine, it.settings, it.prompt);
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
