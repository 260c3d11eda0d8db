// SwiReasoning's switches and blends, against the reference's machine and the pitfalls of the
// authors' code.
#include "qverifyresult.h"
#include "reference/rules.h"
#include "switools.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <set>

using namespace halftone;
using namespace halftone::test::swi;
using halftone::test::kinds;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
namespace reference = halftone::test::reference;

namespace {

std::vector<int> idsOf(const std::vector<TokenId>& tokens)
{
    std::vector<int> ids;
    for (const TokenId token : tokens)
        ids.push_back(token.value);
    return ids;
}

/// Logits of a spread that goes up and down, so that the entropy does; the marker is all but out.
std::vector<float> wave(int step)
{
    auto logits = reference::randomLogits(vocabulary, static_cast<std::uint64_t>(step),
                                          2 + 1.5 * std::sin(step));
    logits[endThink.index()] = -20;
    return logits;
}

} // namespace

class tst_Swi : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheReferenceMachine_data();
    void agreesWithTheReferenceMachine();
    void saysWhyItSwitches();
    void drawsATokenThatItDoesNotFeed();
    void measuresEntropyAtTemperatureOneInFullPrecision();
    void staysSoftWhileTheEntropyDoesNotFall();
    void goesNormalWithoutADwellAndSoftOnlyAfterOne();
    void feedsSymbolsAsTokensWhileSoft();
    void blendsARealNewlineAtFirst();
    void leavesOutABlendWithATokenThatIsNotThere();
    void scalesItsBlendsByTheRunsGreatestNumberOfSteps();
    void takesMinPAsAFloorWhenAskedTo();
    void keepsTheMostProbableTokenAboveAnyFloor();
};

void tst_Swi::agreesWithTheReferenceMachine_data()
{
    QTest::addColumn<double>("alpha");
    QTest::addColumn<double>("beta");
    QTest::addColumn<int>("window");
    QTest::addColumn<int>("most");
    QTest::addColumn<bool>("symbols");
    QTest::newRow("defaults") << 1.0 << 0.7 << 512 << 0 << true;
    QTest::newRow("no dwell") << 1.0 << 0.7 << 0 << 0 << true;
    QTest::newRow("blends") << 0.3 << 0.2 << 2 << 0 << false;
    QTest::newRow("limits") << 0.6 << 0.7 << 1 << 3 << true;
    QTest::newRow("a late limit") << 0.6 << 1.0 << 4 << 4 << false;
}

