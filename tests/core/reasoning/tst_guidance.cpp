// The mode budget: cuts without a predictor, and steers with one, against the reference's
// plain loops and integral.
#include "qverifyresult.h"
#include "reference/rules.h"
#include "rulerunner.h"
#include "safetensorswriter.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace halftone;
using halftone::test::kinds;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
using halftone::test::reference::guided;
namespace reference = halftone::test::reference;

namespace {

constexpr TokenId thinkEnd{4};
const TokenMarkers markers{TokenId{3}, thinkEnd, {TokenId{2}}};
constexpr TokenId newline{6};

/// Ten tokens, four coordinates; token 6 ends with a line break.
ModeContext lineContext()
{
    static const TokenTable tokens({"a", "b", "<e>", "<t>", "</t>", "c", ".\n", "d", "e", "f"}, "");
    ModeContext context = test::contextForTests();
    context.markers = markers;
    context.tokens = &tokens;
    return context;
}

using Gammas = std::vector<std::pair<double, double>>;

float inverseSoftplus(double y)
{
    return static_cast<float>(y > 30 ? y : std::log(std::expm1(y)));
}

/// A predictor whose hidden layer is always 1, so that the heads say what a test wants.
/// `gammas[v]`: shape and rate of token v.
void writePredictor(const std::filesystem::path& path, std::int64_t embeddingSize,
                    const Gammas& gammas)
{
    const auto vocabulary = static_cast<std::int64_t>(gammas.size());
    std::vector<float> shapes;
    std::vector<float> rates;
    for (const auto& [shape, rate] : gammas) {
        shapes.push_back(inverseSoftplus(shape));
        rates.push_back(inverseSoftplus(rate));
    }
    test::SafetensorsWriter writer;
    writer.add("hidden.weight", {1, embeddingSize},
               std::vector<float>(static_cast<std::size_t>(embeddingSize), 0.0F));
    writer.add("hidden.bias", {1}, std::vector<float>{1.0F});
    writer.add("alpha.weight", {vocabulary, 1}, shapes);
    writer.add("lambda.weight", {vocabulary, 1}, rates);
    writer.write(path);
}

double worst(const Distribution& found, const std::vector<double>& expected)
{
    std::vector<double> p(expected.size(), 0);
    for (const WeightedToken& token : found.tokens)
        p[token.id.index()] = token.probability;
    double difference = 0;
    for (std::size_t v = 0; v < p.size(); ++v)
        difference = std::max(difference, std::abs(p[v] - expected[v]));
    return difference;
}

std::vector<float> logits(int step)
{
    return reference::randomLogits(10, static_cast<std::uint64_t>(step), 1.5);
}

StepRecord fed(TokenId id)
{
    StepRecord record;
    record.sampled = id;
    return record;
}

bool isGuided(const Decision& decision)
{
    return std::any_of(decision.events.begin(), decision.events.end(),
                       [](const StepEvent& event) { return event.kind == EventKind::Guided; });
}

/// Some end soon, some late, some are shut by one gate each.
const Gammas mixed{{20, 15},  {30, 10.5}, {60, 10.5}, {9, 9},    {40, 12},
                   {0.9, 20}, {5, 20},    {80, 20},   {100, 15}, {13, 12}};

} // namespace

class tst_Guidance : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hasTheGammasDistributionFunction();
    void isTheDiscreteModeWithinABudgetWithoutAPredictor();
    void guidesTheFirstStepAndThoseAfterALineBreak();
    void agreesWithTheReferenceAtEveryBudgetLeft();
    void countsTheBudgetDownToOne();
    void takesTheMostProbableTokenWhenNoneIsOpen();
    void skipsFiltersAtGuidedStepsUnlessAskedNotTo();
    void drawsFromTheGuidedDistribution();
    void readsTheNetworkAsThePredictorsHeaderSays_data();
    void readsTheNetworkAsThePredictorsHeaderSays();
    void cutsAtTheBudgetOnlyWhenAskedToWithAPredictor();
    void namesItsPredictorByTheFilesContent();
    void refusesPredictorsThatDoNotFit_data();
    void refusesPredictorsThatDoNotFit();
    void refusesAPredictorWithoutABudget();
    void refusesAFileThatIsNotThere();

