#include "mixturetools.h"
#include "qverifyresult.h"
#include "referencesampling.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using halftone::test::chiSquare;
using halftone::test::logitsOf;
using halftone::test::makeRule;
using halftone::test::mixtureMarkers;
using halftone::test::RuleRunner;
using halftone::test::thinkEnd;
namespace reference = halftone::test::reference;

namespace {

/// Parameters under which nothing but the mixture's own cut and its noise act.
ParameterValues unfiltered(std::int64_t maxTopK, ParameterValues more = {})
{
    more.emplace("max-topk", maxTopK);
    return test::unfiltered(std::move(more));
}

const std::vector<double> fiveTokens{0.1, 0.4, 0.05, 0.3, 0.15};

/// The noise of a step, as many draws as components, written from Philox's bits on.
std::vector<double> gumbels(std::uint64_t seed, std::uint64_t step, std::size_t count)
{
    StepRng rng({seed, step, weightsStream});
    std::vector<double> draws;
    for (std::size_t i = 0; i < count; ++i) {
        const double u = (static_cast<double>(rng.bits() / 4096) + 0.5) / 4503599627370496.0;
        draws.push_back(-std::log(-std::log(u)));
    }
    return draws;
}

struct Noise
{
    double tau = 0.5;
    double factor = 1;
    bool truncated = false;
};

/// Weights by id after the noise, heaviest first.
std::vector<std::pair<int, double>> noisy(std::vector<std::pair<int, double>> mixture,
                                          const std::vector<double>& draws, const Noise& noise)
{
    double sum = 0;
    for (std::size_t i = 0; i < mixture.size(); ++i) {
        double& w = mixture[i].second;
        if (noise.truncated)
            w = (w + 1e-6) * std::exp(noise.factor * std::min(3.0, std::max(-1.5, draws[i])));
        else
            w = w * std::exp(noise.factor * draws[i]);
        w = std::pow(w, 1 / noise.tau);
        sum += w;
    }
    for (auto& component : mixture)
        component.second /= sum;
    std::sort(mixture.begin(), mixture.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
    return mixture;
}

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
    const SamplingSettings settings{.temperature = 0.6, .topK = 30, .topP = 0.95};
    for (std::uint64_t step = 0; step < 60; ++step) {
        const auto logits = reference::randomLogits(300, step, 2);
        const Decision& decision = runner.decide(logits);
        auto mixture = reference::mixture(reference::filtered(logits, settings), 15);
        const auto draws = gumbels(9, step, mixture.size());
        const auto expected = noisy(mixture, draws, {tau, factor, truncated});
        QCOMPARE(decision.sampled.value, expected.front().first);
        double sum = 0;
        for (std::size_t i = 0; i < decision.input.ids.size(); ++i) {
            QCOMPARE(decision.input.ids[i].value, expected[i].first);
            QVERIFY(std::abs(decision.input.weights[i] - expected[i].second) < 1e-7);
            sum += decision.input.weights[i];
        }
        QVERIFY(std::abs(sum - 1) < 1e-6);
    }
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
    auto one = makeRule("gumbel", {{"max-topk", std::int64_t{1}}});
    auto greedy = makeRule("discrete", {{"temperature", 0.0}});
    QVERIFY_RESULT(one);
    QVERIFY_RESULT(greedy);
    RuleRunner gumbel(std::move(*one), mixtureMarkers(), 4);
    RuleRunner discrete(std::move(*greedy), mixtureMarkers(), 4);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto logits = reference::randomLogits(68, seed);
        const StepInput input = gumbel.decide(logits).input;
        QCOMPARE(input, discrete.decide(logits).input);
        QVERIFY(input.weights.front() == 1.0F);
    }
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
    std::vector<StepInput> inputs;
    for (const std::uint64_t seed : {7, 7, 8}) {
        auto rule = makeRule("gumbel", unfiltered(15));
        QVERIFY_RESULT(rule);
        inputs.push_back(RuleRunner(std::move(*rule), {}, seed).decide(logitsOf(fiveTokens)).input);
    }
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
