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

constexpr TokenId thinkStart{3};

/// H sum w E + (1 - H) E[y] with w = (pi + beta 1[y]) / (1 + beta), as weights by id.
std::vector<double> mixed(const std::vector<float>& logits, int top, double beta, int y)
{
    std::vector<double> pi(logits.size());
    for (const auto& [id, weight] : reference::mixture(reference::softmax(logits, 1), top))
        pi[static_cast<std::size_t>(id)] = weight;
    const double h = reference::entropy(pi) / std::log(top);
    std::vector<double> x(logits.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double one = static_cast<int>(i) == y ? 1 : 0;
        x[i] = h * (pi[i] + beta * one) / (1 + beta) + (1 - h) * one;
    }
    return x;
}

std::vector<double> byId(const StepInput& input, std::size_t size)
{
    std::vector<double> weights(size);
    for (std::size_t i = 0; i < input.ids.size(); ++i)
        weights[input.ids[i].index()] = input.weights[i];
    return weights;
}

double largestDifference(const std::vector<double>& a, const std::vector<double>& b)
{
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

} // namespace

class tst_MixInputs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheReference_data();
    void agreesWithTheReference();
    void drawsFromTheFilteredDistribution();
    void sumsToOneWhenTheDrawnTokenIsNotAmongTheMixed();
    void mixesRawProbabilitiesWhateverTheTemperature();
    void showsTheDrawnTokenEvenWhenAnotherIsHeavier();
    void feedsTheDistributionAloneWhenAsked();
    void isDiscreteToTheBitWhenTheModelIsCertain();
    void saysThatTheThinkingEndsWithADrawnMarker();
    void saysThatTheThinkingStartsWithADrawnMarker();
    void leavesTheEndToTheMarkerWhenBothFall();
    void decidesTheAnswerByItsOwnSettings();
    void addsNoiseToTheThinkingAlone();
    void hasThePapersDefaults();
    void refusesAMixtureOfOneToken();
};

void tst_MixInputs::agreesWithTheReference_data()
{
    QTest::addColumn<int>("top");
    QTest::addColumn<double>("beta");
    for (const int top : {2, 20, 60}) // more than are recorded as candidates
        for (const double beta : {0.0, 0.5, 1.0, 2.0})
            QTest::addRow("top %d, beta %g", top, beta) << top << beta;
}

