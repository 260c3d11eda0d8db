// Soft and fuzzy tokens, and their noise as a layer around other modes. What is drawn of the noise
// is the session's: tst_sessionnoise.
#include "mixturetools.h"
#include "qverifyresult.h"
#include "referencesampling.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using halftone::test::logitsOf;
using halftone::test::makeRule;
using halftone::test::mixtureMarkers;
using halftone::test::RuleRunner;
using halftone::test::thinkEnd;
namespace reference = halftone::test::reference;

namespace {

const ParameterValues quiet{{"noise-sigma", 0.0}};

/// Modes that have the layer and are whole without it.
const std::vector<const char*> layeredModes{"soft", "gumbel", "dirichlet"};

} // namespace

class tst_Noise : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void feedsTheMeanOfTheWholeVocabulary();
    void keepsAMixtureOfFewTokensByName();
    void feedsTheMostProbableTokenWhenFuzzy();
    void mixesWhatTheFiltersLeaveWhenTheyAreSet();
    void asksForNoiseAsAMultipleOfTheTablesRms();
    void withoutNoiseAndTemperatureIsTheGreedyToken();
    void leavesTheEndOfThinkingClean();

    void addsNoiseToWhatTheModeFeeds();
    void leavesForcedEndsClean();
    void leavesTheAnswerClean();
    void addsNothingUnlessAsked();
    void hasThePapersDefaults();
    void refusesNoiseBelowZero();
};

void tst_Noise::feedsTheMeanOfTheWholeVocabulary()
{
    auto rule = makeRule("noise", {});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto logits = reference::randomLogits(300, seed, 1);
        logits[thinkEnd.index()] = -5;
        const Decision& decision = runner.decide(logits);
        const auto expected = reference::softmax(logits, 0.5);
        QCOMPARE(decision.dense.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY(std::abs(decision.dense[i] - expected[i]) < 1e-7);
        QCOMPARE(decision.input.kind, InputKind::Noise);
        const auto heaviest = reference::mixture(expected, 300).front();
        QCOMPARE(decision.sampled.value, heaviest.first);
        QVERIFY(std::abs(decision.input.weights.front() - heaviest.second) < 1e-7);
        QVERIFY(std::abs(decision.scaledEntropy - reference::entropy(expected)) < 1e-6);
    }
}

