#include "trace/steprecord.h"

#include <QTest>

#include <cmath>
#include <functional>
#include <limits>

using namespace halftone;

namespace {

StepRecord sample()
{
    StepRecord record;
    record.step = StepIndex{3};
    record.position = Position{10};
    record.phase = Phase::Think;
    record.mode = "soft";
    record.input = {InputKind::Mixture, {TokenId{5}, TokenId{7}}, {0.75F, 0.25F}, {}};
    record.sampled = TokenId{5};
    record.entropy = 0.5;
    record.varentropy = 0.25;
    record.pMax = 0.75;
    record.effectiveTokens = std::exp(0.5);
    record.residualMass = 0.125;
    record.candidates = {{TokenId{5}, 0.7F, 0.75F, 0.75F}, {TokenId{7}, 0.2F, 0.25F, 0.25F}};
    record.scaledEntropy = 0.4;
    record.filteredEntropy = 0.3;
    record.filteredSupport = 2;
    record.mixtureEntropy = 0.56;
    record.inputNormRatio = 0.8;
    record.events = {{EventKind::Forced, "set by hand"}};
    record.rng = {1, 3, 0};
    record.ruleState = {2};
    record.forcedQueue = {TokenId{9}};
    record.cache = {10, 100, 100, 200};
    record.times = {1, 2, 3, 4};
    return record;
}

using Change = std::function<void(StepRecord&)>;

} // namespace

Q_DECLARE_METATYPE(Change)

class tst_StepRecord : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void equalsItsCopy();
    void differsInAnyFieldOfTheDecision_data();
    void differsInAnyFieldOfTheDecision();
    void doesNotDifferInWhatDependsOnTheMachinesMood();
    void countsNotANumberAsEqualToItself();
    void tellsNumbersApartToTheLastBit();
};

void tst_StepRecord::equalsItsCopy()
{
    QVERIFY(sameDecision(sample(), sample()));
    QCOMPARE(describeDifference(sample(), sample()), std::string());
}

void tst_StepRecord::differsInAnyFieldOfTheDecision_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<QByteArray>("sentence");
    const auto row = [](const char* sentence, Change change) {
        QTest::newRow(sentence) << change << QByteArray(sentence);
    };
    row("step 3 against 4", [](auto& r) { r.step = StepIndex{4}; });
    row("position 10 against 11", [](auto& r) { r.position = Position{11}; });
    row("phase 'think' against 'answer'", [](auto& r) { r.phase = Phase::Answer; });
    row("mode 'soft' against 'discrete'", [](auto& r) { r.mode = "discrete"; });
    row("input kind 'mixture' against 'token'", [](auto& r) { r.input.kind = InputKind::Token; });
    row("input id 1 7 against 8", [](auto& r) { r.input.ids[1] = TokenId{8}; });
    row("input id count 2 against 1", [](auto& r) { r.input.ids.pop_back(); });
    row("input weight 0 0.75 against 0.5", [](auto& r) { r.input.weights[0] = 0.5F; });
    row("input vector element count 0 against 1", [](auto& r) { r.input.vector = {1}; });
    row("sampled id 5 against 7", [](auto& r) { r.sampled = TokenId{7}; });
    row("forced 0 against 1", [](auto& r) { r.forced = true; });
    row("entropy 0.5 against 0.25", [](auto& r) { r.entropy = 0.25; });
    row("varentropy 0.25 against 0", [](auto& r) { r.varentropy = 0; });
    row("p_max 0.75 against 1", [](auto& r) { r.pMax = 1; });
    row("residual mass 0.125 against 0", [](auto& r) { r.residualMass = 0; });
    row("candidate count 2 against 1", [](auto& r) { r.candidates.pop_back(); });
    row("candidate 0 id 5 against 6", [](auto& r) { r.candidates[0].id = TokenId{6}; });
    row("candidate 1 raw probability 0.20000000298023224 against 0.5",
        [](auto& r) { r.candidates[1].raw = 0.5F; });
    row("candidate 1 filtered probability 0.25 against 0.5",
        [](auto& r) { r.candidates[1].filtered = 0.5F; });
    row("candidate 1 mixture weight 0.25 against 0.5",
        [](auto& r) { r.candidates[1].mixture = 0.5F; });
    row("temperature-scaled entropy 0.4 against 0", [](auto& r) { r.scaledEntropy = 0; });
    row("filtered entropy 0.3 against 0", [](auto& r) { r.filteredEntropy = 0; });
    row("filtered support 2 against 3", [](auto& r) { r.filteredSupport = 3; });
    row("mixture entropy 0.56 against 0", [](auto& r) { r.mixtureEntropy = 0; });
    row("input norm ratio 0.8 against 1", [](auto& r) { r.inputNormRatio = 1; });
    row("event count 1 against 0", [](auto& r) { r.events.clear(); });
    row("event 'forced' against 'cold-stop'",
        [](auto& r) { r.events[0].kind = EventKind::ColdStop; });
    row("event detail 'set by hand' against 'x'", [](auto& r) { r.events[0].detail = "x"; });
    row("stop reason 'none' against 'end-token'", [](auto& r) { r.stop = StopReason::EndToken; });
    row("RNG seed '1' against '2'", [](auto& r) { r.rng.seed = 2; });
    row("RNG step '3' against '4'", [](auto& r) { r.rng.step = 4; });
    row("RNG stream 0 against 1", [](auto& r) { r.rng.stream = 1; });
    row("rule counter 0 2 against 3", [](auto& r) { r.ruleState[0] = 3; });
    row("forced queue id count 1 against 0", [](auto& r) { r.forcedQueue.clear(); });
    row("logical cache bytes 100 against 50", [](auto& r) { r.cache.logical = 50; });
    row("live cache bytes 100 against 50", [](auto& r) { r.cache.live = 50; });
}

void tst_StepRecord::differsInAnyFieldOfTheDecision()
{
    QFETCH(Change, change);
    QFETCH(QByteArray, sentence);
    StepRecord other = sample();
    change(other);
    QCOMPARE(QByteArray::fromStdString(describeDifference(sample(), other)), sentence);
    QVERIFY(!sameDecision(sample(), other));
    QVERIFY(!sameDecision(other, sample()));
}

void tst_StepRecord::doesNotDifferInWhatDependsOnTheMachinesMood()
{
    StepRecord other = sample();
    other.times = {100, 200, 300, 400};
    other.cache.allocated = 1 << 20; // buffers grow as they like
    QVERIFY(sameDecision(sample(), other));
}

void tst_StepRecord::countsNotANumberAsEqualToItself()
{
    StepRecord a = sample();
    a.entropy = std::numeric_limits<double>::quiet_NaN();
    StepRecord b = a;
    QVERIFY(sameDecision(a, b));
    b.entropy = 0;
    QVERIFY(!sameDecision(a, b));
}

void tst_StepRecord::tellsNumbersApartToTheLastBit()
{
    StepRecord other = sample();
    other.entropy = std::nextafter(other.entropy, 1.0);
    QCOMPARE(describeDifference(sample(), other),
             std::string("entropy 0.5 against 0.5000000000000001"));
}

QTEST_GUILESS_MAIN(tst_StepRecord)
#include "tst_steprecord.moc"
