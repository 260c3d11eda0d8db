// Hidden states that are fed back, on a model whose hidden state is easy to tell.
#include "sessioncases.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

/// The hidden state after x is x moved on by one word and twice as long.
class TurningModel : public FakeLanguageModel
{
public:
    using FakeLanguageModel::FakeLanguageModel;
    Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                         std::span<float> logits, std::span<float> hidden,
                         const LogitsMadeFn&) const override
    {
        auto done = FakeLanguageModel::forward(x, cache, which, logits, hidden);
        rows = dynamic_cast<FakeCache&>(cache).fed;
        if (!hidden.empty()) {
            std::rotate(hidden.begin(), hidden.end() - 1, hidden.end());
            for (float& value : hidden)
                value *= 2;
        }
        return done;
    }
    mutable std::vector<std::vector<float>> rows; // all that were fed, the prompt's too
};

FakeLanguageModel::Rows table()
{
    FakeLanguageModel::Rows rows;
    for (std::uint64_t i = 0; i < 7; ++i)
        rows.push_back(reference::randomLogits(7, 40 + i, 1));
    return rows;
}

std::vector<float> oneHot(std::size_t word, float length)
{
    std::vector<float> row(7);
    row[word] = length;
    return row;
}

RunSettings latent(ParameterValues parameters = {})
{
    RunSettings settings = settingsOf("latent", std::move(parameters));
    settings.ignoreEnd = true;
    settings.maxSteps = 12;
    return settings;
}

} // namespace

class tst_SessionLatent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void feedsBackWhatTheModelGave();
    void recordsReadoutNearestWordAndLength();
    void beginsAfterTheStartMarker();
    void feedsItsMarkersByForce();
    void answersByTheAnswersOwnSettings();
    void isNotEndedByAReadoutOfTheEnd();
    void thinksAnewAfterAnotherThinkMarker();
    void takesOnePassAStep();
};

void tst_SessionLatent::feedsBackWhatTheModelGave()
{
    auto model = std::make_unique<TurningModel>(table());
    const TurningModel& turning = *model;
    const auto session =
        sessionOf(engineOf(std::move(model), {}), latent({{"latent-steps", std::int64_t{3}}}), {b});
    QVERIFY_RESULT(run(*session, 5));
    // Word 4, then 5, 6 and 0, each twice as long as the one before.
    const std::vector<std::vector<float>> expected{oneHot(4, 1), oneHot(5, 2), oneHot(6, 4),
                                                   oneHot(0, 8)};
    QCOMPARE(std::vector(turning.rows.begin(), turning.rows.begin() + 4), expected);
    for (std::size_t i = 0; i < 3; ++i) {
        QCOMPARE(session->steps()[i].input.kind, InputKind::Hidden);
        QCOMPARE(session->steps()[i].input.vector, expected[i + 1]);
    }
    QCOMPARE(eventKinds(session->steps()[2]), std::vector{EventKind::ThinkingEnded});
    QCOMPARE(session->steps()[3].phase, Phase::Answer);
}

void tst_SessionLatent::recordsReadoutNearestWordAndLength()
{
    const auto session = sessionOf(engineOf(std::make_unique<TurningModel>(table()), {}),
                                   latent({{"latent-steps", std::int64_t{3}}}), {b});
    QVERIFY_RESULT(run(*session, 3));
    std::vector<float> fed = oneHot(4, 1);
    for (std::size_t i = 0; i < 3; ++i) {
        const StepRecord& step = session->steps()[i];
        // The logits after what was fed before, which no word was drawn from.
        std::vector<float> logits(7);
        for (std::size_t word = 0; word < 7; ++word)
            for (std::size_t next = 0; next < 7; ++next)
                logits[next] += fed[word] * table()[word][next];
        const auto p = reference::softmax(logits, 1);
        for (const Candidate& candidate : step.candidates) {
            QVERIFY(std::abs(candidate.raw - p[candidate.id.index()]) < 1e-6);
            QVERIFY(candidate.mixture == 0);
        }
        QCOMPARE(step.sampled, step.candidates.front().id);

        fed = step.input.vector;
        const auto word = static_cast<std::int32_t>((5 + i) % 7);
        QCOMPARE(step.nearest.front().id, TokenId{word});
        QCOMPARE(step.nearest.front().cosine, 1.0F);
        QCOMPARE(step.inputNormRatio, std::pow(2.0, i + 1));
    }
}