void tst_Noise::keepsAMixtureOfFewTokensByName()
{
    auto rule = makeRule("noise", {{"temperature", 1.0}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    const Decision& decision = runner.decide(logitsOf({0.25, 0.625, 0.125}));
    QVERIFY(decision.dense.empty());
    QCOMPARE(decision.input.ids, (std::vector{TokenId{1}, TokenId{0}, TokenId{2}}));
    QCOMPARE(decision.input.weights, (std::vector{0.625F, 0.25F, 0.125F}));
}

void tst_Noise::feedsTheMostProbableTokenWhenFuzzy()
{
    auto rule = makeRule("noise", {{"temperature", 0.0001}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto logits = reference::randomLogits(300, seed);
        const Decision& decision = runner.decide(logits);
        const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
        QCOMPARE(decision.input.kind, InputKind::Noise);
        QCOMPARE(decision.input.ids, std::vector{TokenId{static_cast<std::int32_t>(best)}});
        QCOMPARE(decision.input.weights, std::vector{1.0F});
        QVERIFY(decision.dense.empty());
    }
}

void tst_Noise::mixesWhatTheFiltersLeaveWhenTheyAreSet()
{
    auto rule = makeRule("noise", {{"top-k", std::int64_t{5}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    const auto logits = reference::randomLogits(300, 3);
    const Decision& decision = runner.decide(logits);
    const auto expected =
        reference::mixture(reference::filtered(logits, {.temperature = 0.5, .topK = 5}), 5);
    QCOMPARE(decision.input.ids.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        QCOMPARE(decision.input.ids[i].value, expected[i].first);
        QVERIFY(std::abs(decision.input.weights[i] - expected[i].second) < 1e-7);
    }
}

void tst_Noise::asksForNoiseAsAMultipleOfTheTablesRms()
{
    // Rows of 16 values with a mean length of 6: an RMS of 1.5.
    ModelIdentity model;
    model.embeddingSize = 16;
    model.meanEmbeddingNorm = 6;
    ModeContext context = test::contextForTests();
    context.model = &model;
    for (const auto& [mode, parameters, scale] :
         std::vector<std::tuple<const char*, ParameterValues, float>>{
             {"noise", {}, 0.495F},
             {"noise", {{"noise-sigma", 2.0}}, 3.0F},
             {"soft", {{"noise-sigma", 0.1}}, 0.15F}}) {
        auto rule = makeRule(mode, parameters, context);
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule));
        QCOMPARE(runner.decide(logitsOf({0.25, 0.625, 0.125})).input.noiseScale, scale);
    }
}

void tst_Noise::withoutNoiseAndTemperatureIsTheGreedyToken()
{
    auto rule = makeRule("noise", {{"noise-sigma", 0.0}, {"temperature", 0.0}});
    QVERIFY_RESULT(rule);
    QVERIFY(test::isGreedy(RuleRunner(std::move(*rule), mixtureMarkers())));
}

void tst_Noise::leavesTheEndOfThinkingClean()
{
    for (const char* mode : {"noise", "soft"}) {
        auto rule = makeRule(mode, {{"noise-sigma", 0.33}});
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), mixtureMarkers());
        const Decision& decision = runner.decide(logitsOf({0.1, 0.1, 0.1, 0.1, 0.4, 0.2}));
        QCOMPARE(decision.input, StepInput::token(thinkEnd));
        QVERIFY(decision.dense.empty());
    }
}

void tst_Noise::addsNoiseToWhatTheModeFeeds()
{
    for (const char* mode : layeredModes) {
        auto with = makeRule(mode, {{"noise-sigma", 0.33}});
        auto without = makeRule(mode, quiet);
        QVERIFY_RESULT(with);
        QVERIFY_RESULT(without);
        RuleRunner noisy(std::move(*with), mixtureMarkers(), 5);
        RuleRunner clean(std::move(*without), mixtureMarkers(), 5);
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            auto logits = reference::randomLogits(68, seed);
            logits[thinkEnd.index()] = -20;
            const Decision& found = noisy.decide(logits);
            const Decision& expected = clean.decide(logits);
            QCOMPARE(found.input.kind, InputKind::Noise);
            QVERIFY(found.input.noiseScale > 0);
            QCOMPARE(found.input.ids, expected.input.ids);
            QCOMPARE(found.input.weights, expected.input.weights);
            QCOMPARE(found.sampled, expected.sampled);
            QCOMPARE(found.stream, expected.stream);
        }
    }
}

void tst_Noise::leavesForcedEndsClean()
{
    for (const ParameterValues& parameters :
         {ParameterValues{{"noise-sigma", 0.33}, {"think-budget", std::int64_t{2}}},
          ParameterValues{{"noise-sigma", 0.33},
                          {"cold-stop-entropy", 20.0},
                          {"cold-stop-length", std::int64_t{2}}}}) {
        auto rule = makeRule("soft", parameters);
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), mixtureMarkers());
        const std::vector<float> logits = logitsOf({0.4, 0.3, 0.1, 0.1, 0.1});
        QCOMPARE(runner.decide(logits).input.kind, InputKind::Noise);
        const Decision& decision = runner.decide(logits);
        QVERIFY(decision.forced);
        QCOMPARE(decision.input, StepInput::token(thinkEnd));
    }
}

void tst_Noise::leavesTheAnswerClean()
{
    auto rule = makeRule("soft", {{"noise-sigma", 0.33}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), mixtureMarkers());
    runner.setPhase(Phase::Answer);
    const Decision& decision = runner.decide(logitsOf({0.4, 0.3, 0.1, 0.1, 0.1}));
    QCOMPARE(decision.input.kind, InputKind::Mixture);
    QVERIFY(decision.input.noiseScale == 0);
}

void tst_Noise::addsNothingUnlessAsked()
{
    for (const char* mode : layeredModes) {
        const auto values = completeParameters(findMode(mode)->parameters, {});
        QVERIFY_RESULT(values);
        QCOMPARE(realOf(*values, "noise-sigma"), 0.0);
        auto rule = makeRule(mode, {});
        QVERIFY_RESULT(rule);
        QCOMPARE(RuleRunner(std::move(*rule)).decide(logitsOf({0.6, 0.4})).input.noiseScale, 0);
    }
}

void tst_Noise::hasThePapersDefaults()
{
    const auto values = completeParameters(findMode("noise")->parameters, {});
    QVERIFY_RESULT(values);
    QCOMPARE(realOf(*values, "noise-sigma"), 0.33);
    QCOMPARE(realOf(*values, "temperature"), 0.5);
    QCOMPARE(integerOf(*values, "top-k"), 0);
    QCOMPARE(realOf(*values, "top-p"), 1.0);
    QCOMPARE(realOf(*values, "min-p"), 0.0);
}

void tst_Noise::refusesNoiseBelowZero()
{
    const auto rule = makeRule("noise", {{"noise-sigma", -1.0}});
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(rule.error().message,
             std::string("noise-sigma was given as '-1'; it must be a number from 0 to 100 RMS."));
}

QTEST_GUILESS_MAIN(tst_Noise)
#include "tst_noise.moc"
