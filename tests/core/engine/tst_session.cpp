#include "sessiontools.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <limits>
#include <numbers>
#include <thread>

using namespace halftone;
using namespace halftone::test;

namespace {

class Listener : public StepObserver
{
public:
    void stepTaken(const StepRecord& record) override { records.push_back(record); }
    std::vector<StepRecord> records;
};

class BadLogitsModel : public FakeLanguageModel
{
public:
    BadLogitsModel(float bad, std::size_t count)
        : FakeLanguageModel(Rows(7, std::vector<float>(7, 0.0F)))
        , m_bad(bad)
        , m_count(count)
    {
    }
    Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                         std::span<float> logits) const override
    {
        auto done = FakeLanguageModel::forward(x, cache, which, logits);
        if (cache.rows() > 2)
            std::fill_n(logits.begin(), m_count, m_bad);
        return done;
    }

private:
    float m_bad;
    std::size_t m_count;
};

const ParameterValues greedy{{"temperature", 0.0}};

} // namespace

class tst_Session : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void followsTheModel();
    void recordsWhatItDecidedFrom();
    void recordsAMixtureAndItsWeights();
    void recordsFedTokensBeyondTheTopCandidates();
    void feedsAnInputOnlyWhenItsLogitsAreNeeded();
    void givesTheSameBitsForTheSameSeed();
    void softWithOneComponentIsGreedyToTheBit();

    void beginsInThePhaseThatPromptAndModeSay_data();
    void beginsInThePhaseThatPromptAndModeSay();
    void thinksSoftlyAndAnswersDiscretely();
    void startsThinkingWhenTheMarkerIsFed();
    void answersByTheAnswersOwnSettings();
    void staysDiscreteInAnAnswerAfterAForcedEnd();
    void staysSoftToTheEndWithoutMarkers();

    void endsAtAnEndToken();
    void ignoresEndTokensWhenAsked();
    void endsAtItsOwnLimit();
    void endsWhenTheContextIsFull();
    void endsAtTheUsersRequestFromAnotherThread();
    void takesTheStepDuringWhichAStopIsRequested();
    void refusesStepsAfterTheEnd();

    void feedsWhatAPersonSets();
    void normalisesAMixtureSetByAPerson();
    void keepsARecordedMixtureToTheBit();
    void refusesInputsThatCannotBeFed_data();
    void refusesInputsThatCannotBeFed();

    void tellsItsObserverOfEveryStep();
    void refusesPrompts_data();
    void refusesPrompts();
    void refusesAStepBeforeThePrompt();
    void readsAPromptOnce();
    void readsAPromptAgainAfterItWasCancelled();
    void reportsTheProgressOfALongPrompt();
    void isPoisonedByAFailedForwardPass();
    void isPoisonedByAFailedPrefill();
    void isPoisonedByLogitsThatAreNoNumbers_data();
    void isPoisonedByLogitsThatAreNoNumbers();
    void measuresItsTime();
};

void tst_Session::followsTheModel()
{
    const auto engine = engineOf(FakeLanguageModel::cycle(5), {});
    RunSettings settings = settingsOf("discrete", greedy);
    settings.maxSteps = 7;
    const auto session = sessionOf(engine, settings, {TokenId{1}, TokenId{2}});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(sampledIds(session->steps()), (std::vector<int>{3, 4, 0, 1, 2, 3, 4}));
    QCOMPARE(session->nextStep(), StepIndex{7});
    QCOMPARE(session->prompt(), (std::vector{TokenId{1}, TokenId{2}}));
    QCOMPARE(&session->engine(), engine.get());
    QCOMPARE(realOf(session->settings().parameters, "answer-temperature"), 0.0);
}

