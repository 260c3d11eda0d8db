// What a session records of its steps, and when it ends.
#include "sessiontools.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <cmath>
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

    void endsAtAnEndToken();
    void ignoresEndTokensWhenAsked();
    void endsAtItsOwnLimit();
    void endsWhenTheContextIsFull();
    void endsAtTheUsersRequestFromAnotherThread();
    void takesTheStepDuringWhichAStopIsRequested();
    void refusesStepsAfterTheEnd();

    void tellsItsObserverOfEveryStep();
    void describesItsRun();
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
        QVERIFY(std::abs(step.entropy - reference::entropy(raw)) < 1e-6);
        QVERIFY(std::abs(step.varentropy - reference::varentropy(raw)) < 1e-6);
        QVERIFY(std::abs(step.pMax - *std::max_element(raw.begin(), raw.end())) < 1e-7);
        QVERIFY(std::abs(step.effectiveTokens - std::exp(reference::entropy(raw))) < 1e-6);
        QVERIFY(std::abs(step.scaledEntropy -
                         reference::entropy(reference::softmax(*logits, 0.8))) < 1e-6);
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
        QVERIFY(std::abs(step.residualMass - (1 - mass)) < 1e-7);

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
    QCOMPARE(record.ruleState, (std::vector{0.0, 0.0}));
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

void tst_Session::describesItsRun()
{
    RunSettings settings = settingsOf("soft", {{"temperature", 0.5}});
    settings.seed = 9;
    const auto session = sessionOf(engineOf(walkModel()), settings, {a, think});
    const RunInfo info = session->describe();
    QCOMPARE(info.model, session->engine().identity());
    QCOMPARE(info.mode, std::string("soft"));
    QCOMPARE(info.seed, 9U);
    QCOMPARE(info.settings, toJson(session->settings()));
    QCOMPARE(info.promptIds, (std::vector{a, think}));
    QVERIFY(!info.programVersion.empty());
    QCOMPARE(info.startedMs, 0);
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
