#include "mixturetools.h"
#include "qverifyresult.h"
#include "reference/rules.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace halftone;
using halftone::test::fiveTokens;
using halftone::test::logitsOf;
using halftone::test::makeRule;
using halftone::test::mixtureMarkers;
using halftone::test::RuleRunner;
using halftone::test::thinkEnd;
using halftone::test::unfiltered;
namespace reference = halftone::test::reference;

namespace {

float weightOf(const StepInput& input, int id)
{
    for (std::size_t i = 0; i < input.ids.size(); ++i)
        if (input.ids[i].value == id)
            return input.weights[i];
    return 0;
}

} // namespace

class tst_Dirichlet : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheReference();
    void hasTheMeansAndVariancesOfTheory_data();
    void hasTheMeansAndVariancesOfTheory();
    void drawsForSurvivorsAlone();
    void cutsAfterTheDraw();
    void drawsOfTinyProbabilitiesAreNumbers();
    void isSoftThinkingToTheBitWithoutNoise();
    void withOneSurvivorIsTheGreedyToken();
    void endsWhenTheHeaviestDrawnWeightIsTheEndOfThinking();
    void namesTheStreamOfItsDraws();
    void givesOneSeedOneMixtureAndAnotherAnother();
    void hasTheScriptsDefaults();
    void refusesAConcentrationOfZero();
};