void tst_Session::recordsWhatItDecidedFrom()
{
    auto model = randomModel(50, 1);
    const FakeLanguageModel& fake = *model;
    const auto engine = engineOf(std::move(model), {});
    RunSettings settings =
        settingsOf("discrete", {{"temperature", 0.8}, {"top-k", std::int64_t{9}}});
    settings.seed = 77;
    settings.candidates = 12;
    const auto session = sessionOf(engine, settings, {TokenId{4}, TokenId{9}, TokenId{2}});
    QVERIFY_RESULT(run(*session, 5));

    TokenId before{2};
    for (std::size_t i = 0; i < 5; ++i) {
        const StepRecord& step = session->steps()[i];
        const auto logits = engine->logits(std::vector{before}, LogitsOf::Last);
        QVERIFY_RESULT(logits);
        const auto raw = reference::softmax(*logits, 1);
        const auto filtered = reference::filtered(
            *logits, {.temperature = 0.8, .topK = 9, .topP = 0.95, .minP = 0.001});

        QCOMPARE(step.step.value, static_cast<std::int64_t>(i));
        QCOMPARE(step.position.value, static_cast<std::int64_t>(3 + i));
        QCOMPARE(step.phase, Phase::Answer);
        QCOMPARE(step.mode, std::string("discrete"));
        QCOMPARE(step.input, StepInput::token(step.sampled));
        QVERIFY(!step.forced && step.events.empty() && step.forcedQueue.empty());
        QVERIFY(std::abs(step.entropy - reference::entropy(raw)) < 1e-11);
        QVERIFY(std::abs(step.varentropy - reference::varentropy(raw)) < 1e-10);
        QVERIFY(std::abs(step.pMax - *std::max_element(raw.begin(), raw.end())) < 1e-12);
        QVERIFY(std::abs(step.effectiveTokens - std::exp(reference::entropy(raw))) < 1e-9);
        QVERIFY(std::abs(step.scaledEntropy -
                         reference::entropy(reference::softmax(*logits, 0.8))) < 1e-11);
        QVERIFY(std::abs(step.filteredEntropy - reference::entropy(filtered)) < 1e-11);
        QCOMPARE(step.filteredSupport,
                 std::count_if(filtered.begin(), filtered.end(), [](double p) { return p > 0; }));
        QCOMPARE(step.mixtureEntropy, 0.0);
        QCOMPARE(step.inputNormRatio, 1.0);

        QCOMPARE(step.candidates.size(), 12U);
        double mass = 0;
        for (const Candidate& candidate : step.candidates) {
            const std::size_t id = candidate.id.index();
            mass += raw[id];
            QVERIFY(std::abs(candidate.raw - raw[id]) < 1e-7);
            QVERIFY(std::abs(candidate.filtered - filtered[id]) < 1e-7);
            QCOMPARE(candidate.mixture, candidate.id == step.sampled ? 1.0F : 0.0F);
        }
        QVERIFY(std::abs(step.residualMass - (1 - mass)) < 1e-12);

        QCOMPARE(step.rng.seed, 77U);
        QCOMPARE(step.rng.step, static_cast<std::uint64_t>(i));
        QCOMPARE(step.cache.rows, step.position.value);
        const CacheUsage expected =
            cacheUsage(fake.identity().cache, step.position.value, step.position.value);
        QCOMPARE(step.cache.logical, expected.logical);
        QCOMPARE(step.cache.live, expected.live);
        before = step.sampled;
    }
}

void tst_Session::recordsAMixtureAndItsWeights()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    const auto step = session->step();
    QVERIFY_RESULT(step);
    const StepRecord& record = **step;
    QCOMPARE(record.input.kind, InputKind::Mixture);
    QCOMPARE(record.input.ids, (std::vector{a, b}));
    QCOMPARE(record.input.weights, (std::vector{0.5F, 0.5F}));
    QCOMPARE(record.sampled, a);
    QVERIFY(std::abs(record.entropy - std::numbers::ln2) < 1e-9);
    QVERIFY(std::abs(record.mixtureEntropy - std::numbers::ln2) < 1e-9);
    QVERIFY(std::abs(record.filteredEntropy - std::numbers::ln2) < 1e-9);
    QVERIFY(std::abs(record.effectiveTokens - 2) < 1e-9);
    // Half and half of two orthogonal rows of length 1.
    QVERIFY(std::abs(record.inputNormRatio - std::numbers::sqrt2 / 2) < 1e-7);
    QCOMPARE(record.candidates[0].mixture, 0.5F);
    QCOMPARE(record.candidates[1].mixture, 0.5F);
    QCOMPARE(record.candidates[2].mixture, 0.0F);
    QCOMPARE(record.ruleState, std::vector{0.0});
}

void tst_Session::recordsFedTokensBeyondTheTopCandidates()
{
    RunSettings settings = settingsOf("discrete");
    settings.candidates = 2;
    const auto session = sessionOf(engineOf(walkModel()), settings, {think});
    const auto step = session->stepWith({InputKind::Mixture, {d, a}, {0.25F, 0.75F}, {}});
    QVERIFY_RESULT(step);
    const auto& candidates = (*step)->candidates;
    QCOMPARE(candidates.size(), 3U);
    QCOMPARE(candidates[0].id, a);
    QCOMPARE(candidates[0].mixture, 0.75F);
    QCOMPARE(candidates[1].id, b);
    QCOMPARE(candidates[2].id, d);
    QCOMPARE(candidates[2].mixture, 0.25F);
    QCOMPARE(candidates[2].filtered, 0.0F);
    QVERIFY(candidates[2].raw > 0 && candidates[2].raw < 1e-12F);
}

void tst_Session::feedsAnInputOnlyWhenItsLogitsAreNeeded()
{
    auto model = FakeLanguageModel::cycle(5);
    const FakeLanguageModel& fake = *model;
    const auto session =
        sessionOf(engineOf(std::move(model), {}), settingsOf("discrete"), {TokenId{0}, TokenId{1}});
    QCOMPARE(fake.forwardRows, 2);
    QVERIFY_RESULT(session->step());
    QCOMPARE(fake.forwardRows, 2);
    QVERIFY_RESULT(session->step());
    QCOMPARE(fake.forwardRows, 3);
    QVERIFY_RESULT(run(*session, 10));
    QCOMPARE(fake.forwardRows, 2 + 9);
}

