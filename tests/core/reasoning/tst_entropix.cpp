// Entropix' quadrants against plain float64, and against the bugs of its samplers.
#include "qverifyresult.h"
#include "reference/rules.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

using namespace halftone;
using halftone::test::kinds;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
namespace reference = halftone::test::reference;

namespace {

constexpr int vocabulary = 400;
const std::vector<TokenId> question{TokenId{9}, TokenId{8}};

/// `mass` evenly on the first `count` tokens, the rest evenly on all others.
std::vector<float> row(int count, double mass)
{
    std::vector<float> logits(
        vocabulary,
        mass < 1 ? static_cast<float>(std::log((1 - mass) / (vocabulary - count))) : -60.0F);
    std::fill(logits.begin(), logits.begin() + count, static_cast<float>(std::log(mass / count)));
    logits[0] += 0.01F; // the most probable one is known
    return logits;
}

const std::vector<float> flowing = row(1, 0.99999); // low entropy, low varentropy
const std::vector<float> asking = row(200, 0.5);    // high, low
const std::vector<float> forking = row(1, 0.85);    // low, high
const std::vector<float> wandering = row(1, 0.4);   // high, high
const std::vector<float> between = row(5, 1);

const SamplingSettings usual{.temperature = 0.666, .topK = 27, .topP = 0.9, .minP = 0.03};

RuleRunner runnerOf(ParameterValues parameters = {}, std::uint64_t seed = 0)
{
    ModeContext context = test::contextForTests();
    context.encode = [](std::string_view) -> Result<std::vector<TokenId>> { return question; };
    auto rule = makeRule("entropix", parameters, context);
    if (!rule)
        qFatal("%s", rule.error().message.c_str());
    return RuleRunner(std::move(*rule), {}, seed);
}

/// Filters under which a temperature shows.
ParameterValues open(ParameterValues parameters = {})
{
    parameters.emplace("top-k", std::int64_t{0});
    parameters.emplace("top-p", 1.0);
    parameters.emplace("min-p", 0.0);
    return parameters;
}

bool isReference(const Distribution& found, const std::vector<float>& logits,
                 const SamplingSettings& settings)
{
    const auto expected = reference::filtered(logits, settings);
    const auto kept =
        std::count_if(expected.begin(), expected.end(), [](double p) { return p > 0; });
    if (found.tokens.size() != static_cast<std::size_t>(kept))
        return false;
    return std::all_of(found.tokens.begin(), found.tokens.end(), [&](const WeightedToken& token) {
        return std::abs(token.probability - expected[token.id.index()]) < 1e-12;
    });
}

StepRecord fed(TokenId id)
{
    StepRecord record;
    record.sampled = id;
    record.input = StepInput::token(id);
    return record;
}

} // namespace

class tst_Entropix : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void standsInTheQuadrantsByTheReferencesNumbers();
    void takesTheMostProbableTokenWhereAllIsLow();
    void drawsWarmerAtForks();
    void drawsHotInMist();
    void drawsWarmerWhereItWouldAskWithoutAText();
    void asksByForceAndNeverTwiceInARow();
    void drawsAsTheDiscreteModeInBetween();
    void isGreedyEverywhereAtTemperatureZero();
    void saysNothingWhereTheDrawIsAsEver();
    void readsBoundsInBits();
    void hasAMinPWithAnEffect();
    void keepsTheHeadUnderTopP();
    void agreesWithTheReference();
    void drawsByTheSeed();
    void adaptsInTheQuadrantsOverAndOver();
    void answersByTheAnswersOwnSettings();
    void refusesBoundsThatCross();
};

void tst_Entropix::standsInTheQuadrantsByTheReferencesNumbers()
{
    const auto at = [](const std::vector<float>& logits) {
        const auto p = reference::softmax(logits, 1);
        return std::pair(reference::entropy(p), reference::varentropy(p));
    };
    const auto check = [&](const std::vector<float>& logits, bool high, bool varied) {
        const auto [h, v] = at(logits);
        return high == (h > 2.5) && (varied ? v > 2.5 : v < 1.2);
    };
    QVERIFY(check(flowing, false, false) && at(flowing).first < 0.3);
    QVERIFY(check(asking, true, false));
    QVERIFY(check(forking, false, true));
    QVERIFY(check(wandering, true, true));
    QVERIFY(check(between, false, false) && at(between).first > 0.3);
}