private:
    std::string write(const Gammas& gammas)
    {
        const std::string path = m_folder.filePath(QString::number(++m_files)).toStdString();
        writePredictor(path, 4, gammas);
        return path;
    }

    RuleRunner runnerOf(const Gammas& gammas, std::int64_t budget, ParameterValues more = {})
    {
        more.emplace("predictor", write(gammas));
        more.emplace("think-budget", budget);
        auto rule = makeRule("budget", more, lineContext());
        if (!rule)
            qFatal("%s", rule.error().message.c_str());
        RuleRunner runner(std::move(*rule), markers, 7);
        runner.setHidden({0.5F, -1, 2, 0});
        return runner;
    }

    QTemporaryDir m_folder;
    int m_files = 0;
};

void tst_Guidance::hasTheGammasDistributionFunction()
{
    // Seen at a gate that is just open, over a row in which one token is always open at 1.
    for (const double shape : {7.6, 12.0, 40.0, 300.0}) {
        for (const double rate : {10.25, 11.0, 33.0}) {
            if (std::exp((shape - 1) / rate) - 1 < 0.9)
                continue;
            for (const std::int64_t left : {1, 3, 20, 1000, 1'000'000}) {
                Gammas gammas(10, {0.5, 10.25});
                gammas[0] = {7.625, 10.25};
                gammas[1] = {shape, rate};
                RuleRunner runner = runnerOf(gammas, left);
                QVERIFY(worst(runner.decide(logits(1)).filtered,
                              guided(logits(1), gammas, static_cast<double>(left))) < 1e-6);
            }
        }
    }
}

void tst_Guidance::isTheDiscreteModeWithinABudgetWithoutAPredictor()
{
    auto budget = makeRule("budget", {{"think-budget", std::int64_t{9}}}, lineContext());
    auto discrete = makeRule("discrete", {{"think-budget", std::int64_t{9}}}, lineContext());
    auto byDefault = makeRule("budget", {}, lineContext());
    QVERIFY_RESULT(budget);
    QVERIFY_RESULT(discrete);
    QVERIFY_RESULT(byDefault);
    RuleRunner a(std::move(*budget), markers);
    RuleRunner b(std::move(*discrete), markers);
    RuleRunner c(std::move(*byDefault), markers);
    const auto unending = [](int step) {
        auto row = logits(step);
        row[thinkEnd.index()] = -100;
        return row;
    };
    for (int step = 0; step < 9; ++step) {
        const Decision& found = a.decide(unending(step));
        const Decision& expected = b.decide(unending(step));
        QCOMPARE(found.input, expected.input);
        QCOMPARE(found.events, expected.events);
        QCOMPARE(found.forced, step == 8);
    }
    for (int step = 0; step < 512; ++step)
        QCOMPARE(c.decide(unending(step)).forced, step == 511);
}

void tst_Guidance::guidesTheFirstStepAndThoseAfterALineBreak()
{
    RuleRunner runner = runnerOf(mixed, 50);
    std::vector<bool> steps;
    steps.push_back(isGuided(runner.decide(logits(0))));
    for (const TokenId previous : {TokenId{0}, newline, TokenId{7}, newline, newline}) {
        runner.setPrevious(fed(previous));
        steps.push_back(isGuided(runner.decide(logits(1))));
    }
    QCOMPARE(steps, (std::vector<bool>{true, false, true, false, true, true}));

    RuleRunner again = runnerOf(mixed, 50);
    const Decision& decision = again.decide(logits(0));
    QVERIFY2(decision.events[0].detail.find(
                 "50 of 50 steps left: 7 of 10 tokens pass, drawn at entropy ") == 0,
             decision.events[0].detail.c_str());
}

void tst_Guidance::agreesWithTheReferenceAtEveryBudgetLeft()
{
    RuleRunner runner = runnerOf(mixed, 40);
    for (int step = 0; step < 60; ++step) {
        const TokenId previous = step % 3 == 0 ? newline : TokenId{1};
        runner.setPrevious(fed(previous));
        const Decision& decision = runner.decide(logits(step));
        const double left = std::max(1, 40 - step);
        if (step % 3 == 0)
            QVERIFY(worst(decision.filtered, guided(logits(step), mixed, left)) < 1e-6);
        else
            QVERIFY(worst(decision.filtered,
                          reference::filtered(
                              logits(step),
                              {.temperature = 0.6, .topK = 30, .topP = 0.95, .minP = 0.001})) <
                    1e-12);
    }
}

void tst_Guidance::countsTheBudgetDownToOne()
{
    RuleRunner runner = runnerOf(mixed, 3);
    runner.setPrevious(fed(newline));
    std::vector<std::string> left;
    for (int step = 0; step < 5; ++step) {
        const std::string detail = runner.decide(logits(step)).events[0].detail;
        left.push_back(detail.substr(0, detail.find(':')));
    }
    QCOMPARE(left, (std::vector<std::string>{"3 of 3 steps left", "2 of 3 steps left",
                                             "1 of 3 steps left", "1 of 3 steps left",
                                             "1 of 3 steps left"}));
}