void tst_Session::givesTheSameBitsForTheSameSeed()
{
    for (const char* mode : {"discrete", "soft"}) {
        RunSettings settings = settingsOf(mode, {{"temperature", 1.5}, {"answer-top-k", 0.0}});
        settings.seed = 5;
        settings.maxSteps = 60;
        const auto first = sessionOf(engineOf(randomModel(20, 3)), settings, {TokenId{7}});
        const auto second = sessionOf(engineOf(randomModel(20, 3)), settings, {TokenId{7}});
        QVERIFY_RESULT(run(*first));
        QVERIFY_RESULT(run(*second));
        QCOMPARE_STEPS(first->steps(), second->steps());
    }
    RunSettings settings = settingsOf("discrete", {{"temperature", 1.5}});
    settings.maxSteps = 60;
    settings.ignoreEnd = true;
    const auto first = sessionOf(engineOf(randomModel(20, 3)), settings, {TokenId{7}});
    settings.seed = 6;
    const auto other = sessionOf(engineOf(randomModel(20, 3)), settings, {TokenId{7}});
    QVERIFY_RESULT(run(*first));
    QVERIFY_RESULT(run(*other));
    QVERIFY(sampledIds(first->steps()) != sampledIds(other->steps()));
}

void tst_Session::softWithOneComponentIsGreedyToTheBit()
{
    RunSettings softly = settingsOf("soft", {{"max-topk", std::int64_t{1}},
                                             {"cold-stop-length", std::int64_t{0}},
                                             {"answer-temperature", 0.0}});
    RunSettings greedily = settingsOf("discrete", greedy);
    softly.maxSteps = greedily.maxSteps = 100;
    softly.ignoreEnd = greedily.ignoreEnd = true;
    const auto soft = sessionOf(engineOf(randomModel(30, 8)), softly, {TokenId{7}});
    const auto hard = sessionOf(engineOf(randomModel(30, 8)), greedily, {TokenId{7}});
    QVERIFY_RESULT(run(*soft));
    QVERIFY_RESULT(run(*hard));
    for (std::size_t i = 0; i < 100; ++i) {
        const StepRecord& s = soft->steps()[i];
        const StepRecord& h = hard->steps()[i];
        QCOMPARE(s.input, h.input);
        QCOMPARE(s.sampled, h.sampled);
        QVERIFY(s.entropy == h.entropy && s.varentropy == h.varentropy && s.pMax == h.pMax &&
                s.residualMass == h.residualMass && s.inputNormRatio == h.inputNormRatio);
        QVERIFY(std::equal(s.candidates.begin(), s.candidates.end(), h.candidates.begin(),
                           h.candidates.end(), [](const Candidate& x, const Candidate& y) {
                               return x.id == y.id && x.raw == y.raw && x.mixture == y.mixture;
                           }));
    }
}

void tst_Session::beginsInThePhaseThatPromptAndModeSay_data()
{
    QTest::addColumn<QByteArray>("mode");
    QTest::addColumn<StartPhase>("start");
    QTest::addColumn<std::vector<TokenId>>("prompt");
    QTest::addColumn<Phase>("phase");
    const auto row = [](const char* title, const char* mode, StartPhase start,
                        std::vector<TokenId> prompt, Phase phase) {
        QTest::addRow("%s, %s", mode, title) << QByteArray(mode) << start << prompt << phase;
    };
    const auto automatic = StartPhase::Auto;
    row("no marker", "discrete", automatic, {a}, Phase::Answer);
    row("no marker", "soft", automatic, {a}, Phase::Think);
    for (const char* mode : {"discrete", "soft"}) {
        row("open", mode, automatic, {a, think, b}, Phase::Think);
        row("closed", mode, automatic, {think, endThink, b}, Phase::Answer);
        row("closed, opened again", mode, automatic, {think, endThink, think}, Phase::Think);
        row("only closed", mode, automatic, {endThink}, Phase::Answer);
        row("open, but told to answer", mode, StartPhase::Answer, {think}, Phase::Answer);
        row("closed, but told to think", mode, StartPhase::Think, {endThink}, Phase::Think);
    }
}

void tst_Session::beginsInThePhaseThatPromptAndModeSay()
{
    QFETCH(QByteArray, mode);
    QFETCH(StartPhase, start);
    QFETCH(std::vector<TokenId>, prompt);
    QFETCH(Phase, phase);
    RunSettings settings = settingsOf(mode.toStdString());
    settings.start = start;
    const auto session = sessionOf(engineOf(walkModel()), settings, prompt);
    const auto step = session->step();
    QVERIFY_RESULT(step);
    QCOMPARE((*step)->phase, phase);
    QCOMPARE((*step)->mode, std::string(phase == Phase::Think ? mode.toStdString() : "discrete"));
}

