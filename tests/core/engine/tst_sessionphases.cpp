// Thinking and answering: where a run begins, what ends its thinking, which rule decides.
#include "sessiontools.h"

#include <QTest>

#include <algorithm>
#include <cstdlib>
#include <map>

using namespace halftone;
using namespace halftone::test;

class tst_SessionPhases : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void beginsInThePhaseThatPromptAndModeSay_data();
    void beginsInThePhaseThatPromptAndModeSay();
    void thinksSoftlyAndAnswersDiscretely();
    void startsThinkingWhenTheMarkerIsFed();
    void startsAndEndsThinkingByMarkersThatAreDrawnIntoAMixture();
    void answersByTheAnswersOwnSettings();
    void staysDiscreteInAnAnswerAfterAForcedEnd();
    void staysSoftToTheEndWithoutMarkers();
    void drawsTheAnswerAfterSoftThinking();
};

void tst_SessionPhases::beginsInThePhaseThatPromptAndModeSay_data()
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

void tst_SessionPhases::beginsInThePhaseThatPromptAndModeSay()
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

void tst_SessionPhases::thinksSoftlyAndAnswersDiscretely()
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

void tst_SessionPhases::startsThinkingWhenTheMarkerIsFed()
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
    QCOMPARE(session->steps()[1].ruleState, (std::vector{0.0, 0.0}));

    const auto discrete = sessionOf(engineOf(model()), settingsOf("discrete"), {b});
    QVERIFY_RESULT(run(*discrete, 2));
    QCOMPARE(discrete->steps()[1].phase, Phase::Think);
    QVERIFY(discrete->steps()[1].events.empty());
}

void tst_SessionPhases::startsAndEndsThinkingByMarkersThatAreDrawnIntoAMixture()
{
    const Odds open{{think, 0.4}, {endThink, 0.3}, {a, 0.3}};
    const auto engine =
        engineOf(wordModel({{a, open}, {think, open}, {endThink, open}}));
    RunSettings settings = settingsOf("mix-inputs", {{"top-p", 1.0}});
    settings.maxSteps = 60;
    const auto session = sessionOf(engine, settings, {a});
    QVERIFY_RESULT(run(*session));
    Phase phase = Phase::Answer;
    bool ended = false;
    for (const StepRecord& step : session->steps()) {
        QCOMPARE(step.phase, phase);
        QCOMPARE(step.mode, std::string("mix-inputs"));
        QCOMPARE(step.input.kind, InputKind::Mixture);
        const bool ends = phase == Phase::Think && step.sampled == endThink;
        const bool starts = phase == Phase::Answer && step.sampled == think;
        QCOMPARE(eventKinds(step), ends     ? std::vector{EventKind::ThinkingEnded}
                                   : starts ? std::vector{EventKind::ThinkingStarted}
                                            : std::vector<EventKind>{});
        phase = ends ? Phase::Answer : starts ? Phase::Think : phase;
        ended = ended || ends;
    }
    QVERIFY(ended);
}

void tst_SessionPhases::answersByTheAnswersOwnSettings()
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

void tst_SessionPhases::staysDiscreteInAnAnswerAfterAForcedEnd()
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
    QCOMPARE(steps[3].ruleState, (std::vector{3.0, 3.0}));
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

void tst_SessionPhases::staysSoftToTheEndWithoutMarkers()
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

void tst_SessionPhases::drawsTheAnswerAfterSoftThinking()
{
    // Soft-Thinking's batches kept the thinking's mask, so that answers were the most probable.
    std::map<TokenId, int> answers;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        RunSettings settings = settingsOf("soft", {{"answer-temperature", 1.0}});
        settings.seed = seed;
        const auto session = sessionOf(engineOf(walkModel()), settings, {think});
        QVERIFY_RESULT(run(*session));
        const auto& steps = session->steps();
        const auto first = std::find_if(steps.begin(), steps.end(), [](const StepRecord& step) {
            return step.phase == Phase::Answer;
        });
        QVERIFY(first != steps.end());
        ++answers[first->sampled];
    }
    // 0.6 and 0.4; four standard deviations.
    QVERIFY(std::abs(answers[d] - 120) < 28);
    QCOMPARE(answers[d] + answers[a], 200);
}

QTEST_GUILESS_MAIN(tst_SessionPhases)
#include "tst_sessionphases.moc"