void tst_Guidance::takesTheMostProbableTokenWhenNoneIsOpen()
{
    RuleRunner runner = runnerOf(Gammas(10, {5, 5}), 30);
    const auto row = logits(3);
    const Decision& decision = runner.decide(row);
    QCOMPARE(decision.filtered.tokens.size(), 1U);
    QCOMPARE(decision.sampled.index(),
             static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()));
    QCOMPARE(kinds(decision), std::vector{EventKind::Guided});
    QVERIFY(decision.events[0].detail.starts_with(
        "30 of 30 steps left: no token passes, the most probable one; predictor "));
}

void tst_Guidance::skipsFiltersAtGuidedStepsUnlessAskedNotTo()
{
    const ParameterValues narrow{{"top-k", std::int64_t{2}}, {"temperature", 0.3}};
    RuleRunner published = runnerOf(mixed, 1000, narrow);
    QCOMPARE(published.decide(logits(0)).filtered.tokens.size(), 7U);

    ParameterValues both = narrow;
    both.emplace("guide-filters", true);
    RuleRunner filtered = runnerOf(mixed, 1000, both);
    const auto expected = guided(logits(0), mixed, 1000);
    std::vector<float> row;
    for (const double p : expected)
        row.push_back(static_cast<float>(std::log(p)));
    QVERIFY(worst(filtered.decide(logits(0)).filtered,
                  reference::filtered(
                      row, {.temperature = 0.3, .topK = 2, .topP = 0.95, .minP = 0.001})) < 1e-5);
}

void tst_Guidance::drawsFromTheGuidedDistribution()
{
    // Every draw at a guided step is a token that the gates let pass.
    RuleRunner runner = runnerOf(mixed, 500);
    runner.setPrevious(fed(newline));
    std::vector<int> counts(10, 0);
    for (int step = 0; step < 400; ++step)
        ++counts[runner.decide(std::vector<float>(10, 0)).sampled.index()];
    for (const std::size_t shut : {3U, 5U, 6U})
        QCOMPARE(counts[shut], 0);
    QVERIFY(counts[0] > 20 && counts[9] > 20);
}

void tst_Guidance::readsTheNetworkAsThePredictorsHeaderSays_data()
{
    QTest::addColumn<int>("storage");
    QTest::newRow("F32") << static_cast<int>(test::Storage::F32);
    QTest::newRow("BF16") << static_cast<int>(test::Storage::BF16);
    QTest::newRow("F16") << static_cast<int>(test::Storage::F16);
}

void tst_Guidance::readsTheNetworkAsThePredictorsHeaderSays()
{
    QFETCH(int, storage);
    const auto type = static_cast<test::Storage>(storage);
    constexpr int hiddenSize = 5;
    const std::vector<float> hidden{0.5F, -1, 2, 0.25F};
    const auto values = [&](int count, std::uint64_t seed, double spread) {
        std::vector<float> result = reference::randomLogits(count, seed, spread);
        for (float& value : result)
            value = test::rounded(value, type);
        return result;
    };
    const auto weight = values(hiddenSize * 4, 1, 1);
    const auto bias = values(hiddenSize, 2, 1);
    const auto alpha = values(10 * hiddenSize, 3, 8);
    const auto lambda = values(10 * hiddenSize, 4, 8);
    test::SafetensorsWriter writer;
    writer.add("hidden.weight", {hiddenSize, 4}, weight, type);
    writer.add("hidden.bias", {hiddenSize}, bias, type);
    writer.add("alpha.weight", {10, hiddenSize}, alpha, type);
    writer.add("lambda.weight", {10, hiddenSize}, lambda, type);
    writer.add("something.else", {2}, std::vector<float>{1, 2});
    const std::string path = m_folder.filePath(QString::number(++m_files)).toStdString();
    writer.write(path);

    const Gammas gammas =
        reference::Predictor{.weight = weight, .bias = bias, .alpha = alpha, .lambda = lambda}
            .gammas(hidden);
    auto rule = makeRule("budget", {{"predictor", path}, {"think-budget", std::int64_t{25}}},
                         lineContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), markers);
    runner.setHidden(hidden);
    const Decision& decision = runner.decide(logits(2));
    QVERIFY(decision.filtered.tokens.size() > 1);
    QVERIFY(worst(decision.filtered, guided(logits(2), gammas, 25)) < 1e-5);
}