void tst_Session::thinksSoftlyAndAnswersDiscretely()
{
    const auto session = sessionOf(engineOf(walkModel()),
                                   settingsOf("soft", {{"answer-temperature", 0.0}}), {think});
    QVERIFY_RESULT(run(*session));
    const auto& steps = session->steps();
    QCOMPARE(sampledIds(steps), (std::vector<int>{3, 5, 2, 6, 0}));

    const std::vector<Phase> phases{Phase::Think, Phase::Think, Phase::Think, Phase::Answer,
                                    Phase::Answer};
    const std::vector<std::string> modeNames{"soft", "soft", "soft", "discrete", "discrete"};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        QCOMPARE(steps[i].phase, phases[i]);
        QCOMPARE(steps[i].mode, modeNames[i]);
    }
    QCOMPARE(steps[0].input.kind, InputKind::Mixture);
    // The mixture of a and b is followed by c with certainty: both lead there.
    QCOMPARE(steps[1].input, StepInput::token(c));
    QCOMPARE(steps[2].input, StepInput::token(endThink));
    QVERIFY(!steps[2].forced);
    QCOMPARE(eventKinds(steps[2]), std::vector{EventKind::ThinkingEnded});
    QCOMPARE(eventKinds(steps[3]), std::vector{EventKind::ModeSwitched});
    QCOMPARE(steps[3].events[0].detail, std::string("soft to discrete"));
    QCOMPARE(steps[4].stop, StopReason::EndToken);
    QVERIFY(steps[3].ruleState.empty());
}

void tst_Session::startsThinkingWhenTheMarkerIsFed()
{
    // b is followed by <think>; the run is soft, and was told to begin with the answer.
    const auto model = [] {
        return wordModel({{b, {{think, 1}}}, {think, {{a, 0.5}, {c, 0.5}}}, {a, {{c, 1}}}});
    };
    RunSettings settings = settingsOf("soft");
    settings.start = StartPhase::Answer;
    const auto session = sessionOf(engineOf(model()), settings, {b});
    QVERIFY_RESULT(run(*session, 2));
    QCOMPARE(session->steps()[0].phase, Phase::Answer);
    QCOMPARE(eventKinds(session->steps()[0]), std::vector{EventKind::ThinkingStarted});
    QCOMPARE(session->steps()[1].phase, Phase::Think);
    QCOMPARE(session->steps()[1].input.kind, InputKind::Mixture);
    QCOMPARE(session->steps()[1].ruleState, std::vector{0.0});

    const auto discrete = sessionOf(engineOf(model()), settingsOf("discrete"), {b});
    QVERIFY_RESULT(run(*discrete, 2));
    QCOMPARE(discrete->steps()[1].phase, Phase::Think);
    QVERIFY(discrete->steps()[1].events.empty());
}

void tst_Session::answersByTheAnswersOwnSettings()
{
    // Thinking goes round among a, b, c; the end of thinking is set by hand.
    const auto engine = engineOf(randomModel(7, 2));
    RunSettings settings = settingsOf("discrete", {{"temperature", 2.0},
                                                   {"top-k", std::int64_t{0}},
                                                   {"top-p", 1.0},
                                                   {"min-p", 0.0},
                                                   {"answer-top-k", std::int64_t{3}},
                                                   {"answer-temperature", 0.5}});
    settings.ignoreEnd = true;
    settings.start = StartPhase::Think;
    const auto session = sessionOf(engine, settings, {a});
    QVERIFY_RESULT(session->stepWith(StepInput::token(a)));
    QVERIFY_RESULT(session->stepWith(StepInput::token(endThink)));
    QVERIFY_RESULT(session->stepWith(StepInput::token(a)));
    QVERIFY_RESULT(session->step());
    const auto& steps = session->steps();
    QCOMPARE(steps[1].phase, Phase::Think);
    QCOMPARE(steps[1].filteredSupport, 7);
    QCOMPARE(steps[3].phase, Phase::Answer);
    QCOMPARE(steps[3].filteredSupport, 3);
    // Both were decided after an a.
    QCOMPARE(steps[1].entropy, steps[3].entropy);
    QVERIFY(steps[1].scaledEntropy > steps[3].scaledEntropy);
}

