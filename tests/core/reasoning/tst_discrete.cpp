#include "qverifyresult.h"
#include "referencesampling.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
namespace reference = halftone::test::reference;

class tst_Discrete : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void takesTheMostProbableTokenAtTemperatureZero();
    void drawsFromTheFilteredDistribution();
    void feedsWhatItDraws();
    void drawsTheSameForTheSameSeedAndStep();
    void appliesTheStatedOrder();
    void appliesAllFourSettingsOfTheAnswer_data();
    void appliesAllFourSettingsOfTheAnswer();
};

void tst_Discrete::takesTheMostProbableTokenAtTemperatureZero()
{
    auto rule = makeRule("discrete", {{"temperature", 0.0}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto logits = reference::randomLogits(68, seed);
        const Decision& decision = runner.decide(logits);
        QCOMPARE(static_cast<std::ptrdiff_t>(decision.sampled.index()),
                 std::max_element(logits.begin(), logits.end()) - logits.begin());
        QCOMPARE(decision.scaledEntropy, 0.0);
    }
}

void tst_Discrete::drawsFromTheFilteredDistribution()
{
    auto rule = makeRule("discrete", {{"temperature", 0.8}, {"top-k", std::int64_t{4}}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), {}, 5);
    const auto logits = reference::randomLogits(20, 1, 1);
    const auto expected =
        reference::filtered(logits, {.temperature = 0.8, .topK = 4, .topP = 0.95, .minP = 0.001});

    constexpr int steps = 20'000;
    std::vector<int> counts(logits.size(), 0);
    for (int i = 0; i < steps; ++i)
        ++counts[runner.decide(logits).sampled.index()];
    double chiSquare = 0;
    for (std::size_t id = 0; id < counts.size(); ++id) {
        if (expected[id] == 0)
            QCOMPARE(counts[id], 0);
        else
            chiSquare += std::pow(counts[id] - steps * expected[id], 2) / (steps * expected[id]);
    }
    // 99.9th percentile of chi-square with 3 degrees of freedom.
    QVERIFY2(chiSquare < 16.27, qPrintable(QString::number(chiSquare)));
}

void tst_Discrete::feedsWhatItDraws()
{
    auto rule = makeRule("discrete", {});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    const auto logits = reference::randomLogits(68, 2);
    const Decision& decision = runner.decide(logits);
    QCOMPARE(decision.input, StepInput::token(decision.sampled));
    QVERIFY(!decision.forced);
    QVERIFY(decision.events.empty());
    QVERIFY(decision.enqueue.empty());
    QVERIFY(runner.state().empty());
    QVERIFY(std::abs(decision.scaledEntropy - reference::entropy(reference::softmax(logits, 0.6))) <
            1e-6);
}

void tst_Discrete::drawsTheSameForTheSameSeedAndStep()
{
    const auto logits = reference::randomLogits(68, 2);
    const auto drawn = [&](std::uint64_t seed) {
        auto rule = makeRule("discrete", {{"temperature", 2.0}});
        RuleRunner runner(std::move(*rule), {}, seed);
        std::vector<int> ids;
        for (int i = 0; i < 30; ++i)
            ids.push_back(runner.decide(logits).sampled.value);
        return ids;
    };
    QCOMPARE(drawn(1), drawn(1));
    QVERIFY(drawn(1) != drawn(2));
}

void tst_Discrete::appliesTheStatedOrder()
{
    const auto logits = reference::randomLogits(200, 3);
    const std::string order = "top-p,min-p,top-k,temperature";
    auto rule = makeRule("discrete", {{"filter-order", order}, {"temperature", 0.4}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    SamplingSettings settings{.temperature = 0.4, .topK = 30, .topP = 0.95, .minP = 0.001};
    settings.order = *parseFilterOrder(order);
    const auto expected = reference::filtered(logits, settings);
    const Decision& decision = runner.decide(logits);
    for (std::size_t id = 0; id < expected.size(); ++id)
        QVERIFY(std::abs(decision.filtered.probability(TokenId{static_cast<int>(id)}) -
                         expected[id]) < 1e-12);
}

void tst_Discrete::appliesAllFourSettingsOfTheAnswer_data()
{
    QTest::addColumn<QByteArray>("parameter");
    QTest::addColumn<double>("value");
    QTest::newRow("temperature") << QByteArray("answer-temperature") << 2.0;
    QTest::newRow("top-k") << QByteArray("answer-top-k") << 3.0;
    QTest::newRow("top-p") << QByteArray("answer-top-p") << 0.4;
    QTest::newRow("min-p") << QByteArray("answer-min-p") << 0.3;
}

void tst_Discrete::appliesAllFourSettingsOfTheAnswer()
{
    QFETCH(QByteArray, parameter);
    QFETCH(double, value);
    SamplingSettings settings{.temperature = 0.6, .topK = 30, .topP = 0.95, .minP = 0.001};
    if (parameter == "answer-temperature")
        settings.temperature = value;
    else if (parameter == "answer-top-k")
        settings.topK = static_cast<int>(value);
    else if (parameter == "answer-top-p")
        settings.topP = value;
    else
        settings.minP = value;

    const auto logits = reference::randomLogits(200, 3);
    const auto expected = reference::filtered(logits, settings);
    for (const Mode& mode : modes()) {
        const auto values = completeParameters(mode.parameters, {{"temperature", 0.6},
                                                                 {"top-k", std::int64_t{30}},
                                                                 {"top-p", 0.95},
                                                                 {"min-p", 0.001},
                                                                 {parameter.toStdString(), value}});
        QVERIFY_RESULT(values);
        auto rule = makeAnswerRule(*values);
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule));
        const Decision& decision = runner.decide(logits);
        for (std::size_t id = 0; id < expected.size(); ++id)
            QVERIFY(std::abs(decision.filtered.probability(TokenId{static_cast<int>(id)}) -
                             expected[id]) < 1e-12);
    }
}

QTEST_GUILESS_MAIN(tst_Discrete)
#include "tst_discrete.moc"
