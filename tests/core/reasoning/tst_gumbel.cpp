#include "mixturetools.h"
#include "qverifyresult.h"
#include "reference/rules.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using halftone::test::chiSquare;
using halftone::test::fiveTokens;
using halftone::test::logitsOf;
using halftone::test::makeRule;
using halftone::test::mixtureMarkers;
using halftone::test::RuleRunner;
using halftone::test::thinkEnd;
using halftone::test::unfiltered;
namespace reference = halftone::test::reference;

namespace {

/// How often each of ten tokens was the heaviest in so many steps.
std::vector<int> firstIds(RuleRunner& runner, const std::vector<float>& logits, int steps)
{
    std::vector<int> counts(10);
    for (int i = 0; i < steps; ++i)
        ++counts[runner.decide(logits).input.ids.front().index()];
    return counts;
}

} // namespace

class tst_Gumbel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheReference_data();
    void agreesWithTheReference();
    void drawsTheFirstIdFromTheDistribution_data();
    void drawsTheFirstIdFromTheDistribution();
    void drawsTheFirstIdFromTheCutDistribution();
    void drawsTheEndOfThinkingAsOftenAsItIsProbable();
    void namesTheStreamOfItsDraws();
    void withOneComponentIsTheGreedyToken();
    void feedsTheDrawnTokenAloneAtTemperatureZero();
    void isSoftThinkingWithoutNoise();
    void givesOneSeedOneMixtureAndAnotherAnother();
    void keepsCutOffNoiseWithinItsBounds();
    void keepsEveryWeightAboveZero();
    void hasTheScriptsDefaults();
    void refusesATemperatureBelowZero();
};

void tst_Gumbel::agreesWithTheReference_data()
{
    QTest::addColumn<ParameterValues>("parameters");
    QTest::addColumn<double>("tau");
    QTest::addColumn<double>("factor");
    QTest::addColumn<bool>("truncated");
    QTest::newRow("defaults") << ParameterValues{} << 0.5 << 1.0 << false;
    QTest::newRow("flat") << ParameterValues{{"gumbel-temperature", 2.0}} << 2.0 << 1.0 << false;
    QTest::newRow("half the noise")
        << ParameterValues{{"gumbel-factor", 0.5}} << 0.5 << 0.5 << false;
    QTest::newRow("SofT-GRPO") << ParameterValues{{"gumbel-truncation", std::string("soft-grpo")},
                                                  {"gumbel-temperature", 0.1}}
                               << 0.1 << 1.0 << true;
}

void tst_Gumbel::agreesWithTheReference()
{
    QFETCH(ParameterValues, parameters);
    QFETCH(double, tau);
    QFETCH(double, factor);
    QFETCH(bool, truncated);
    auto rule = makeRule("gumbel", parameters);
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 9);
    const auto expected = reference::gumbel(
        {{.temperature = 0.6, .topK = 30, .topP = 0.95}, 15, tau, factor, truncated});
    QCOMPARE(test::difference(runner, *expected, 9), std::string());
}

void tst_Gumbel::drawsTheFirstIdFromTheDistribution_data()
{
    QTest::addColumn<double>("tau");
    for (const double tau : {0.1, 0.5, 3.0})
        QTest::addRow("tau %g", tau) << tau;
}