void tst_Session::staysDiscreteInAnAnswerAfterAForcedEnd()
{
    // Cold after a, wide open after </think>: nothing but the phase keeps the answer discrete.
    const Odds open{{a, 0.25}, {b, 0.25}, {c, 0.25}, {d, 0.25}};
    const auto engine = engineOf(wordModel(
        {{think, {{a, 1}}}, {a, {{a, 1}}}, {endThink, open}, {b, open}, {c, open}, {d, open}}));
    RunSettings settings = settingsOf("soft", {{"cold-stop-length", std::int64_t{4}}});
    settings.maxSteps = 60;
    const auto session = sessionOf(engine, settings, {think});
    QVERIFY_RESULT(run(*session));
    const auto& steps = session->steps();
    QCOMPARE(steps.size(), 60U);
    QCOMPARE(steps[3].sampled, endThink);
    QVERIFY(steps[3].forced);
    QVERIFY(!setByHand(steps[3]));
    QCOMPARE(eventKinds(steps[3]), std::vector{EventKind::ColdStop});
    QCOMPARE(steps[3].ruleState, std::vector{3.0});
    bool cold = false;
    for (std::size_t i = 4; i < steps.size(); ++i) {
        QCOMPARE(steps[i].phase, Phase::Answer);
        QCOMPARE(steps[i].mode, std::string("discrete"));
        QCOMPARE(steps[i].input.kind, InputKind::Token);
        QVERIFY(!steps[i].forced);
        QCOMPARE(steps[i].stop, i == 59 ? StopReason::MaxSteps : StopReason::None);
        cold = cold || steps[i].scaledEntropy < 0.01;
    }
    // Cold steps in the answer, of which a counter could make an end, did happen.
    QVERIFY(cold);
}

void tst_Session::staysSoftToTheEndWithoutMarkers()
{
    const auto engine = engineOf(wordModel({{a, {{b, 0.5}, {c, 0.5}}},
                                            {b, {{d, 0.5}, {a, 0.5}}},
                                            {c, {{d, 0.5}, {a, 0.5}}},
                                            {d, {{end, 0.6}, {d, 0.4}}}}),
                                 {{}, {}, {end}});
    const auto session =
        sessionOf(engine, settingsOf("soft", {{"cold-stop-length", std::int64_t{1}}}), {d, a});
    QVERIFY_RESULT(run(*session, 2));
    QVERIFY_RESULT(session->stepWith(StepInput::token(d)));
    QVERIFY_RESULT(run(*session));
    for (const StepRecord& step : session->steps())
        QCOMPARE(step.phase, Phase::Think);
    // The heaviest component of the last mixture is the end token; the mixture is kept.
    const StepRecord& last = session->steps().back();
    QCOMPARE(last.sampled, end);
    QCOMPARE(last.input.kind, InputKind::Mixture);
    QCOMPARE(last.stop, StopReason::EndToken);
}

void tst_Session::endsAtAnEndToken()
{
    const auto session =
        sessionOf(engineOf(walkModel()), settingsOf("discrete", greedy), {endThink});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(sampledIds(session->steps()), (std::vector<int>{6, 0}));
    QCOMPARE(session->stopReason(), StopReason::EndToken);
    QCOMPARE(session->steps()[0].stop, StopReason::None);
    QCOMPARE(session->steps()[1].stop, StopReason::EndToken);
}

void tst_Session::ignoresEndTokensWhenAsked()
{
    RunSettings settings = settingsOf("discrete", greedy);
    settings.ignoreEnd = true;
    settings.maxSteps = 10;
    const auto session = sessionOf(engineOf(walkModel()), settings, {endThink});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().size(), 10U);
    QCOMPARE(session->stopReason(), StopReason::MaxSteps);
}

void tst_Session::endsAtItsOwnLimit()
{
    RunSettings settings = settingsOf("discrete");
    settings.maxSteps = 3;
    const auto session =
        sessionOf(engineOf(FakeLanguageModel::cycle(5), {}), settings, {TokenId{0}});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().size(), 3U);
    QCOMPARE(session->steps().back().stop, StopReason::MaxSteps);
}

void tst_Session::endsWhenTheContextIsFull()
{
    // Four columns: two for the prompt, two for inputs. The decision after them cannot be fed.
    const auto engine = engineOf(wordModel({{a, {{b, 1}}}, {b, {{a, 1}}}}, 4));
    const auto session = sessionOf(engine, settingsOf("discrete"), {a, b});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().size(), 3U);
    QCOMPARE(session->steps().back().position, Position{4});
    QCOMPARE(session->steps().back().stop, StopReason::ContextFull);

    const auto full = sessionOf(engine, settingsOf("discrete"), {a, b, a, b});
    QVERIFY_RESULT(run(*full));
    QCOMPARE(full->steps().size(), 1U);
    QCOMPARE(full->stopReason(), StopReason::ContextFull);
}

void tst_Session::endsAtTheUsersRequestFromAnotherThread()
{
    RunSettings settings = settingsOf("discrete");
    settings.maxSteps = 1'000'000'000;
    const auto session =
        sessionOf(engineOf(FakeLanguageModel::cycle(5), {}), settings, {TokenId{0}});

    std::atomic<bool> stepped = false;
    std::thread other([&] {
        stepped.wait(false);
        session->requestStop();
    });
    Result<void> result;
    while (!session->finished() && result) {
        if (const auto step = session->step(); !step)
            result = Unexpected(step.error());
        stepped = true;
        stepped.notify_one();
    }
    other.join();
    QVERIFY_RESULT(result);
    QCOMPARE(session->stopReason(), StopReason::User);
    // The run did not end by itself, so its record is as it would have been.
    QCOMPARE(session->steps().back().stop, StopReason::None);
}

