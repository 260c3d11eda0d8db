#include "sampling/logitspass.h"

#include "referencesampling.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace halftone;
namespace reference = halftone::test::reference;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

LogitsSummary summary(const std::vector<float>& logits, int topCount = 32)
{
    LogitsSummary out;
    summariseLogits(logits, topCount, out);
    return out;
}

bool near(double a, double b, double tolerance = 1e-11)
{
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

} // namespace

class tst_LogitsPass : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheReferenceOnRandomRows_data();
    void agreesWithTheReferenceOnRandomRows();
    void countsAMaximumThatKeepsRising();
    void knowsTheUniformDistribution();
    void givesAlmostNothingForACertainToken();
    void countsMinusInfinityAsImpossible();
    void countsWhatIsNoNumberAndLeavesItOut();
    void givesZerosForARowWithoutANumber();
    void listsTheBestByLogitAndThenByLowerId();
    void listsNoMoreThanThereAre();
    void givesTheSameBitsAgain();
    void scalesByTemperature_data();
    void scalesByTemperature();
    void hasTheRawEntropyAtTemperatureOne();
};

void tst_LogitsPass::agreesWithTheReferenceOnRandomRows_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<double>("spread");
    for (const int size : {1, 2, 68, 255, 256, 257, 5000})
        for (const double spread : {0.01, 1.0, 10.0, 100.0})
            QTest::addRow("%d logits, spread %g", size, spread) << size << spread;
}

void tst_LogitsPass::agreesWithTheReferenceOnRandomRows()
{
    QFETCH(int, size);
    QFETCH(double, spread);
    const auto logits = reference::randomLogits(size, 7, spread);
    const auto p = reference::softmax(logits, 1);
    const LogitsSummary found = summary(logits);

    QVERIFY(near(found.entropy, reference::entropy(p)));
    QVERIFY(near(found.varentropy, reference::varentropy(p), 1e-9));
    QVERIFY(near(found.pMax, *std::max_element(p.begin(), p.end())));
    QCOMPARE(found.invalid, 0);
    QCOMPARE(found.top.size(), static_cast<std::size_t>(std::min(size, 32)));
    double previous = 2;
    for (const TokenLogit& token : found.top) {
        QCOMPARE(token.logit, logits[token.id.index()]);
        QVERIFY(near(found.probability(token.logit), p[token.id.index()]));
        QVERIFY(p[token.id.index()] <= previous);
        previous = p[token.id.index()];
    }
}

void tst_LogitsPass::countsAMaximumThatKeepsRising()
{
    // Every block raises the maximum, so that all sums are carried over each time.
    std::vector<float> logits;
    for (int i = 0; i < 3000; ++i)
        logits.push_back(static_cast<float>(i) * 0.01F);
    const auto p = reference::softmax(logits, 1);
    const LogitsSummary found = summary(logits);
    QVERIFY(near(found.entropy, reference::entropy(p)));
    QVERIFY(near(found.varentropy, reference::varentropy(p)));
    QVERIFY(near(found.pMax, p.back()));
}

void tst_LogitsPass::knowsTheUniformDistribution()
{
    const LogitsSummary found = summary(std::vector<float>(1000, -5.0F));
    QVERIFY(near(found.entropy, std::log(1000)));
    QVERIFY(near(found.varentropy, 0));
    QVERIFY(near(found.logSumExp, -5 + std::log(1000)));
    QVERIFY(near(found.pMax, 0.001));
}

void tst_LogitsPass::givesAlmostNothingForACertainToken()
{
    const LogitsSummary found = summary({0, 2000, 0});
    QCOMPARE(found.entropy, 0.0);
    QCOMPARE(found.varentropy, 0.0);
    QCOMPARE(found.pMax, 1.0);
    QCOMPARE(found.logSumExp, 2000.0);
}

void tst_LogitsPass::countsMinusInfinityAsImpossible()
{
    const LogitsSummary found = summary({-infinity, 1, -infinity, 1});
    QVERIFY(near(found.entropy, std::log(2)));
    QVERIFY(near(found.varentropy, 0));
    QCOMPARE(found.invalid, 0);
    QCOMPARE(found.top.size(), 2U);
    QCOMPARE(found.top[0].id.value, 1);
    QCOMPARE(found.top[1].id.value, 3);
}

void tst_LogitsPass::countsWhatIsNoNumberAndLeavesItOut()
{
    const LogitsSummary found = summary({notANumber, 1, infinity, 1, notANumber});
    QCOMPARE(found.invalid, 3);
    QVERIFY(near(found.entropy, std::log(2)));
    QCOMPARE(found.top.size(), 2U);
    QVERIFY(near(scaledEntropy(std::vector<float>{notANumber, 1, infinity, 1}, 0.5), std::log(2)));
}

void tst_LogitsPass::givesZerosForARowWithoutANumber()
{
    for (const float value : {notANumber, infinity, -infinity}) {
        const LogitsSummary found = summary(std::vector<float>(300, value));
        QCOMPARE(found.entropy, 0.0);
        QCOMPARE(found.pMax, 0.0);
        QVERIFY(found.top.empty());
        QCOMPARE(scaledEntropy(std::vector<float>(300, value), 1), 0.0);
    }
}

void tst_LogitsPass::listsTheBestByLogitAndThenByLowerId()
{
    const LogitsSummary found = summary({1, 3, 2, 3, 2, 2}, 4);
    std::vector<int> ids;
    for (const TokenLogit& token : found.top)
        ids.push_back(token.id.value);
    QCOMPARE(ids, (std::vector<int>{1, 3, 2, 4}));
}

void tst_LogitsPass::listsNoMoreThanThereAre()
{
    QCOMPARE(summary({1, 2, 3}, 32).top.size(), 3U);
    QCOMPARE(summary({1, 2, 3}, 0).top.size(), 0U);
}

void tst_LogitsPass::givesTheSameBitsAgain()
{
    const auto logits = reference::randomLogits(5000, 3);
    const LogitsSummary first = summary(logits);
    LogitsSummary second = summary({1, 2, 3}); // storage that was used before
    summariseLogits(logits, 32, second);
    QCOMPARE(first.entropy, second.entropy);
    QVERIFY(first.entropy == second.entropy && first.varentropy == second.varentropy &&
            first.logSumExp == second.logSumExp && first.pMax == second.pMax);
}

void tst_LogitsPass::scalesByTemperature_data()
{
    QTest::addColumn<double>("temperature");
    for (const double temperature : {0.05, 0.6, 1.0, 1.7, 10.0, 1e6})
        QTest::addRow("%g", temperature) << temperature;
}

void tst_LogitsPass::scalesByTemperature()
{
    QFETCH(double, temperature);
    const auto logits = reference::randomLogits(1000, 11);
    QVERIFY(near(scaledEntropy(logits, temperature),
                 reference::entropy(reference::softmax(logits, temperature))));
    QCOMPARE(scaledEntropy(logits, 0), 0.0);
    QCOMPARE(scaledEntropy(logits, 1e-320), 0.0);
}

void tst_LogitsPass::hasTheRawEntropyAtTemperatureOne()
{
    const auto logits = reference::randomLogits(700, 5);
    QVERIFY(scaledEntropy(logits, 1) == summary(logits).entropy);
}

QTEST_GUILESS_MAIN(tst_LogitsPass)
#include "tst_logitspass.moc"