void tst_Dirichlet::agreesWithTheReference()
{
    auto rule = makeRule("dirichlet", {{"max-topk", std::int64_t{6}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 9);
    const auto expected =
        reference::dirichlet({{.temperature = 0.6, .topK = 30, .topP = 0.95}, 6, 4});
    QCOMPARE(test::difference(runner, *expected, 9), std::string());
}

void tst_Dirichlet::hasTheMeansAndVariancesOfTheory_data()
{
    QTest::addColumn<double>("alpha");
    for (const double alpha : {0.5, 4.0, 50.0})
        QTest::addRow("alpha %g", alpha) << alpha;
}

void tst_Dirichlet::hasTheMeansAndVariancesOfTheory()
{
    QFETCH(double, alpha);
    auto rule = makeRule("dirichlet", unfiltered({{"dirichlet-alpha", alpha}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 1);
    constexpr int steps = 20'000;
    std::vector<std::vector<double>> weights(5);
    for (int step = 0; step < steps; ++step) {
        const StepInput& input = runner.decide(logitsOf(fiveTokens)).input;
        for (int id = 0; id < 5; ++id)
            weights[static_cast<std::size_t>(id)].push_back(weightOf(input, id));
    }
    const auto centralMoment = [](const std::vector<double>& values, double mean, int power) {
        double sum = 0;
        for (const double value : values)
            sum += std::pow(value - mean, power);
        return sum / steps;
    };
    // Four standard errors each, of 30 values.
    for (std::size_t id = 0; id < 5; ++id) {
        const double p = fiveTokens[id];
        const double variance = p * (1 - p) / (alpha + 1);
        QVERIFY(std::abs(centralMoment(weights[id], 0, 1) - p) < 4 * std::sqrt(variance / steps));
        const double found = centralMoment(weights[id], p, 2);
        const double fourth = centralMoment(weights[id], p, 4);
        QVERIFY(std::abs(found - variance) < 4 * std::sqrt((fourth - variance * variance) / steps));
    }
}

void tst_Dirichlet::drawsForSurvivorsAlone()
{
    auto rule = makeRule("dirichlet", {{"top-k", std::int64_t{2}}, {"top-p", 1.0}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 2);
    std::vector<float> logits = logitsOf(fiveTokens);
    logits.push_back(-std::numeric_limits<float>::infinity());
    for (int i = 0; i < 1000; ++i) {
        const StepInput& input = runner.decide(logits).input;
        for (std::size_t c = 0; c < input.ids.size(); ++c) {
            QVERIFY(input.ids[c].value == 1 || input.ids[c].value == 3);
            QVERIFY(std::isfinite(input.weights[c]));
        }
    }
}

void tst_Dirichlet::cutsAfterTheDraw()
{
    // Cut before the draw, the two least probable tokens could never be fed.
    auto rule = makeRule("dirichlet", unfiltered({{"max-topk", std::int64_t{2}}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 3);
    std::vector<int> fed(5);
    for (int i = 0; i < 2000; ++i) {
        const StepInput& input = runner.decide(logitsOf(fiveTokens)).input;
        QVERIFY(input.ids.size() <= 2);
        for (const TokenId id : input.ids)
            ++fed[id.index()];
    }
    for (const int count : fed)
        QVERIFY(count > 0);
    QVERIFY(fed[1] > fed[3] && fed[3] > fed[4] && fed[4] > fed[0] && fed[0] > fed[2]);
}

void tst_Dirichlet::drawsOfTinyProbabilitiesAreNumbers()
{
    auto rule = makeRule("dirichlet", unfiltered({{"dirichlet-alpha", 0.001}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 4);
    for (int i = 0; i < 200; ++i) {
        const Decision& decision = runner.decide({0, -30, -700, 1, -5});
        double sum = 0;
        for (const float weight : decision.input.weights)
            sum += weight;
        QVERIFY(std::abs(sum - 1) < 1e-6);
    }
}

void tst_Dirichlet::isSoftThinkingToTheBitWithoutNoise()
{
    auto quiet = makeRule("dirichlet", {{"dirichlet-alpha", 1e6}, {"max-topk", std::int64_t{7}}});
    auto soft = makeRule("soft", {{"min-p", 0.0}, {"max-topk", std::int64_t{7}}});
    QVERIFY_RESULT(quiet);
    QVERIFY_RESULT(soft);
    RuleRunner a(std::move(*quiet), mixtureMarkers());
    RuleRunner b(std::move(*soft), mixtureMarkers());
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto logits = reference::randomLogits(68, seed);
        QCOMPARE(a.decide(logits).input, b.decide(logits).input);
    }
}

void tst_Dirichlet::withOneSurvivorIsTheGreedyToken()
{
    auto rule = makeRule("dirichlet", {{"top-k", std::int64_t{1}}});
    QVERIFY_RESULT(rule);
    QVERIFY(test::isGreedy(RuleRunner(std::move(*rule), mixtureMarkers(), 5)));
}

void tst_Dirichlet::endsWhenTheHeaviestDrawnWeightIsTheEndOfThinking()
{
    auto rule = makeRule("dirichlet", unfiltered());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers(), 6);
    int ended = 0;
    for (int i = 0; i < 1000; ++i) {
        const Decision& decision = runner.decide(logitsOf(fiveTokens));
        QCOMPARE(decision.sampled, decision.input.ids.front());
        if (decision.sampled == thinkEnd) {
            QCOMPARE(decision.input, StepInput::token(thinkEnd));
            ++ended;
        }
    }
    QVERIFY(ended > 50 && ended < 200);
}

void tst_Dirichlet::namesTheStreamOfItsDraws()
{
    for (const double alpha : {4.0, 1e6}) {
        auto rule = makeRule("dirichlet", unfiltered({{"dirichlet-alpha", alpha}}));
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule));
        QCOMPARE(runner.decide(logitsOf(fiveTokens)).stream,
                 alpha == 4 ? weightsStream : tokenStream);
    }
}

void tst_Dirichlet::givesOneSeedOneMixtureAndAnotherAnother()
{
    const auto inputs = test::inputsBySeed("dirichlet", {7, 7, 8});
    QCOMPARE(inputs[0], inputs[1]);
    QVERIFY(inputs[0] != inputs[2]);
}

void tst_Dirichlet::hasTheScriptsDefaults()
{
    const auto values = completeParameters(findMode("dirichlet")->parameters, {});
    QVERIFY_RESULT(values);
    QCOMPARE(integerOf(*values, "max-topk"), 15);
    QCOMPARE(realOf(*values, "dirichlet-alpha"), 4.0);
    QCOMPARE(realOf(*values, "min-p"), 0.0);
    QCOMPARE(integerOf(*values, "cold-stop-length"), 0);
}

void tst_Dirichlet::refusesAConcentrationOfZero()
{
    const auto rule = makeRule("dirichlet", {{"dirichlet-alpha", 0.0}});
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(rule.error().message,
             std::string("dirichlet-alpha was given as '0'; it must be a number from 0.001 to "
                         "1e+06."));
}

QTEST_GUILESS_MAIN(tst_Dirichlet)
#include "tst_dirichlet.moc"