void tst_Session::takesTheStepDuringWhichAStopIsRequested()
{
    const auto session =
        sessionOf(engineOf(FakeLanguageModel::cycle(5), {}), settingsOf("discrete"), {TokenId{0}});
    session->requestStop();
    QVERIFY(!session->finished());
    QVERIFY_RESULT(session->step());
    QVERIFY(session->finished());
    QCOMPARE(session->steps().size(), 1U);
    // The request is used up.
    QVERIFY_RESULT(session->rewind(session->nextStep()));
    QVERIFY_RESULT(session->step());
    QVERIFY(!session->finished());
}

void tst_Session::refusesStepsAfterTheEnd()
{
    RunSettings settings = settingsOf("discrete");
    settings.maxSteps = 1;
    const auto session = sessionOf(engineOf(walkModel()), settings, {think});
    QVERIFY_RESULT(run(*session));
    const auto step = session->step();
    QVERIFY(!step);
    QCOMPARE(step.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(step.error().message,
             std::string("The run has ended (max-steps); rewind or fork it to go on."));
    QVERIFY(!session->stepWith(StepInput::token(a)));
    QCOMPARE(session->steps().size(), 1U);
}

void tst_Session::feedsWhatAPersonSets()
{
    const auto session = sessionOf(engineOf(walkModel()),
                                   settingsOf("soft", {{"answer-temperature", 0.0}}), {think});
    const auto set = session->stepWith(StepInput::token(d));
    QVERIFY_RESULT(set);
    const StepRecord record = **set;
    QCOMPARE(record.input, StepInput::token(d));
    QCOMPARE(record.sampled, d);
    QVERIFY(record.forced);
    QCOMPARE(eventKinds(record), std::vector{EventKind::Forced});
    QVERIFY(setByHand(record));
    // What would have been decided from is recorded all the same.
    QVERIFY(std::abs(record.filteredEntropy - std::numbers::ln2) < 1e-9);
    QCOMPARE(record.candidates[0].filtered, 0.5F);
    QCOMPARE(record.candidates[0].mixture, 0.0F);

    const auto next = session->step();
    QVERIFY_RESULT(next);
    QCOMPARE((*next)->sampled, end);
    QVERIFY(!setByHand(**next));

    // A forced end of thinking ends it as the model's own would, but is not the model's choice.
    const auto other = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    QVERIFY_RESULT(other->stepWith(StepInput::token(endThink)));
    QCOMPARE(eventKinds(other->steps()[0]), std::vector{EventKind::Forced});
    QVERIFY_RESULT(other->step());
    QCOMPARE(other->steps()[1].phase, Phase::Answer);
}

void tst_Session::normalisesAMixtureSetByAPerson()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    const auto set =
        session->stepWith({InputKind::Mixture, {d, b, c, a}, {1.0F, 2.0F, 0.0F, 1.0F}, {}});
    QVERIFY_RESULT(set);
    QCOMPARE((*set)->input.ids, (std::vector{b, a, d}));
    QCOMPARE((*set)->input.weights, (std::vector{0.5F, 0.25F, 0.25F}));
    QCOMPARE((*set)->sampled, b);

    const auto one = session->stepWith({InputKind::Mixture, {d}, {0.3F}, {}});
    QVERIFY_RESULT(one);
    QCOMPARE((*one)->input, StepInput::token(d));
}

void tst_Session::keepsARecordedMixtureToTheBit()
{
    const auto engine = engineOf(randomModel(40, 4), {});
    const auto session =
        sessionOf(engine, settingsOf("soft", {{"temperature", 3.0}, {"top-p", 1.0}}), {TokenId{1}});
    for (int i = 0; i < 20; ++i) {
        QVERIFY_RESULT(session->step());
        const StepInput recorded = session->steps().back().input;
        QVERIFY(recorded.ids.size() > 2);
        QVERIFY_RESULT(session->rewind(StepIndex{i}));
        QVERIFY_RESULT(session->stepWith(recorded));
        QCOMPARE(session->steps().back().input, recorded);
    }
}

