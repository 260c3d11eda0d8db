#include "exchange/runexport.h"

#include <QTest>

using namespace halftone;

namespace {

StepRecord step(Phase phase, std::int32_t id, StopReason stop = StopReason::None)
{
    StepRecord record;
    record.phase = phase;
    record.input = StepInput::token(TokenId{id});
    record.sampled = TokenId{id};
    record.stop = stop;
    return record;
}

StepRecord withEvent(StepRecord record, EventKind kind)
{
    record.events.push_back({kind, {}});
    return record;
}

const TokenTable& words()
{
    static const TokenTable table({"<think>", "</think>", "<eos>", "one", "two", "three", "[end]"},
                                  " ");
    return table;
}

} // namespace

class RunTextTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void thinkingAndAnswerAreApart_data()
    {
        QTest::addColumn<int>("marker");
        QTest::addColumn<int>("event"); // -1: none
        QTest::newRow("the model ends its thinking")
            << 1 << static_cast<int>(EventKind::ThinkingEnded);
        QTest::newRow("cold stop") << 1 << static_cast<int>(EventKind::ColdStop);
        QTest::newRow("a person ends it") << 1 << -1;
        QTest::newRow("a marker of another spelling")
            << 6 << static_cast<int>(EventKind::ThinkingEnded);
    }
    void thinkingAndAnswerAreApart()
    {
        QFETCH(int, marker);
        QFETCH(int, event);
        StepRecord end = step(Phase::Think, marker);
        if (event >= 0)
            end = withEvent(end, static_cast<EventKind>(event));
        const std::vector<StepRecord> steps{step(Phase::Think, 3),
                                            step(Phase::Think, 4),
                                            end,
                                            step(Phase::Answer, 5),
                                            step(Phase::Answer, 3),
                                            step(Phase::Answer, 2, StopReason::EndToken)};
        const RunText text = textOf(steps, words());
        QCOMPARE(text.thinking, "one two");
        QCOMPARE(text.answer, "three one");
        QCOMPARE(text.all, "one two " + words().piece(TokenId{marker}) + " three one");
    }

    void aMarkerThatStartsTheThinkingIsNoPartOfIt()
    {
        const RunText text =
            textOf(std::vector{withEvent(step(Phase::Answer, 0), EventKind::ThinkingStarted),
                               step(Phase::Think, 4)},
                   words());
        QCOMPARE(text.thinking, "two");
        QCOMPARE(text.answer, "");
        QCOMPARE(text.all, "<think> two");
    }

    void aMixtureUnderAMarkersNameIsThinking()
    {
        StepRecord mixture = step(Phase::Think, 1);
        mixture.input = {InputKind::Mixture, {TokenId{1}, TokenId{3}}, {0.6F, 0.4F}, {}};
        QCOMPARE(textOf(std::vector{mixture}, words()).thinking, "</think>");
    }

    void theLastTokenCountsWhenTheRunJustRanOut()
    {
        const std::vector<StepRecord> steps{step(Phase::Answer, 3),
                                            step(Phase::Answer, 4, StopReason::MaxSteps)};
        QCOMPARE(textOf(steps, words()).answer, "one two");
    }

    void aCharacterMayBeSpreadOverTokens()
    {
        const TokenTable bytes({"\xe2\x82", "\xac", "\xff"}, "");
        const std::vector<StepRecord> whole{step(Phase::Answer, 0), step(Phase::Answer, 1)};
        QCOMPARE(textOf(whole, bytes).answer, "€");
        const std::vector<StepRecord> broken{step(Phase::Answer, 0), step(Phase::Answer, 2)};
        QCOMPARE(textOf(broken, bytes).answer, "<0xE2><0x82><0xFF>");
        QCOMPARE(textOf({}, bytes).all, "");
    }
};

QTEST_GUILESS_MAIN(RunTextTest)
#include "tst_runtext.moc"