void tst_Gumbel::drawsTheFirstIdFromTheDistribution()
{
    QFETCH(double, tau);
    auto rule = makeRule("gumbel", unfiltered(15, {{"gumbel-temperature", tau}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 1);
    const auto counts = firstIds(runner, logitsOf(fiveTokens), 20'000);
    // 18.47: what chi-square with 4 degrees of freedom exceeds once in a thousand.
    QVERIFY(chiSquare(counts, fiveTokens, 20'000) < 18.47);
}

void tst_Gumbel::drawsTheFirstIdFromTheCutDistribution()
{
    auto rule = makeRule("gumbel", unfiltered(3));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 2);
    const auto counts = firstIds(runner, logitsOf(fiveTokens), 20'000);
    QCOMPARE(counts[0] + counts[2], 0);
    const std::vector<double> expected{0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85};
    QVERIFY(chiSquare(counts, expected, 20'000) < 13.82); // 2 degrees of freedom, 0.001
}

void tst_Gumbel::drawsTheEndOfThinkingAsOftenAsItIsProbable()
{
    // It is never the most probable token; Soft Thinking without noise would go on for ever.
    auto rule = makeRule("gumbel", unfiltered(15));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers(), 3);
    const auto logits = logitsOf(fiveTokens);
    int ended = 0;
    for (int i = 0; i < 20'000; ++i) {
        const Decision& decision = runner.decide(logits);
        if (decision.sampled != thinkEnd)
            continue;
        QCOMPARE(decision.input, StepInput::token(thinkEnd));
        QVERIFY(!decision.forced && decision.events.empty());
        ++ended;
    }
    // 3000 expected; four standard deviations.
    QVERIFY(std::abs(ended - 3000) < 4 * std::sqrt(20'000 * 0.15 * 0.85));
}

void tst_Gumbel::namesTheStreamOfItsDraws()
{
    auto rule = makeRule("gumbel", unfiltered(15));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    QCOMPARE(runner.decide(logitsOf(fiveTokens)).stream, weightsStream);
}

void tst_Gumbel::withOneComponentIsTheGreedyToken()
{
    auto rule = makeRule("gumbel", {{"max-topk", std::int64_t{1}}});
    QVERIFY_RESULT(rule);
    QVERIFY(test::isGreedy(RuleRunner(std::move(*rule), mixtureMarkers(), 4)));
}

void tst_Gumbel::feedsTheDrawnTokenAloneAtTemperatureZero()
{
    auto zero = makeRule("gumbel", unfiltered(15, {{"gumbel-temperature", 0.0}}));
    auto half = makeRule("gumbel", unfiltered(15));
    QVERIFY_RESULT(zero);
    QVERIFY_RESULT(half);
    RuleRunner alone(std::move(*zero), {}, 5);
    RuleRunner mixed(std::move(*half), {}, 5);
    for (int i = 0; i < 100; ++i) {
        const TokenId heaviest = mixed.decide(logitsOf(fiveTokens)).sampled;
        QCOMPARE(alone.decide(logitsOf(fiveTokens)).input, StepInput::token(heaviest));
    }
}

void tst_Gumbel::isSoftThinkingWithoutNoise()
{
    auto quiet =
        makeRule("gumbel", unfiltered(10, {{"gumbel-factor", 0.0}, {"gumbel-temperature", 1.0}}));
    auto soft = makeRule("soft", unfiltered(10));
    QVERIFY_RESULT(quiet);
    QVERIFY_RESULT(soft);
    RuleRunner a(std::move(*quiet), mixtureMarkers());
    RuleRunner b(std::move(*soft), mixtureMarkers());
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto logits = reference::randomLogits(68, seed);
        const StepInput x = a.decide(logits).input;
        const StepInput y = b.decide(logits).input;
        QCOMPARE(x.ids, y.ids);
        for (std::size_t i = 0; i < x.weights.size(); ++i)
            QVERIFY(std::abs(x.weights[i] - y.weights[i]) < 1e-7);
    }
}

void tst_Gumbel::givesOneSeedOneMixtureAndAnotherAnother()
{
    const auto inputs = test::inputsBySeed("gumbel", {7, 7, 8});
    QCOMPARE(inputs[0], inputs[1]);
    QVERIFY(inputs[0] != inputs[2]);
}

void tst_Gumbel::keepsCutOffNoiseWithinItsBounds()
{
    // Of two tokens, one has e^-5 of the other's weight: noise within 4.5 never makes up for it,
    // whole noise does so in one draw of 150.
    const std::vector<float> logits{5, 0};
    for (const bool truncated : {true, false}) {
        auto rule = makeRule(
            "gumbel",
            unfiltered(2, {{"gumbel-truncation", std::string(truncated ? "soft-grpo" : "none")}}));
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), {}, 6);
        QCOMPARE(firstIds(runner, logits, 5000)[1] > 0, !truncated);
    }
}

void tst_Gumbel::keepsEveryWeightAboveZero()
{
    // SofT-GRPO's default noise is Gaussian on the weights themselves, some of which go below zero.
    for (const char* truncation : {"none", "soft-grpo"}) {
        auto rule = makeRule(
            "gumbel", {{"gumbel-truncation", std::string(truncation)}, {"gumbel-factor", 10.0}});
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), {}, 8);
        for (std::uint64_t seed = 0; seed < 200; ++seed)
            for (const float weight :
                 runner.decide(reference::randomLogits(68, seed)).input.weights)
                QVERIFY(weight > 0 && weight <= 1);
    }
}

void tst_Gumbel::hasTheScriptsDefaults()
{
    const auto values = completeParameters(findMode("gumbel")->parameters, {});
    QVERIFY_RESULT(values);
    QCOMPARE(integerOf(*values, "max-topk"), 15);
    QCOMPARE(realOf(*values, "gumbel-temperature"), 0.5);
    QCOMPARE(realOf(*values, "min-p"), 0.0);
    QCOMPARE(realOf(*values, "temperature"), 0.6);
    QCOMPARE(integerOf(*values, "cold-stop-length"), 0);
    QCOMPARE(realOf(*values, "answer-min-p"), 0.0);
}

void tst_Gumbel::refusesATemperatureBelowZero()
{
    const auto rule = makeRule("gumbel", {{"gumbel-temperature", -0.5}});
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(rule.error().message,
             std::string("gumbel-temperature was given as '-0.5'; it must be a number from 0 to "
                         "100."));
}

QTEST_GUILESS_MAIN(tst_Gumbel)
#include "tst_gumbel.moc"