void tst_Session::refusesInputsThatCannotBeFed_data()
{
    QTest::addColumn<StepInput>("input");
    QTest::addColumn<QByteArray>("words");
    const float infinity = std::numeric_limits<float>::infinity();
    const auto row = [](const char* title, StepInput input, const char* words) {
        QTest::newRow(title) << std::move(input) << QByteArray(words);
    };
    row("id too high", StepInput::token(TokenId{7}), "Token id 7 is outside the vocabulary");
    row("id below 0", StepInput::token(TokenId{-1}), "Token id -1 is outside the vocabulary");
    row("no id", {InputKind::Token, {}, {}, {}}, "0 were given");
    row("two ids for a token", {InputKind::Token, {a, b}, {1, 1}, {}}, "2 were given");
    row("empty mixture", {InputKind::Mixture, {}, {}, {}}, "0 ids and 0 weights");
    row("too few weights", {InputKind::Mixture, {a, b}, {1}, {}}, "2 ids and 1 weights");
    row("id of a mixture", {InputKind::Mixture, {a, TokenId{99}}, {1, 1}, {}}, "Token id 99");
    row("negative weight", {InputKind::Mixture, {a, b}, {1, -1}, {}}, "the weight -1");
    row("infinite weight", {InputKind::Mixture, {a, b}, {1, infinity}, {}}, "the weight inf");
    row("no number", {InputKind::Mixture, {a, b}, {1, infinity - infinity}, {}}, "nan");
    row("all weights 0", {InputKind::Mixture, {a, b}, {0, 0}, {}}, "All weights");
    row("twice the same", {InputKind::Mixture, {a, a}, {1, 1}, {}}, "more than once");
    row("hidden", {InputKind::Hidden, {}, {}, {1, 2, 3}}, "kind 'hidden'");
    row("noise", {InputKind::Noise, {a}, {1}, {}}, "kind 'noise'");
}

void tst_Session::refusesInputsThatCannotBeFed()
{
    QFETCH(StepInput, input);
    QFETCH(QByteArray, words);
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    const auto step = session->stepWith(input);
    QVERIFY(!step);
    QCOMPARE(step.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(step.error().message.find(words.toStdString()) != std::string::npos,
             step.error().message.c_str());
    // A refusal is no failure of the run.
    QVERIFY(session->steps().empty());
    QVERIFY_RESULT(session->step());
}

void tst_Session::tellsItsObserverOfEveryStep()
{
    Listener listener;
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("discrete"), {think});
    QVERIFY_RESULT(session->step());
    session->setObserver(&listener);
    QVERIFY_RESULT(session->step());
    QVERIFY_RESULT(session->stepWith(StepInput::token(d)));
    session->setObserver(nullptr);
    QVERIFY_RESULT(session->step());
    QCOMPARE(listener.records.size(), 2U);
    QCOMPARE_STEPS(listener.records,
                   std::vector(session->steps().begin() + 1, session->steps().begin() + 3));
    QVERIFY(listener.records[0].times == session->steps()[1].times);
}

void tst_Session::refusesPrompts_data()
{
    QTest::addColumn<std::vector<TokenId>>("prompt");
    QTest::addColumn<QByteArray>("sentence");
    QTest::newRow("empty") << std::vector<TokenId>()
                           << QByteArray("The prompt is empty; a model needs one token at least "
                                         "to begin with.");
    QTest::newRow("an id outside")
        << std::vector{a, TokenId{7}}
        << QByteArray("Token id 7 is outside the vocabulary of fake, whose ids go from 0 to 6.");
    QTest::newRow("too long") << std::vector<TokenId>(11, a)
                              << QByteArray("The prompt has 11 tokens, but the context of fake "
                                            "holds 10; shorten it.");
}

void tst_Session::refusesPrompts()
{
    QFETCH(std::vector<TokenId>, prompt);
    QFETCH(QByteArray, sentence);
    const auto session =
        engineOf(wordModel({{a, {{b, 1}}}}, 10))->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    const auto read = (*session)->prefill(prompt);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(QByteArray::fromStdString(read.error().message), sentence);
    QVERIFY_RESULT((*session)->prefill(std::vector{a}));
}

void tst_Session::refusesAStepBeforeThePrompt()
{
    const auto session = engineOf(walkModel())->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    QVERIFY(!(*session)->step());
    QVERIFY(!(*session)->rewind(StepIndex{0}));
    QVERIFY(!(*session)->fork(StepIndex{0}));
    QVERIFY(!(*session)->resume(std::vector<StepRecord>(1)));
    QVERIFY_RESULT((*session)->prefill(std::vector{think}));
    QVERIFY_RESULT((*session)->step());
}

void tst_Session::readsAPromptOnce()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("discrete"), {think});
    const auto again = session->prefill(std::vector{think});
    QVERIFY(!again);
    QCOMPARE(again.error().code, ErrorCode::InvalidArgument);
    QVERIFY_RESULT(session->step());
}

void tst_Session::readsAPromptAgainAfterItWasCancelled()
{
    auto model = FakeLanguageModel::cycle(5);
    const FakeLanguageModel& fake = *model;
    const auto session =
        engineOf(std::move(model), {})->createSession(settingsOf("discrete", greedy));
    QVERIFY_RESULT(session);
    const std::vector<TokenId> prompt(1000, TokenId{3});
    CancelToken cancel;
    const auto read = (*session)->prefill(
        prompt, [&](const Progress&) { cancel.cancel(); }, cancel);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::Cancelled);
    QVERIFY(fake.forwardRows < 1000);
    QVERIFY_RESULT((*session)->prefill(prompt));
    const auto step = (*session)->step();
    QVERIFY_RESULT(step);
    QCOMPARE((*step)->sampled, TokenId{4});
    QCOMPARE((*step)->cache.rows, 1000);
}