void tst_Entropix::takesTheMostProbableTokenWhereAllIsLow()
{
    RuleRunner runner = runnerOf(open({{"temperature", 10.0}}));
    const Decision& decision = runner.decide(flowing);
    QCOMPARE(decision.filtered.tokens.size(), 1U);
    QCOMPARE(decision.input, StepInput::token(TokenId{0}));
    QCOMPARE(decision.events, (std::vector<StepEvent>{
                                  {EventKind::Region,
                                   "low entropy (0.0001833 nats), low varentropy (0.003036 nats²):"
                                   " the most probable token"}}));
}

void tst_Entropix::drawsWarmerAtForks()
{
    RuleRunner runner = runnerOf();
    const Decision& decision = runner.decide(forking);
    SamplingSettings warmer = usual;
    warmer.temperature *= 1.2;
    QVERIFY(isReference(decision.filtered, forking, warmer));
    QVERIFY(std::abs(decision.scaledEntropy -
                     reference::entropy(reference::softmax(forking, 0.666 * 1.2))) < 1e-6);
}

void tst_Entropix::drawsHotInMist()
{
    RuleRunner runner = runnerOf();
    SamplingSettings hot = usual;
    hot.temperature = 2;
    QVERIFY(isReference(runner.decide(wandering).filtered, wandering, hot));
    RuleRunner hotter = runnerOf({{"temperature", 3.0}});
    hot.temperature = 3;
    QVERIFY(isReference(hotter.decide(wandering).filtered, wandering, hot));
}

void tst_Entropix::drawsWarmerWhereItWouldAskWithoutAText()
{
    RuleRunner runner = runnerOf(open());
    const Decision& decision = runner.decide(asking);
    QVERIFY(!decision.forced);
    QVERIFY(decision.enqueue.empty());
    QVERIFY(isReference(decision.filtered, asking, {.temperature = 0.666 * 1.3}));
}

void tst_Entropix::asksByForceAndNeverTwiceInARow()
{
    RuleRunner runner = runnerOf(open({{"entropix-clarify", std::string("wait")}}));
    const Decision& decision = runner.decide(asking);
    QVERIFY(decision.forced);
    QCOMPARE(decision.input, StepInput::token(question[0]));
    QCOMPARE(decision.sampled, question[0]);
    QCOMPARE(decision.enqueue, std::vector{question[1]});
    QCOMPARE(decision.events.size(), 1U);
    QVERIFY(decision.events[0].detail.find("a clarifying text") != std::string::npos);
    // What would have been drawn from is recorded.
    QVERIFY(isReference(decision.filtered, asking, {.temperature = 0.666}));

    runner.setPrevious(fed(question[1]));
    const Decision& next = runner.decide(asking);
    QVERIFY(!next.forced);
    QVERIFY(isReference(next.filtered, asking, {.temperature = 0.666 * 1.3}));
    runner.setPrevious(fed(TokenId{3}));
    QVERIFY(runner.decide(asking).forced);
}

void tst_Entropix::drawsAsTheDiscreteModeInBetween()
{
    // Bounds that nothing reaches: the discrete mode to the bit.
    RuleRunner runner = runnerOf({{"entropix-entropy-low", 0.0},
                                  {"entropix-varentropy-low", 0.0},
                                  {"entropix-varentropy-high", 400.0}},
                                 3);
    auto discrete = makeRule(
        "discrete",
        {{"temperature", 0.666}, {"top-k", std::int64_t{27}}, {"top-p", 0.9}, {"min-p", 0.03}});
    QVERIFY_RESULT(discrete);
    RuleRunner reference(std::move(*discrete), {}, 3);
    for (std::uint64_t step = 0; step < 100; ++step) {
        const auto logits = reference::randomLogits(vocabulary, step);
        const Decision& found = runner.decide(logits);
        const Decision& expected = reference.decide(logits);
        QCOMPARE(found.input, expected.input);
        QCOMPARE(found.scaledEntropy, expected.scaledEntropy);
        QCOMPARE(found.filtered.entropy(), expected.filtered.entropy());
        QVERIFY(found.events.empty());
    }
}

