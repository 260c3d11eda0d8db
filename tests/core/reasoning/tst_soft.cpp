#include "mixturetools.h"
#include "qverifyresult.h"
#include "reference/rules.h"
#include "rulerunner.h"

#include <QTest>

#include <cmath>

using namespace halftone;
using halftone::test::kinds;
using halftone::test::logitsOf;
using halftone::test::makeRule;
using halftone::test::mixtureMarkers;
using halftone::test::RuleRunner;
using halftone::test::thinkEnd;
using halftone::test::unfiltered;
namespace reference = halftone::test::reference;

namespace {

/// Ten tokens; token 7 has all but nothing of the mass when cold, else it is spread.
std::vector<float> coldOrWarm(bool cold)
{
    std::vector<float> logits(10, 0);
    logits[7] = cold ? 20 : 1;
    return logits;
}

} // namespace

class tst_Soft : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void mixesTheMostProbableTokens();
    void agreesWithTheReferenceInEveryOrder_data();
    void agreesWithTheReferenceInEveryOrder();
    void hasWeightsThatSumToOne();
    void givesOneComponentExactlyTheWeightOne();
    void withOneComponentIsTheGreedyToken();
    void breaksEqualWeightsByLowerId();
    void mixesTokenZeroLikeAnyOther();
    void isTheSameWhateverTheSeed();
    void leavesOutWeightsOfZero();
    void watchesTheScaledUnfilteredEntropy();
    void endsWhenTheHeaviestComponentIsTheEndOfThinking();
    void goesOnWhenTheEndOfThinkingIsNotTheHeaviest();
    void stopsColdAtTheReferencesStep_data();
    void stopsColdAtTheReferencesStep();
    void countsColdStepsInARow();
    void stopsColdWithTheMarkerAsOneToken();
    void queuesTheInjectedText();
    void prefersTheModelsOwnEndToAColdStop();
    void neverStopsColdWithoutAnEndOfThinking();
    void neverStopsColdInTheAnswer();
    void refusesAnInjectedTextWithoutATokenizer();
    void refusesAnInjectedTextThatCannotBeEncoded();
};