void tst_MixInputs::agreesWithTheReference()
{
    QFETCH(int, top);
    QFETCH(double, beta);
    auto rule = makeRule("mix-inputs", {{"mix-top", std::int64_t{top}}, {"mix-beta", beta}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 7);
    const SamplingSettings sampling{.temperature = 0.6, .topK = 30, .topP = 0.8, .minP = 0.001};
    const auto expected = reference::mixInputs({{sampling, sampling}, top, beta});
    QCOMPARE(test::difference(runner, *expected, 7), std::string());
}

void tst_MixInputs::drawsFromTheFilteredDistribution()
{
    auto rule = makeRule("mix-inputs", unfiltered());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 1);
    std::vector<int> counts(5);
    for (int i = 0; i < 20'000; ++i)
        ++counts[runner.decide(logitsOf(fiveTokens)).sampled.index()];
    // 18.47: what chi-square with 4 degrees of freedom exceeds once in a thousand.
    QVERIFY(chiSquare(counts, fiveTokens, 20'000) < 18.47);
}

void tst_MixInputs::sumsToOneWhenTheDrawnTokenIsNotAmongTheMixed()
{
    auto rule = makeRule("mix-inputs", unfiltered({{"mix-top", std::int64_t{2}}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 2);
    const auto logits = logitsOf(fiveTokens);
    int outside = 0;
    for (int i = 0; i < 200; ++i) {
        const Decision& decision = runner.decide(logits);
        double sum = 0;
        for (const float weight : decision.input.weights)
            sum += weight;
        QVERIFY(std::abs(sum - 1) < 1e-6);
        if (decision.sampled == TokenId{1} || decision.sampled == TokenId{3})
            continue;
        ++outside;
        QCOMPARE(decision.input.ids.size(), 3U);
        const auto expected = mixed(logits, 2, 1, decision.sampled.value);
        QVERIFY(largestDifference(byId(decision.input, 5), expected) < 1e-7);
    }
    QVERIFY(outside > 20);
}

void tst_MixInputs::mixesRawProbabilitiesWhateverTheTemperature()
{
    // At temperature 0 the draw is greedy, and the others are mixed in as ever.
    auto rule = makeRule("mix-inputs", {{"temperature", 0.0}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    const auto logits = logitsOf(fiveTokens);
    const Decision& decision = runner.decide(logits);
    QCOMPARE(decision.sampled, TokenId{1});
    QCOMPARE(decision.input.ids.size(), 5U);
    QVERIFY(largestDifference(byId(decision.input, 5), mixed(logits, 20, 1, 1)) < 1e-7);
}

void tst_MixInputs::showsTheDrawnTokenEvenWhenAnotherIsHeavier()
{
    auto rule =
        makeRule("mix-inputs", unfiltered({{"mix-beta", 0.0}, {"mix-top", std::int64_t{2}}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 3);
    bool seen = false;
    for (int i = 0; i < 50; ++i) {
        const Decision& decision = runner.decide(logitsOf({0.55, 0.45}));
        seen = seen || decision.input.ids.front() != decision.sampled;
    }
    QVERIFY(seen);
}

void tst_MixInputs::feedsTheDistributionAloneWhenAsked()
{
    auto rule = makeRule("mix-inputs", {{"mix-weights", std::string("distribution")}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 4);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto logits = reference::randomLogits(300, seed, 2);
        const Decision& decision = runner.decide(logits);
        const auto expected = reference::mixture(reference::softmax(logits, 1), 20);
        QCOMPARE(decision.input.ids.size(), 20U);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QCOMPARE(decision.input.ids[i].value, expected[i].first);
            QVERIFY(std::abs(decision.input.weights[i] - expected[i].second) < 1e-7);
        }
    }
}

void tst_MixInputs::isDiscreteToTheBitWhenTheModelIsCertain()
{
    auto mix = makeRule("mix-inputs", {});
    auto discrete = makeRule("discrete", {{"top-p", 0.8}});
    QVERIFY_RESULT(mix);
    QVERIFY_RESULT(discrete);
    RuleRunner mixing(std::move(*mix), mixtureMarkers(), 5);
    RuleRunner drawing(std::move(*discrete), mixtureMarkers(), 5);
    for (std::size_t best = 0; best < 10; ++best) {
        std::vector<float> logits(10, -300);
        logits[best] = 0;
        const Decision& a = mixing.decide(logits);
        const Decision& b = drawing.decide(logits);
        QCOMPARE(a.input, b.input);
        QCOMPARE(a.sampled, b.sampled);
        QVERIFY(a.input.weights.front() == 1.0F);
        // Of a marker that is fed as a token the session tells by itself.
        QVERIFY(a.events.empty());
    }
}

void tst_MixInputs::saysThatTheThinkingEndsWithADrawnMarker()
{
    auto rule = makeRule("mix-inputs", unfiltered());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers(), 6);
    for (const Phase phase : {Phase::Think, Phase::Answer}) {
        runner.setPhase(phase);
        int ended = 0;
        for (int i = 0; i < 200; ++i) {
            const Decision& decision = runner.decide(logitsOf(fiveTokens));
            const bool ends = phase == Phase::Think && decision.sampled == thinkEnd;
            const auto says = [](const StepEvent& event) {
                return event.kind == EventKind::ThinkingEnded;
            };
            QCOMPARE(std::any_of(decision.events.begin(), decision.events.end(), says), ends);
            QCOMPARE(decision.input.kind, InputKind::Mixture);
            ended += ends ? 1 : 0;
        }
        QCOMPARE(ended > 0, phase == Phase::Think);
    }
}

void tst_MixInputs::saysThatTheThinkingStartsWithADrawnMarker()
{
    auto rule = makeRule("mix-inputs", unfiltered());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers(), 6);
    runner.setPhase(Phase::Answer);
    int started = 0;
    for (int i = 0; i < 200; ++i) {
        const Decision& decision = runner.decide(logitsOf(fiveTokens));
        QCOMPARE(decision.events.size(), decision.sampled == thinkStart ? 1U : 0U);
        if (decision.events.empty())
            continue;
        QCOMPARE(decision.events.front().kind, EventKind::ThinkingStarted);
        ++started;
    }
    QVERIFY(started > 0);
}

void tst_MixInputs::leavesTheEndToTheMarkerWhenBothFall()
{
    // Every step is the budget's last one; the drawn marker needs no help.
    auto rule = makeRule("mix-inputs", unfiltered({{"think-budget", std::int64_t{1}}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers(), 8);
    bool seen = false;
    for (int i = 0; i < 200; ++i) {
        const Decision& decision = runner.decide(logitsOf(fiveTokens));
        QCOMPARE(decision.events.size(), 1U);
        if (decision.forced)
            continue;
        QCOMPARE(decision.events.front().kind, EventKind::ThinkingEnded);
        QCOMPARE(decision.sampled, thinkEnd);
        seen = true;
    }
    QVERIFY(seen);
}

void tst_MixInputs::decidesTheAnswerByItsOwnSettings()
{
    auto rule = makeRule("mix-inputs", unfiltered({{"answer-temperature", 0.0}}));
    QVERIFY_RESULT(rule);
    QVERIFY((*rule)->decidesAnswer());
    RuleRunner runner(std::move(*rule), {}, 9);
    for (const Phase phase : {Phase::Think, Phase::Answer}) {
        runner.setPhase(phase);
        std::vector<int> counts(5);
        for (int i = 0; i < 100; ++i) {
            const Decision& decision = runner.decide(logitsOf(fiveTokens));
            QCOMPARE(decision.input.kind, InputKind::Mixture);
            ++counts[decision.sampled.index()];
        }
        QCOMPARE(counts[1] == 100, phase == Phase::Answer);
    }
}

void tst_MixInputs::addsNoiseToTheThinkingAlone()
{
    auto rule = makeRule("mix-inputs", unfiltered({{"noise-sigma", 0.33}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers(), 10);
    for (int i = 0; i < 100; ++i) {
        const Decision& decision = runner.decide(logitsOf(fiveTokens));
        // A drawn </think> is fed in a mixture, but without noise.
        QCOMPARE(decision.input.kind == InputKind::Noise, decision.sampled != thinkEnd);
        QCOMPARE(decision.input.noiseScale > 0, decision.sampled != thinkEnd);
    }
    runner.setPhase(Phase::Answer);
    for (int i = 0; i < 100; ++i)
        QCOMPARE(runner.decide(logitsOf(fiveTokens)).input.kind, InputKind::Mixture);
}

void tst_MixInputs::hasThePapersDefaults()
{
    const auto values = completeParameters(findMode("mix-inputs")->parameters, {});
    QVERIFY_RESULT(values);
    QCOMPARE(realOf(*values, "mix-beta"), 1.0);
    QCOMPARE(integerOf(*values, "mix-top"), 20);
    QCOMPARE(textOf(*values, "mix-weights"), std::string("draw-and-distribution"));
    QCOMPARE(realOf(*values, "temperature"), 0.6);
    QCOMPARE(realOf(*values, "noise-sigma"), 0.0);
}

void tst_MixInputs::refusesAMixtureOfOneToken()
{
    const auto rule = makeRule("mix-inputs", {{"mix-top", std::int64_t{1}}});
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(rule.error().message,
             std::string("mix-top was given as '1'; it must be a whole number from 2 to 256 "
                         "tokens."));
}

QTEST_GUILESS_MAIN(tst_MixInputs)
#include "tst_mixinputs.moc"