void tst_Session::reportsTheProgressOfALongPrompt()
{
    const auto session =
        engineOf(FakeLanguageModel::cycle(5), {})->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    std::vector<std::uint64_t> done;
    const auto progress = [&](const Progress& p) {
        QCOMPARE(p.total, 1000U);
        QVERIFY(!p.stage.empty());
        done.push_back(p.done);
    };
    QVERIFY_RESULT((*session)->prefill(std::vector<TokenId>(1000, TokenId{3}), progress));
    QVERIFY(done.size() > 3);
    QVERIFY(std::is_sorted(done.begin(), done.end()));
    QCOMPARE(done.back(), 1000U);
}

void tst_Session::isPoisonedByAFailedForwardPass()
{
    auto model = FakeLanguageModel::cycle(5);
    FakeLanguageModel& fake = *model;
    const auto engine = engineOf(std::move(model), {});
    RunSettings settings = settingsOf("discrete", {{"temperature", 2.0}});
    settings.maxSteps = 20;
    const auto expected = sessionOf(engine, settings, {TokenId{0}});
    QVERIFY_RESULT(run(*expected));

    fake.failAtPosition = 5;
    const auto session = sessionOf(engine, settings, {TokenId{0}});
    const auto failed = run(*session);
    QVERIFY(!failed);
    QCOMPARE(session->steps().size(), 5U);
    const std::string sentence = "The fake model was told to fail here.";
    QCOMPARE(failed.error().message, sentence);
    QCOMPARE(session->step().error().message, sentence);
    QCOMPARE(session->stepWith(StepInput::token(TokenId{1})).error().message, sentence);
    QCOMPARE(session->resume(std::vector<StepRecord>(1)).error().message, sentence);
    QCOMPARE(session->fork(StepIndex{0}).error().message, sentence);
    QCOMPARE(session->prefill(std::vector{TokenId{0}}).error().message, sentence);

    fake.failAtPosition = -1;
    QVERIFY_RESULT(session->rewind(session->nextStep()));
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), expected->steps());
}

void tst_Session::isPoisonedByAFailedPrefill()
{
    auto model = FakeLanguageModel::cycle(5);
    model->failAtPosition = 1;
    const auto session = engineOf(std::move(model), {})->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    const std::vector prompt{TokenId{0}, TokenId{1}, TokenId{2}};
    const auto failed = (*session)->prefill(prompt);
    QVERIFY(!failed);
    QCOMPARE((*session)->step().error().message, failed.error().message);
    QCOMPARE((*session)->rewind(StepIndex{0}).error().message, failed.error().message);
}

void tst_Session::isPoisonedByLogitsThatAreNoNumbers_data()
{
    QTest::addColumn<float>("bad");
    QTest::addColumn<int>("count");
    QTest::addColumn<QByteArray>("words");
    const float infinity = std::numeric_limits<float>::infinity();
    QTest::newRow("NaN") << infinity - infinity << 2
                         << QByteArray("2 logits that are not numbers for position 3");
    QTest::newRow("infinity") << infinity << 1
                              << QByteArray("1 logits that are not numbers for position 3");
    QTest::newRow("nothing possible")
        << -infinity << 7 << QByteArray("no logit above minus infinity for position 3");
}

void tst_Session::isPoisonedByLogitsThatAreNoNumbers()
{
    QFETCH(float, bad);
    QFETCH(int, count);
    QFETCH(QByteArray, words);
    for (const char* mode : {"discrete", "soft"}) {
        const auto session = sessionOf(
            engineOf(std::make_unique<BadLogitsModel>(bad, static_cast<std::size_t>(count)), {}),
            settingsOf(mode), {a, b});
        const auto failed = run(*session);
        QVERIFY(!failed);
        QCOMPARE(session->steps().size(), 1U);
        QVERIFY2(failed.error().message.find(words.toStdString()) != std::string::npos,
                 failed.error().message.c_str());
        QCOMPARE(session->step().error().message, failed.error().message);
    }
}

void tst_Session::measuresItsTime()
{
    const auto session = sessionOf(engineOf(FakeLanguageModel::cycle(5), {}),
                                   settingsOf("discrete"), {TokenId{0}, TokenId{1}});
    QVERIFY_RESULT(run(*session, 10));
    const RunTimings& timings = session->timings();
    QCOMPARE(timings.promptTokens, 2);
    QVERIFY(timings.prefillNs > 0);
    QCOMPARE(timings.decodeSteps, 10);
    std::int64_t sum = 0;
    for (const StepRecord& step : session->steps()) {
        QCOMPARE(step.times.forwardNs > 0, step.step.value > 0); // the prefill gave the first
        QVERIFY(step.times.logitsNs > 0 && step.times.decideNs > 0 && step.times.recordNs > 0);
        sum +=
            step.times.forwardNs + step.times.logitsNs + step.times.decideNs + step.times.recordNs;
    }
    QVERIFY(sum <= timings.decodeNs);
}

QTEST_GUILESS_MAIN(tst_Session)
#include "tst_session.moc"