void tst_Guidance::cutsAtTheBudgetOnlyWhenAskedToWithAPredictor()
{
    for (const auto& [choice, cuts] :
         std::map<std::string, bool>{{"auto", false}, {"never", false}, {"always", true}}) {
        RuleRunner runner = runnerOf(mixed, 4, {{"budget-cut", choice}});
        auto row = logits(0);
        row[thinkEnd.index()] = -100;
        for (int step = 0; step < 4; ++step)
            QCOMPARE(runner.decide(row).forced, cuts && step == 3);
    }
    auto never = makeRule("budget",
                          {{"budget-cut", std::string("never")}, {"think-budget", std::int64_t{1}}},
                          lineContext());
    QVERIFY_RESULT(never);
    RuleRunner runner(std::move(*never), markers);
    QVERIFY(!runner.decide(logits(0)).forced);
}

void tst_Guidance::namesItsPredictorByTheFilesContent()
{
    const auto named = [this](const Gammas& gammas) {
        const std::string detail = runnerOf(gammas, 30).decide(logits(0)).events[0].detail;
        return detail.substr(detail.rfind(' ') + 1);
    };
    Gammas others = mixed;
    others[8].second += 0.5;
    const std::string name = named(mixed);
    QCOMPARE(name.size(), 32U);
    QCOMPARE(named(mixed), name); // of another path
    QVERIFY(named(others) != name);
}

void tst_Guidance::refusesPredictorsThatDoNotFit_data()
{
    QTest::addColumn<QByteArray>("damage");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("another embedding")
        << QByteArray("width") << QByteArray("hidden.weight is [2, 3] F32, but must be [2, 4]");
    QTest::newRow("another vocabulary")
        << QByteArray("vocabulary")
        << QByteArray("alpha.weight is [9, 2] F32, but must be [10, 2]");
    QTest::newRow("a tensor missing")
        << QByteArray("missing") << QByteArray("it has no tensor lambda.weight.");
    QTest::newRow("another type")
        << QByteArray("type")
        << QByteArray("lambda.weight is [10, 2] I16, but must be [10, 2] in F32, "
                      "F16 or BF16.");
    QTest::newRow("no vector for a bias")
        << QByteArray("bias") << QByteArray("hidden.bias is [2, 1] F32, but must be [H]");
}

void tst_Guidance::refusesPredictorsThatDoNotFit()
{
    QFETCH(QByteArray, damage);
    QFETCH(QByteArray, words);
    const std::int64_t width = damage == "width" ? 3 : 4;
    const std::int64_t vocabulary = damage == "vocabulary" ? 9 : 10;
    const auto zeros = [](std::int64_t count) {
        return std::vector<float>(static_cast<std::size_t>(count), 0.0F);
    };
    test::SafetensorsWriter writer;
    writer.add("hidden.weight", {2, width}, zeros(2 * width));
    writer.add("hidden.bias",
               damage == "bias" ? std::vector<std::int64_t>{2, 1} : std::vector<std::int64_t>{2},
               zeros(2));
    writer.add("alpha.weight", {vocabulary, 2}, zeros(2 * vocabulary));
    if (damage == "type")
        writer.addRaw("lambda.weight", "I16", {10, 2}, std::string(40, '\0'));
    else if (damage != "missing")
        writer.add("lambda.weight", {10, 2}, zeros(20));
    const std::string path = m_folder.filePath(QString::number(++m_files)).toStdString();
    writer.write(path);
    const auto rule = makeRule("budget", {{"predictor", path}}, lineContext());
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidInput);
    QVERIFY2(rule.error().message.find(words.toStdString()) != std::string::npos,
             rule.error().message.c_str());
    QVERIFY(rule.error().message.find("The predictor " + path + " does not fit") == 0);
}

void tst_Guidance::refusesAPredictorWithoutABudget()
{
    const auto rule = makeRule(
        "budget", {{"predictor", write(mixed)}, {"think-budget", std::int64_t{0}}}, lineContext());
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QVERIFY(rule.error().message.find("think-budget must be at least 1") == 0);
}

void tst_Guidance::refusesAFileThatIsNotThere()
{
    const auto rule =
        makeRule("budget", {{"predictor", std::string("/nowhere/p.safetensors")}}, lineContext());
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::NotFound);
    QVERIFY(rule.error().message.find("/nowhere/p.safetensors") != std::string::npos);
}

QTEST_GUILESS_MAIN(tst_Guidance)
#include "tst_guidance.moc"
