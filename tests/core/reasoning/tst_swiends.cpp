// How SwiReasoning's thinking ends: locks, words to converge, the final answer.
#include "qverifyresult.h"
#include "switools.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test::swi;
using halftone::test::kinds;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
namespace reference = halftone::test::reference;

class tst_SwiEnds : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void locksOnADrawnEnd();
    void locksOnAForcedEnd();
    void goesSoftAfterAForcedEndWhenAskedTo();
    void feedsNoMixtureWhileLockedUnlessAskedTo();
    void locksAfterAMixtureThatWasFedInPlaceOfTheEnd();
    void thinksSoftlyAnewAfterAThinkMarker();
    void answersLikeTheDiscreteMode();
    void countsTheStepsOfTheFinalAnswer();
    void switchesNothingWhileQueuedWordsAreFed();
    void hasNoLimitByDefault();
    void refusesWordsWithoutATokenizer();
};

void tst_SwiEnds::locksOnADrawnEnd()
{
    auto rule = makeRule("swi", greedyWith({{"swi-window", std::int64_t{0}}}), worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    runner.decide(open);
    QVERIFY(isToken(runner.decide(peak(endThink, 0.05)), endThink));
    runner.setPhase(Phase::Answer); // the session's, of a fed </think>
    for (const auto& logits : {sure, open, sure, open}) {
        const Decision& decision = runner.decide(logits);
        QVERIFY(isToken(decision, word));
        QVERIFY(decision.events.empty());
    }
}

void tst_SwiEnds::locksOnAForcedEnd()
{
    auto rule = makeRule(
        "swi", greedyWith({{"swi-window", std::int64_t{2}}, {"swi-max-switches", std::int64_t{1}}}),
        worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    runner.decide(open);
    QCOMPARE(runner.decide(sure).enqueue, std::vector{endThink});
    runner.decide(sure); // the session feeds </think> in its place
    runner.setPhase(Phase::Answer);
    for (int i = 0; i < 20; ++i)
        QVERIFY(isToken(runner.decide(i % 2 == 0 ? open : sure), word));
}

void tst_SwiEnds::goesSoftAfterAForcedEndWhenAskedTo()
{
    auto rule = makeRule("swi",
                         greedyWith({{"swi-window", std::int64_t{3}},
                                     {"swi-max-switches", std::int64_t{1}},
                                     {"swi-final-budget", std::int64_t{4}},
                                     {"swi-forced-end-locks", false}}),
                         worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    runner.decide(open);
    QCOMPARE(runner.decide(sure).enqueue, std::vector{endThink});
    runner.decide(open); // </think> by force
    runner.setPhase(Phase::Answer);
    QVERIFY(isToken(runner.decide(open), word));
    QCOMPARE(runner.decide(open).input.kind, InputKind::Mixture); // three steps after the switch
    QCOMPARE(runner.decide(sure).enqueue, std::vector{endThink}); // the second of 2C
    runner.decide(open);
    runner.decide(open);
    QCOMPARE(runner.decide(open).input.kind, InputKind::Mixture);
    QCOMPARE(runner.decide(sure).enqueue, finalIds);
    QCOMPARE(runner.decide(open).stop, StopReason::None);
    QCOMPARE(runner.decide(open).stop, StopReason::None);
    QCOMPARE(runner.decide(open).stop, StopReason::SwitchLimit);

    // A drawn end locks for good.
    auto other = makeRule(
        "swi", greedyWith({{"swi-window", std::int64_t{0}}, {"swi-forced-end-locks", false}}),
        worldContext());
    RuleRunner locked(std::move(*other), worldContext().markers);
    locked.decide(open);
    QVERIFY(isToken(locked.decide(peak(endThink, 0.05)), endThink));
    locked.setPhase(Phase::Answer);
    for (const auto& logits : {sure, open, sure, open})
        QVERIFY(isToken(locked.decide(logits), word));
}

void tst_SwiEnds::feedsNoMixtureWhileLockedUnlessAskedTo()
{
    for (const bool asked : {false, true}) {
        auto rule = makeRule("swi", greedyWith({{"swi-locked-mixture", asked}}), worldContext());
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), worldContext().markers);
        runner.decide(open);
        QVERIFY(isToken(runner.decide(peak(endThink, 0.05)), endThink));
        runner.setPhase(Phase::Answer);
        QCOMPARE(isToken(runner.decide(sure), word), !asked);
        QVERIFY(isToken(runner.decide(sure), word));
    }
}

void tst_SwiEnds::locksAfterAMixtureThatWasFedInPlaceOfTheEnd()
{
    auto rule =
        makeRule("swi", greedyWith({{"swi-locked-mixture", true}, {"swi-window", std::int64_t{0}}}),
                 worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    runner.decide(open);
    // Drawn and falling at once: the blend is fed, so the session's phase stays the thinking's.
    const Decision& blend = runner.decide(peak(endThink, 0.9));
    QCOMPARE(blend.sampled, endThink);
    QCOMPARE(blend.input.kind, InputKind::Mixture);
    for (const auto& logits : {open, sure, open})
        QVERIFY(isToken(runner.decide(logits), word));
}

void tst_SwiEnds::thinksSoftlyAnewAfterAThinkMarker()
{
    auto rule = makeRule("swi", greedyWith({}), worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    runner.setPhase(Phase::Answer);
    QVERIFY(isToken(runner.decide(open), word));
    StepRecord answer;
    answer.phase = Phase::Answer;
    runner.setPrevious(answer);
    runner.setPhase(Phase::Think);
    const Decision& decision = runner.decide(sure);
    QCOMPARE(decision.input.kind, InputKind::Mixture);
    QCOMPARE(decision.events, (std::vector<StepEvent>{{EventKind::ModeSwitched,
                                                       "answer to soft: a think marker was fed"}}));
}

void tst_SwiEnds::answersLikeTheDiscreteMode()
{
    const ParameterValues parameters{{"top-k", std::int64_t{20}}, {"min-p", 0.0}};
    auto swi = makeRule("swi", parameters, worldContext());
    auto discrete = makeRule("discrete", parameters, worldContext());
    QVERIFY_RESULT(swi);
    QVERIFY_RESULT(discrete);
    RuleRunner a(std::move(*swi), worldContext().markers, 5);
    RuleRunner b(std::move(*discrete), worldContext().markers, 5);
    a.setPhase(Phase::Answer);
    b.setPhase(Phase::Answer);
    for (int step = 0; step < 100; ++step) {
        const auto logits = reference::randomLogits(vocabulary, static_cast<std::uint64_t>(step));
        const Decision& found = a.decide(logits);
        const Decision& expected = b.decide(logits);
        QCOMPARE(found.input, expected.input);
        QCOMPARE(found.sampled, expected.sampled);
        QCOMPARE(found.scaledEntropy, expected.scaledEntropy);
    }
}

void tst_SwiEnds::countsTheStepsOfTheFinalAnswer()
{
    auto rule = makeRule("swi",
                         greedyWith({{"swi-window", std::int64_t{0}},
                                     {"swi-max-switches", std::int64_t{1}},
                                     {"swi-converge-text", std::string()},
                                     {"swi-final-budget", std::int64_t{6}}}),
                         worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    for (int i = 0; i < 3; ++i) {
        runner.decide(open);
        const Decision& decision = runner.decide(sure);
        QCOMPARE(decision.enqueue, i < 2 ? std::vector<TokenId>() : finalIds);
        if (i == 2)
            QCOMPARE(
                decision.events.back(),
                (StepEvent{EventKind::Injected,
                           "switch 3, more than 2: the final answer, with 6 steps from here"}));
    }
    runner.setPhase(Phase::Answer);
    for (int left = 5; left > 0; --left)
        QCOMPARE(runner.decide(open).stop, left == 1 ? StopReason::SwitchLimit : StopReason::None);
}

void tst_SwiEnds::switchesNothingWhileQueuedWordsAreFed()
{
    auto rule = makeRule("swi",
                         greedyWith({{"swi-window", std::int64_t{0}},
                                     {"swi-max-switches", std::int64_t{1}},
                                     {"swi-converge-text", std::string("three words")}}),
                         worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    runner.decide(open);
    QCOMPARE(runner.decide(sure).enqueue.size(), 3U);
    for (int i = 0; i < 3; ++i)
        QVERIFY(runner.decide(open).events.empty());
    QCOMPARE(kinds(runner.decide(open)), std::vector{EventKind::ModeSwitched});
}

void tst_SwiEnds::hasNoLimitByDefault()
{
    auto rule = makeRule("swi", greedyWith({{"swi-window", std::int64_t{0}}}), worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    for (int i = 0; i < 200; ++i) {
        const Decision& decision = runner.decide(i % 2 == 0 ? open : sure);
        QVERIFY(decision.enqueue.empty());
        QCOMPARE(decision.stop, StopReason::None);
    }
}

void tst_SwiEnds::refusesWordsWithoutATokenizer()
{
    const auto rule = makeRule("swi", {{"swi-max-switches", std::int64_t{2}}});
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QVERIFY(rule.error().message.find("swi-converge-text") != std::string::npos);
}

QTEST_GUILESS_MAIN(tst_SwiEnds)
#include "tst_swiends.moc"