void tst_Entropix::isGreedyEverywhereAtTemperatureZero()
{
    RuleRunner runner = runnerOf({{"temperature", 0.0}});
    for (const auto& logits : {flowing, asking, forking, wandering, between}) {
        const Decision& decision = runner.decide(logits);
        QCOMPARE(decision.sampled, TokenId{0});
        QVERIFY(decision.events.empty());
    }
}

void tst_Entropix::saysNothingWhereTheDrawIsAsEver()
{
    // The filters leave one token already.
    RuleRunner runner = runnerOf();
    QVERIFY(runner.decide(flowing).events.empty());
    QVERIFY(runner.decide(between).events.empty());
    QCOMPARE(runner.decide(wandering).events.size(), 1U);
}

void tst_Entropix::readsBoundsInBits()
{
    // 2.5 nats are 3.61 bits, and 1.2 nats² 2.5 bits²: the same bounds in another unit.
    const double bit = std::log(2.0);
    const ParameterValues inBits{{"entropix-unit", std::string("bits")},
                                 {"entropix-entropy-low", 0.3 / bit},
                                 {"entropix-entropy-high", 2.5 / bit},
                                 {"entropix-varentropy-low", 1.2 / bit / bit},
                                 {"entropix-varentropy-high", 2.5 / bit / bit}};
    RuleRunner bits = runnerOf(inBits);
    RuleRunner nats = runnerOf();
    for (std::uint64_t step = 0; step < 200; ++step) {
        const auto logits =
            reference::randomLogits(vocabulary, step, 0.2 + 0.05 * static_cast<double>(step));
        const Decision& a = bits.decide(logits);
        const Decision& b = nats.decide(logits);
        QCOMPARE(a.input, b.input);
        QCOMPARE(a.events.size(), b.events.size());
    }
    const std::string detail = bits.decide(wandering).events[0].detail;
    QVERIFY2(detail.find(" bits²)") != std::string::npos, detail.c_str());
    // The classic bounds as numbers of nats: high entropy is what it is not in bits.
    const double h = reference::entropy(reference::softmax(wandering, 1));
    QVERIFY(h < 5 && h / bit > 5);
    const auto classic = [](const char* unit) {
        return ParameterValues{{"entropix-unit", std::string(unit)},
                               {"entropix-entropy-high", 5.0},
                               {"entropix-varentropy-high", 5.0}};
    };
    RuleRunner classicBits = runnerOf(classic("bits"));
    RuleRunner classicNats = runnerOf(classic("nats"));
    SamplingSettings hot = usual;
    hot.temperature = 2;
    QVERIFY(isReference(classicBits.decide(wandering).filtered, wandering, hot));
    hot.temperature = 0.666 * 1.2;
    QVERIFY(isReference(classicNats.decide(wandering).filtered, wandering, hot));
}

void tst_Entropix::hasAMinPWithAnEffect()
{
    // The classic sampler masks logits after it has taken the probabilities.
    std::vector<std::size_t> kept;
    for (const double minP : {0.0, 0.9}) {
        RuleRunner runner = runnerOf(
            {{"top-k", std::int64_t{0}}, {"top-p", 1.0}, {"min-p", minP}, {"temperature", 1.0}});
        kept.push_back(runner.decide(between).filtered.tokens.size());
        kept.push_back(runner.decide(wandering).filtered.tokens.size());
    }
    QVERIFY(kept[0] > 5 && kept[2] == 5);
    QVERIFY(kept[1] == vocabulary && kept[3] == 1);
}