void tst_Swi::agreesWithTheReferenceMachine()
{
    QFETCH(double, alpha);
    QFETCH(double, beta);
    QFETCH(int, window);
    QFETCH(int, most);
    QFETCH(bool, symbols);
    auto rule = makeRule("swi",
                         {{"swi-alpha", alpha},
                          {"swi-beta", beta},
                          {"swi-window", std::int64_t{window}},
                          {"swi-max-switches", std::int64_t{most}},
                          {"swi-math-symbols", symbols}},
                         worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    runner.setMaxSteps(1000);
    const SamplingSettings sampling{.temperature = 0.6, .topK = 20, .topP = 0.95};
    const auto machine =
        reference::swi({.sampling = {sampling, sampling},
                        .alpha = alpha,
                        .beta = beta,
                        .window = static_cast<double>(window),
                        .most = most,
                        .symbols = symbols ? std::set{seven.value, frac.value} : std::set<int>(),
                        .newline = newline.value,
                        .converge = {endThink.value},
                        .last = idsOf(finalIds)},
                       {think.value, endThink.value});
    int switches = 0;
    bool stopped = false;
    for (int step = 0; step < 400 && !stopped; ++step) {
        const auto logits = wave(step);
        const Decision& decision = runner.decide(logits);
        reference::Seen seen;
        seen.logits = logits;
        seen.step = step;
        seen.maxSteps = 1000;
        const reference::Decided expected = machine->decide(seen);
        QCOMPARE(decision.sampled.value, expected.shown);
        QCOMPARE(reference::difference(expected, decision.input, decision.dense), std::string());
        QCOMPARE(idsOf(decision.enqueue), expected.queue);
        QCOMPARE(decision.stop, expected.stops ? StopReason::SwitchLimit : StopReason::None);
        QCOMPARE(kinds(decision), expected.events);
        switches += expected.events.empty() ? 0 : 1;
        stopped = expected.stops;
    }
    QVERIFY(switches > 0);
    QCOMPARE(stopped, most > 0);
}

void tst_Swi::saysWhyItSwitches()
{
    auto rule = makeRule("swi", greedyWith({{"swi-window", std::int64_t{1}}}), worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    QVERIFY(runner.decide(peak(word, 0.5)).events.empty());
    QCOMPARE(runner.decide(peak(word, 0.75)).events,
             (std::vector<StepEvent>{{EventKind::ModeSwitched,
                                      "soft to normal: entropy 1.478 nats, below the block's "
                                      "2.525, after 1 step; switch 1"}}));
    QVERIFY(runner.decide(peak(word, 0.75)).events.empty());
    QCOMPARE(runner.decide(peak(word, 0.5)).events,
             (std::vector<StepEvent>{{EventKind::ModeSwitched,
                                      "normal to soft: entropy 2.525 nats, above the block's "
                                      "1.478, after 2 steps"}}));
}

void tst_Swi::drawsATokenThatItDoesNotFeed()
{
    // The code's stream shows y as if it were the input; here the record has both.
    auto rule = makeRule("swi", greedyWith({}), worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    QVERIFY(runner.decide(open).input.kind == InputKind::Mixture);
    const Decision& decision = runner.decide(sure);
    QCOMPARE(decision.sampled, word);
    QCOMPARE(decision.input.kind, InputKind::Mixture);
    QCOMPARE(decision.filtered.tokens.size(), 1U);
    QVERIFY(weightsOf(decision)[endThink.index()] > 0.29);
}

void tst_Swi::measuresEntropyAtTemperatureOneInFullPrecision()
{
    // Two entropies that bf16 cannot tell apart, at a temperature that would turn their order.
    auto rule = makeRule("swi", {{"temperature", 5.0}}, worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    QVERIFY(runner.decide(peak(word, 0.5)).events.empty());
    QCOMPARE(kinds(runner.decide(peak(word, 0.50001))), std::vector{EventKind::ModeSwitched});
}

void tst_Swi::staysSoftWhileTheEntropyDoesNotFall()
{
    // No threshold fires: every step is the full mixture at T = 1, which is the mode soft's when
    // nothing is filtered and as many tokens are mixed as there are.
    auto swi =
        makeRule("swi", {{"swi-first-blend", std::string("none")}, {"swi-math-symbols", false}},
                 worldContext());
    auto soft = makeRule("soft",
                         {{"temperature", 1.0},
                          {"top-k", std::int64_t{0}},
                          {"top-p", 1.0},
                          {"min-p", 0.0},
                          {"max-topk", std::int64_t{256}}},
                         worldContext());
    QVERIFY_RESULT(swi);
    QVERIFY_RESULT(soft);
    RuleRunner a(std::move(*swi), worldContext().markers);
    RuleRunner b(std::move(*soft), worldContext().markers);
    for (int step = 0; step < 50; ++step) {
        // The entropy only rises, and one step's is the last one's.
        std::vector<float> logits;
        for (int i = 0; i < 20; ++i)
            logits.push_back(static_cast<float>(-0.4 * i / (1 + step / 2)));
        std::rotate(logits.begin(), logits.begin() + 17, logits.end());
        logits.resize(vocabulary, -200);
        const Decision& mixed = a.decide(logits);
        QVERIFY(mixed.events.empty());
        const Decision& expected = b.decide(logits);
        if (expected.sampled == endThink)
            continue; // the mode soft ends here, and is fed the marker
        if (mixed.sampled == endThink)
            continue; // and SwiReasoning on the drawn one
        QCOMPARE(mixed.input.ids, expected.input.ids);
        for (std::size_t i = 0; i < mixed.input.weights.size(); ++i)
            QVERIFY(std::abs(mixed.input.weights[i] - expected.input.weights[i]) < 1e-7F);
    }
}

void tst_Swi::goesNormalWithoutADwellAndSoftOnlyAfterOne()
{
    auto rule = makeRule("swi", greedyWith({{"swi-window", std::int64_t{4}}}), worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    std::vector<int> tokens;
    for (const bool certain : {false, true, false, false, false, false, false, true, false})
        tokens.push_back(runner.decide(certain ? sure : open).input.kind == InputKind::Token);
    // Soft, to normal, three tokens although the entropy is up, to soft at the fourth, soft; to
    // normal with the next step that is surer.
    QCOMPARE(tokens, (std::vector<int>{0, 0, 1, 1, 1, 0, 0, 0, 1}));
}

void tst_Swi::feedsSymbolsAsTokensWhileSoft()
{
    for (const bool on : {true, false}) {
        for (const TokenId symbol : {seven, frac, word, newline, backslashN}) {
            auto rule = makeRule("swi", greedyWith({{"swi-math-symbols", on}}), worldContext());
            QVERIFY_RESULT(rule);
            RuleRunner runner(std::move(*rule), worldContext().markers);
            QVERIFY(runner.decide(open).input.kind == InputKind::Mixture);
            const Decision& decision = runner.decide(peak(symbol, 0.1));
            QCOMPARE(decision.sampled, symbol);
            QCOMPARE(isToken(decision, symbol), on && (symbol == seven || symbol == frac));
        }
    }
}

void tst_Swi::blendsARealNewlineAtFirst()
{
    // The code blends the token of a backslash and an n, which it takes for a newline.
    for (const auto& [choice, token] :
         std::map<std::string, TokenId>{{"newline", newline}, {"backslash-n", backslashN}}) {
        auto rule = makeRule("swi", {{"swi-first-blend", choice}}, worldContext());
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), worldContext().markers);
        const auto weights = weightsOf(runner.decide(open));
        QVERIFY(std::abs(weights[token.index()] - (0.1 + 0.9 * 0.9 / 39)) < 1e-7);
        QVERIFY(std::abs(weights[word.index()] - 0.09) < 1e-7);
    }
}

void tst_Swi::leavesOutABlendWithATokenThatIsNotThere()
{
    ModeContext context = worldContext();
    context.markers = {};
    const TokenTable numbers = *TokenTable::numbered(vocabulary);
    context.tokens = &numbers;
    auto rule =
        makeRule("swi", greedyWith({{"swi-window", std::int64_t{1}}, {"swi-alpha", 0.5}}), context);
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    for (const auto& logits : {open, sure, open}) {
        const auto weights = weightsOf(runner.decide(logits));
        const auto p = reference::softmax(logits, 1);
        for (std::size_t i = 0; i < p.size(); ++i)
            QVERIFY(std::abs(weights[i] - p[i]) < 1e-7);
    }
}

void tst_Swi::scalesItsBlendsByTheRunsGreatestNumberOfSteps()
{
    std::vector<double> marker;
    for (const std::int64_t maxSteps : {10, 1000}) {
        auto rule = makeRule("swi", greedyWith({}), worldContext());
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), worldContext().markers);
        runner.setMaxSteps(maxSteps);
        for (int i = 0; i < 5; ++i)
            QVERIFY(runner.decide(open).events.empty());
        marker.push_back(weightsOf(runner.decide(peak(word, 1 - 1e-9)))[endThink.index()]);
    }
    QVERIFY(std::abs(marker[0] - 0.3 * (1 - 5 / 10.0)) < 1e-6);
    QVERIFY(std::abs(marker[1] - 0.3 * (1 - 5 / 1000.0)) < 1e-6);
}

void tst_Swi::takesMinPAsAFloorWhenAskedTo()
{
    std::vector<float> logits(vocabulary, -50);
    for (const auto& [id, p] : std::map<int, double>{{7, 0.5}, {8, 0.3}, {9, 0.12}, {10, 0.08}})
        logits[static_cast<std::size_t>(id)] = static_cast<float>(std::log(p));
    for (const auto& [choice, kept] :
         std::map<std::string, std::size_t>{{"relative", 4}, {"absolute", 3}}) {
        auto rule = makeRule(
            "swi", {{"temperature", 1.0}, {"top-p", 1.0}, {"min-p", 0.1}, {"swi-min-p", choice}},
            worldContext());
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), worldContext().markers);
        const Decision& decision = runner.decide(logits);
        QCOMPARE(decision.filtered.tokens.size(), kept);
        double sum = 0;
        for (const WeightedToken& token : decision.filtered.tokens)
            sum += token.probability;
        QVERIFY(std::abs(sum - 1) < 1e-12);
    }
}

void tst_Swi::keepsTheMostProbableTokenAboveAnyFloor()
{
    auto rule = makeRule("swi",
                         {{"temperature", 1.0},
                          {"top-p", 1.0},
                          {"min-p", 0.6},
                          {"swi-min-p", std::string("absolute")}},
                         worldContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), worldContext().markers);
    const Decision& decision = runner.decide(open);
    QCOMPARE(decision.filtered.tokens.size(), 1U);
    QCOMPARE(decision.sampled, word);
    QCOMPARE(decision.filtered.tokens[0].probability, 1.0);
}

QTEST_GUILESS_MAIN(tst_Swi)
#include "tst_swi.moc"