void tst_Soft::mixesTheMostProbableTokens()
{
    auto rule = makeRule("soft", unfiltered(3), {mixtureMarkers(), {}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    const Decision& decision = runner.decide(logitsOf({0.05, 0.4, 0.05, 0.1, 0.1, 0.3}));
    QCOMPARE(decision.input.kind, InputKind::Mixture);
    QCOMPARE(decision.input.ids, (std::vector{TokenId{1}, TokenId{5}, TokenId{3}}));
    QCOMPARE(decision.input.weights, (std::vector<float>{0.5F, 0.375F, 0.125F}));
    QCOMPARE(decision.sampled, TokenId{1});
    QVERIFY(!decision.forced);
}

void tst_Soft::agreesWithTheReferenceInEveryOrder_data()
{
    QTest::addColumn<QByteArray>("order");
    FilterOrder order{Filter::Temperature, Filter::TopK, Filter::TopP, Filter::MinP};
    do {
        const QByteArray text = QByteArray::fromStdString(name(order));
        QTest::newRow(text.constData()) << text;
    } while (std::next_permutation(order.begin(), order.end()));
}

void tst_Soft::agreesWithTheReferenceInEveryOrder()
{
    QFETCH(QByteArray, order);
    auto rule = makeRule("soft", {{"filter-order", order.toStdString()},
                                  {"temperature", 1.3},
                                  {"top-p", 0.9},
                                  {"min-p", 0.02},
                                  {"max-topk", std::int64_t{7}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    SamplingSettings settings{.temperature = 1.3, .topK = 30, .topP = 0.9, .minP = 0.02};
    settings.order = *parseFilterOrder(order.toStdString());
    QCOMPARE(test::difference(runner, *reference::soft(settings, 7), 0), std::string());
}

void tst_Soft::hasWeightsThatSumToOne()
{
    for (const std::int64_t components : {2, 10, 256}) {
        auto rule = makeRule("soft", unfiltered(components));
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule));
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            const Decision& decision = runner.decide(reference::randomLogits(1000, seed));
            QCOMPARE(decision.input.ids.size(), static_cast<std::size_t>(components));
            double sum = 0;
            for (const float weight : decision.input.weights)
                sum += weight;
            QVERIFY(std::abs(sum - 1) < 1e-6);
        }
    }
}

void tst_Soft::givesOneComponentExactlyTheWeightOne()
{
    auto one = makeRule("soft", unfiltered(1));
    QVERIFY_RESULT(one);
    RuleRunner cut(std::move(*one));
    auto ten = makeRule("soft", {{"top-p", 0.5}});
    QVERIFY_RESULT(ten);
    RuleRunner filtered(std::move(*ten));
    for (RuleRunner* runner : {&cut, &filtered}) {
        const Decision& decision = runner->decide(logitsOf({0.1, 0.7, 0.2}));
        QCOMPARE(decision.input, StepInput::token(TokenId{1}));
        QVERIFY(decision.input.weights.front() == 1.0F);
    }
}

void tst_Soft::withOneComponentIsTheGreedyToken()
{
    auto rule = makeRule("soft", {{"max-topk", std::int64_t{1}}});
    QVERIFY_RESULT(rule);
    QVERIFY(test::isGreedy(RuleRunner(std::move(*rule), mixtureMarkers())));
}

void tst_Soft::breaksEqualWeightsByLowerId()
{
    auto rule = makeRule("soft", unfiltered(3));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    const Decision& decision = runner.decide({1, 5, 0, 5, 5, 5});
    QCOMPARE(decision.input.ids, (std::vector{TokenId{1}, TokenId{3}, TokenId{4}}));
    QCOMPARE(decision.sampled, TokenId{1});
}

void tst_Soft::mixesTokenZeroLikeAnyOther()
{
    // SofT-GRPO takes ids of 0 after the first for a sign that the row is a token.
    auto rule = makeRule("soft", unfiltered(2));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    const Decision& decision = runner.decide(logitsOf({0.25, 0.75}));
    QCOMPARE(decision.input.kind, InputKind::Mixture);
    QCOMPARE(decision.input.ids, (std::vector{TokenId{1}, TokenId{0}}));
    QCOMPARE(decision.input.weights, (std::vector{0.75F, 0.25F}));
}

void tst_Soft::isTheSameWhateverTheSeed()
{
    // Without noise nothing is drawn: a spread across seeds would be the machine's.
    auto one = makeRule("soft", {});
    auto other = makeRule("soft", {});
    QVERIFY_RESULT(one);
    QVERIFY_RESULT(other);
    RuleRunner a(std::move(*one), mixtureMarkers(), 1);
    RuleRunner b(std::move(*other), mixtureMarkers(), 2);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto logits = reference::randomLogits(68, seed);
        QCOMPARE(a.decide(logits).input, b.decide(logits).input);
    }
}

void tst_Soft::leavesOutWeightsOfZero()
{
    auto rule = makeRule("soft", unfiltered(4));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    // exp(-200) is above 0 in double and 0 in float32.
    QCOMPARE(runner.decide({0, 200, 0}).input, StepInput::token(TokenId{1}));
}

void tst_Soft::watchesTheScaledUnfilteredEntropy()
{
    auto rule = makeRule("soft", {{"temperature", 0.7}, {"top-k", std::int64_t{2}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    const auto logits = reference::randomLogits(300, 4);
    QVERIFY(std::abs(runner.decide(logits).scaledEntropy -
                     reference::entropy(reference::softmax(logits, 0.7))) < 1e-6);
}

void tst_Soft::endsWhenTheHeaviestComponentIsTheEndOfThinking()
{
    auto rule = makeRule("soft", unfiltered(10));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    const Decision& decision = runner.decide(logitsOf({0.1, 0.1, 0.1, 0.1, 0.4, 0.2}));
    QCOMPARE(decision.input, StepInput::token(thinkEnd));
    QCOMPARE(decision.sampled, thinkEnd);
    QVERIFY(!decision.forced);
    // The session says that thinking ended, for every mode alike.
    QVERIFY(decision.events.empty());
}

void tst_Soft::goesOnWhenTheEndOfThinkingIsNotTheHeaviest()
{
    auto rule = makeRule("soft", unfiltered(10));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    const Decision& decision = runner.decide(logitsOf({0.1, 0.1, 0.1, 0.1, 0.2, 0.4}));
    QCOMPARE(decision.input.kind, InputKind::Mixture);
    QCOMPARE(decision.input.ids[1], thinkEnd);
}

void tst_Soft::stopsColdAtTheReferencesStep_data()
{
    QTest::addColumn<double>("threshold");
    QTest::addColumn<int>("length");
    for (const double threshold : {0.0, 0.3, 1.0, 1.5, 20.0})
        for (const int length : {0, 1, 2, 5, 40})
            QTest::addRow("below %g for %d", threshold, length) << threshold << length;
}

void tst_Soft::stopsColdAtTheReferencesStep()
{
    QFETCH(double, threshold);
    QFETCH(int, length);
    auto rule = makeRule("soft", {{"temperature", 0.9},
                                  {"cold-stop-entropy", threshold},
                                  {"cold-stop-length", std::int64_t{length}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    std::vector<double> entropies;
    int found = -1;
    for (int step = 0; step < 60; ++step) {
        // The end of thinking is never the heaviest here.
        auto logits = reference::randomLogits(30, static_cast<std::uint64_t>(step));
        logits[thinkEnd.index()] = -10;
        entropies.push_back(reference::entropy(reference::softmax(logits, 0.9)));
        if (runner.decide(logits).forced && found < 0)
            found = step;
    }
    QCOMPARE(found, reference::coldStopStep(entropies, threshold, length));
}

void tst_Soft::countsColdStepsInARow()
{
    auto rule = makeRule("soft", {{"cold-stop-length", std::int64_t{3}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    std::vector<double> counts;
    std::vector<bool> stopped;
    for (const bool cold : {true, true, false, true, true, true, true}) {
        stopped.push_back(runner.decide(coldOrWarm(cold)).forced);
        counts.push_back(runner.state().back());
    }
    QCOMPARE(counts, (std::vector<double>{1, 2, 0, 1, 2, 3, 4}));
    // A stop that a person overrode comes again at the next cold step.
    QCOMPARE(stopped, (std::vector<bool>{false, false, false, false, false, true, true}));
}

void tst_Soft::stopsColdWithTheMarkerAsOneToken()
{
    auto rule = makeRule("soft", {{"cold-stop-length", std::int64_t{1}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    const Decision& decision = runner.decide(coldOrWarm(true));
    QCOMPARE(decision.input, StepInput::token(thinkEnd));
    QCOMPARE(decision.sampled, thinkEnd);
    QVERIFY(decision.forced);
    QVERIFY(decision.enqueue.empty());
    QCOMPARE(kinds(decision), std::vector{EventKind::ColdStop});
    QCOMPARE(decision.events[0].detail, std::string("entropy below 0.01 nats for 1 step"));
}

void tst_Soft::queuesTheInjectedText()
{
    std::string encoded;
    const ModeContext context{mixtureMarkers(),
                              [&](std::string_view text) -> Result<std::vector<TokenId>> {
                                  encoded = text;
                                  return std::vector{TokenId{8}, TokenId{9}};
                              }};
    auto rule = makeRule(
        "soft",
        {{"cold-stop-length", std::int64_t{1}}, {"cold-stop-inject", std::string("The answer is")}},
        context);
    QVERIFY_RESULT(rule);
    QCOMPARE(encoded, std::string("The answer is"));
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    QVERIFY(runner.decide(coldOrWarm(false)).enqueue.empty());
    const Decision& decision = runner.decide(coldOrWarm(true));
    QCOMPARE(decision.sampled, thinkEnd);
    QCOMPARE(decision.enqueue, (std::vector{TokenId{8}, TokenId{9}}));
}

void tst_Soft::prefersTheModelsOwnEndToAColdStop()
{
    auto rule = makeRule("soft", {{"cold-stop-length", std::int64_t{1}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    std::vector<float> logits(10, 0);
    logits[thinkEnd.index()] = 20;
    const Decision& decision = runner.decide(logits);
    QCOMPARE(decision.sampled, thinkEnd);
    QVERIFY(!decision.forced);
    QVERIFY(decision.events.empty());
}

void tst_Soft::neverStopsColdWithoutAnEndOfThinking()
{
    auto rule = makeRule("soft", {{"cold-stop-length", std::int64_t{2}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    for (int i = 0; i < 10; ++i) {
        const Decision& decision = runner.decide(coldOrWarm(true));
        QVERIFY(!decision.forced);
        QCOMPARE(decision.sampled, TokenId{7});
    }
}

void tst_Soft::neverStopsColdInTheAnswer()
{
    // Soft-Thinking's counter goes on there, and aborts the request. mix-inputs decides its answer
    // itself, within the same budget.
    for (const char* mode : {"soft", "mix-inputs"}) {
        auto rule =
            makeRule(mode, {{"cold-stop-entropy", 0.01}, {"cold-stop-length", std::int64_t{2}}});
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), mixtureMarkers());
        QVERIFY(!runner.decide(coldOrWarm(true)).forced);
        runner.setPhase(Phase::Answer);
        for (int i = 0; i < 10; ++i) {
            const Decision& decision = runner.decide(coldOrWarm(true));
            QVERIFY(!decision.forced && decision.events.empty());
            QCOMPARE(decision.stop, StopReason::None);
        }
    }
}

void tst_Soft::refusesAnInjectedTextWithoutATokenizer()
{
    const auto rule = makeRule("soft", {{"cold-stop-inject", std::string("So")}});
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QVERIFY(rule.error().message.find("tokenizer") != std::string::npos);
}

void tst_Soft::refusesAnInjectedTextThatCannotBeEncoded()
{
    const ModeContext context{mixtureMarkers(), [](std::string_view) -> Result<std::vector<TokenId>> {
                                  return failure(ErrorCode::InvalidInput, "'x' has no token.");
                              }};
    const auto rule = makeRule("soft", {{"cold-stop-inject", std::string("x")}}, context);
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidInput);
    QCOMPARE(rule.error().message,
             std::string("cold-stop-inject cannot be made into tokens: 'x' has no token."));
}

QTEST_GUILESS_MAIN(tst_Soft)
#include "tst_soft.moc"