void tst_SessionLatent::beginsAfterTheStartMarker()
{
    auto model = std::make_unique<TurningModel>(table());
    const TurningModel& turning = *model;
    const auto engine = Engine::fromParts(std::move(model), wordTokenizer(), {});
    const auto session = sessionOf(
        engine, latent({{"latent-steps", std::int64_t{1}}, {"latent-start", std::string("a c")}}),
        {b});
    QVERIFY_RESULT(run(*session, 4));
    QCOMPARE(turning.rows[1], oneHot(3, 1));
    QCOMPARE(turning.rows[2], oneHot(5, 1));
    QCOMPARE(turning.rows[3], oneHot(6, 2));
}

void tst_SessionLatent::feedsItsMarkersByForce()
{
    const auto engine =
        Engine::fromParts(std::make_unique<TurningModel>(table()), wordTokenizer(), wordMarkers());
    const auto session = sessionOf(engine,
                                   latent({{"latent-steps", std::int64_t{2}},
                                           {"latent-start", std::string("a")},
                                           {"latent-end", std::string("c d")}}),
                                   {b, think});
    QVERIFY_RESULT(run(*session, 6));
    const auto& steps = session->steps();
    QCOMPARE(steps[0].input, StepInput::token(a));
    QCOMPARE(steps[3].input, StepInput::token(c));
    QCOMPARE(steps[4].input, StepInput::token(d));
    QCOMPARE(eventKinds(steps[0]), std::vector{EventKind::Forced});
    QCOMPARE(eventKinds(steps[3]), std::vector{EventKind::ThinkingEnded});
    QCOMPARE(eventKinds(steps[4]).back(), EventKind::Forced);
    std::vector<bool> forced;
    std::vector<Phase> phases;
    for (const StepRecord& step : steps) {
        forced.push_back(step.forced);
        phases.push_back(step.phase);
    }
    QCOMPARE(forced, (std::vector{true, false, false, true, true, false}));
    const Phase t = Phase::Think;
    const Phase r = Phase::Answer;
    QCOMPARE(phases, (std::vector{t, t, t, t, r, r}));
}

void tst_SessionLatent::answersByTheAnswersOwnSettings()
{
    // Greedy unless told otherwise.
    const auto engine = engineOf(std::make_unique<TurningModel>(table()));
    for (const bool greedy : {true, false}) {
        std::vector<std::vector<int>> answers;
        for (const std::uint64_t seed : {1, 2}) {
            RunSettings settings =
                latent(greedy ? ParameterValues{} : ParameterValues{{"answer-temperature", 2.0}});
            settings.seed = seed;
            const auto session = sessionOf(engine, settings, {b, think});
            QVERIFY_RESULT(run(*session));
            QCOMPARE(session->steps()[6].input, StepInput::token(endThink));
            QCOMPARE(session->steps()[7].mode, std::string("discrete"));
            answers.push_back(sampledIds({session->steps().begin() + 7, session->steps().end()}));
        }
        QCOMPARE(answers[0] == answers[1], greedy);
    }
}

void tst_SessionLatent::isNotEndedByAReadoutOfTheEnd()
{
    FakeLanguageModel::Rows rows(7, std::vector<float>(7));
    for (auto& row : rows)
        row[end.index()] = 9;
    RunSettings settings = latent({{"latent-steps", std::int64_t{4}}});
    settings.ignoreEnd = false;
    const auto session =
        sessionOf(engineOf(std::make_unique<TurningModel>(std::move(rows))), settings, {b, think});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().size(), 6U); // four vectors, </think>, the end
    QCOMPARE(session->steps()[0].sampled, end);
    QCOMPARE(session->stopReason(), StopReason::EndToken);
}

void tst_SessionLatent::thinksAnewAfterAnotherThinkMarker()
{
    const auto session = sessionOf(engineOf(std::make_unique<TurningModel>(table())),
                                   latent({{"latent-steps", std::int64_t{2}}}), {b, think});
    QVERIFY_RESULT(run(*session, 4));
    QVERIFY_RESULT(session->stepWith(StepInput::token(think)));
    QVERIFY_RESULT(run(*session, 8));
    for (const std::size_t i : {5U, 6U})
        QCOMPARE(session->steps()[i].input.kind, InputKind::Hidden);
    QCOMPARE(session->steps()[7].input, StepInput::token(endThink));
}

void tst_SessionLatent::takesOnePassAStep()
{
    // Coconut's generate() reads the whole text again for each token of the answer.
    auto model = std::make_unique<TurningModel>(table());
    const TurningModel& turning = *model;
    const auto session = sessionOf(engineOf(std::move(model)), latent(), {b, c});
    QCOMPARE(turning.forwardRows, 2);
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().back().phase, Phase::Answer);
    QCOMPARE(turning.forwardRows, 2 + std::ssize(session->steps()) - 1);
}

QTEST_GUILESS_MAIN(tst_SessionLatent)
#include "tst_sessionlatent.moc"