void tst_Entropix::keepsTheHeadUnderTopP()
{
    // The classic sampler sums from the least probable one and keeps the tail.
    RuleRunner runner = runnerOf({{"top-k", std::int64_t{0}},
                                  {"top-p", 0.5},
                                  {"min-p", 0.0},
                                  {"temperature", 1.0},
                                  {"entropix-fork-heat", 1.0}});
    std::vector<float> logits(vocabulary, -30);
    for (int i = 0; i < 6; ++i)
        logits[static_cast<std::size_t>(10 + i)] = static_cast<float>(-i);
    const Decision& decision = runner.decide(logits);
    QCOMPARE(decision.filtered.tokens.size(), 1U);
    QCOMPARE(decision.sampled, TokenId{10});
}

void tst_Entropix::agreesWithTheReference()
{
    RuleRunner runner = runnerOf(open({{"entropix-clarify", std::string("wait")}}), 4);
    const SamplingSettings unfiltered{.temperature = 0.666};
    const auto expected =
        reference::entropix({.sampling = {unfiltered, unfiltered}, .question = {9, 8}});
    int happened = 0;
    reference::Seen seen;
    seen.seed = 4;
    for (int step = 0; step < 100; ++step) {
        const std::vector<float>& logits =
            *std::array{&flowing, &asking, &forking, &wandering, &between, &asking}
                [static_cast<std::size_t>(step) % 6];
        seen.step = step;
        seen.logits = logits;
        const Decision& decision = runner.decide(logits);
        const reference::Decided decided = expected->decide(seen);
        QCOMPARE(reference::difference(decided, decision.input), std::string());
        QCOMPARE(decision.forced, decided.forced);
        QCOMPARE(kinds(decision), decided.events);
        happened += decided.events.empty() ? 0 : 1;
        // Every other question's second token follows it at once.
        const TokenId last = decided.forced && step % 2 == 0 ? question.back() : decision.sampled;
        runner.setPrevious(fed(last));
        seen.previous = last.value;
    }
    QVERIFY(happened > 50);
}

void tst_Entropix::drawsByTheSeed()
{
    // The classic sampler draws by one key at every step.
    std::set<std::vector<int>> runs;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        RuleRunner runner = runnerOf(open(), seed);
        std::vector<int> ids;
        for (int step = 0; step < 20; ++step)
            ids.push_back(runner.decide(wandering).sampled.value);
        QVERIFY(std::set<int>(ids.begin(), ids.end()).size() > 5);
        RuleRunner again = runnerOf(open(), seed);
        for (const int id : ids)
            QCOMPARE(again.decide(wandering).sampled.value, id);
        runs.insert(ids);
    }
    QCOMPARE(runs.size(), 5U);
}

void tst_Entropix::adaptsInTheQuadrantsOverAndOver()
{
    // HEAD hands back its old state in every quadrant but one, which gives NaN; here what a
    // quadrant does is the same at its hundredth step, and always a distribution.
    RuleRunner runner = runnerOf(open());
    for (int step = 0; step < 100; ++step) {
        for (const auto& [logits, temperature] :
             std::vector<std::pair<std::vector<float>, double>>{{asking, 0.666 * 1.3},
                                                                {forking, 0.666 * 1.2},
                                                                {wandering, 2.0},
                                                                {between, 0.666}}) {
            const Decision& decision = runner.decide(logits);
            QVERIFY(isReference(decision.filtered, logits, {.temperature = temperature}));
            QCOMPARE(decision.events.size(), temperature == 0.666 ? 0U : 1U);
        }
    }
}

void tst_Entropix::answersByTheAnswersOwnSettings()
{
    RuleRunner runner = runnerOf(open({{"answer-temperature", 0.25}, {"answer-top-p", 0.8}}));
    runner.setPhase(Phase::Answer);
    QVERIFY(isReference(runner.decide(forking).filtered, forking,
                        {.temperature = 0.25 * 1.2, .topP = 0.8}));
}

void tst_Entropix::refusesBoundsThatCross()
{
    const auto rule = makeRule("entropix", {{"entropix-varentropy-low", 3.0}});
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(rule.error().message,
             std::string("entropix-varentropy-low must not be above entropix-varentropy-high; they "
                         "were given as 3 and 2.5."));
}

QTEST_GUILESS_MAIN(tst_Entropix)
#include "tst_entropix.moc"
