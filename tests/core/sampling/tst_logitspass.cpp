#include "sampling/logitspass.h"

#include "referencesampling.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <thread>

using namespace halftone;
namespace reference = halftone::test::reference;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

LogitsSummary summary(const std::vector<float>& logits, int topCount = 32)
{
    LogitsSummary out;
    LogitsPass(logits).summarise(topCount, out);
    return out;
}

ScaledSummary scaledSummary(const std::vector<float>& logits, double temperature)
{
    return LogitsPass(logits).scaled(temperature);
}

double scaledEntropy(const std::vector<float>& logits, double temperature)
{
    return LogitsPass(logits).scaledEntropy(temperature);
}

bool sameBits(const ScaledSummary& a, const ScaledSummary& b)
{
    return a.maximum == b.maximum && a.mass == b.mass && a.entropy == b.entropy &&
           a.varentropy == b.varentropy;
}

/// The weights are float32; the bound is relative for values above 1.
bool near(double a, double b, double tolerance = 1e-6)
{
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

struct Summed
{
    double logSumExp = 0;
    double entropy = 0;
    double varentropy = 0;
};

/// With a pass for each, around the mean.
Summed inDouble(const std::vector<float>& logits)
{
    const auto maximum = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double w = 0;
    double wy = 0;
    for (const float logit : logits) {
        const double y = static_cast<double>(logit) - maximum;
        w += std::exp(y);
        wy += std::exp(y) * y;
    }
    double variance = 0;
    for (const float logit : logits) {
        const double y = static_cast<double>(logit) - maximum;
        variance += std::exp(y) * (y - wy / w) * (y - wy / w);
    }
    return {maximum + std::log(w), std::log(w) - wy / w, variance / w};
}

} // namespace

class tst_LogitsPass : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheReferenceOnRandomRows_data();
    void agreesWithTheReferenceOnRandomRows();
    void staysWithinItsBoundsOnAWholeVocabulary_data();
    void staysWithinItsBoundsOnAWholeVocabulary();
    void keepsTheDigitsOfASmallEntropy();
    void isExactAboutTokensThatAreEquallyProbable();
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
    void weighsAWholeVocabularyToAFewPartsInTenMillion();
    void hasTheRawEntropyAtTemperatureOne();
    void givesTheSameBitsWhoeverLookedAtWhichPart_data();
    void givesTheSameBitsWhoeverLookedAtWhichPart();
    void looksAtTheTemperaturesOfTheLastRowTogether();
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
    QVERIFY(near(found.varentropy, reference::varentropy(p)));
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

void tst_LogitsPass::staysWithinItsBoundsOnAWholeVocabulary_data()
{
    QTest::addColumn<double>("spread");
    QTest::addColumn<float>("peak");
    for (const double spread : {0.1, 1.0, 2.5, 5.0, 10.0, 30.0})
        for (const float peak : {0.0F, 12.0F, 25.0F, 200.0F})
            QTest::addRow("spread %g, one logit of %g", spread, static_cast<double>(peak))
                << spread << peak;
}

void tst_LogitsPass::staysWithinItsBoundsOnAWholeVocabulary()
{
    QFETCH(double, spread);
    QFETCH(float, peak);
    auto logits = reference::randomLogits(151936, 3, spread);
    logits[100'000] = peak;
    const Summed expected = inDouble(logits);
    const LogitsSummary found = summary(logits);
    QVERIFY(std::abs(found.logSumExp - expected.logSumExp) < 1e-6);
    QVERIFY(std::abs(found.entropy - expected.entropy) < 1e-5);
    QVERIFY(std::abs(found.varentropy - expected.varentropy) < 5e-5);
    QCOMPARE(found.invalid, 0);

    std::vector<TokenLogit> best;
    for (std::size_t i = 0; i < logits.size(); ++i)
        best.push_back({TokenId{static_cast<std::int32_t>(i)}, logits[i]});
    std::partial_sort(best.begin(), best.begin() + 32, best.end(),
                      [](const TokenLogit& a, const TokenLogit& b) {
                          return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
                      });
    QCOMPARE(found.top.size(), 32U);
    for (std::size_t i = 0; i < 32; ++i)
        QVERIFY(found.top[i].id == best[i].id && found.top[i].logit == best[i].logit);
}

void tst_LogitsPass::keepsTheDigitsOfASmallEntropy()
{
    // Two tokens of odds e^-d: far smaller than a float32's last digit beside 1.
    for (const float distance : {10.0F, 20.0F, 40.0F, 80.0F}) {
        const auto d = static_cast<double>(distance);
        const double odds = std::exp(-d);
        const LogitsSummary found = summary({0, distance});
        const double entropy = std::log1p(odds) + d * odds / (1 + odds);
        QVERIFY(std::abs(found.entropy - entropy) <= 1e-6 * entropy);
        const double varentropy = d * d * odds / ((1 + odds) * (1 + odds));
        QVERIFY(std::abs(found.varentropy - varentropy) <= 1e-6 * varentropy);
    }
}

void tst_LogitsPass::isExactAboutTokensThatAreEquallyProbable()
{
    std::vector<float> logits(5000, -infinity);
    for (const std::size_t i : {7, 1500, 4999})
        logits[i] = 2.5F;
    const LogitsSummary found = summary(logits);
    QCOMPARE(found.pMax, 1.0 / 3);
    QCOMPARE(found.entropy, std::log(3.0));
    QCOMPARE(found.varentropy, 0.0);
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
    QVERIFY(near(scaledEntropy({notANumber, 1, infinity, 1}, 0.5), std::log(2)));
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
    LogitsPass(logits).summarise(32, second);
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

void tst_LogitsPass::weighsAWholeVocabularyToAFewPartsInTenMillion()
{
    // What the filters rely on when they leave the exact weights of most tokens alone.
    for (const double spread : {0.5, 3.0, 10.0}) {
        const auto logits = reference::randomLogits(151936, 4, spread);
        const auto maximum = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
        for (const double temperature : {0.05, 0.3, 0.6, 0.7, 1.0, 1.3, 3.0, 10.0}) {
            double mass = 0;
            for (const float logit : logits)
                mass += std::exp((static_cast<double>(logit) - maximum) / temperature);
            const ScaledSummary found = scaledSummary(logits, temperature);
            QCOMPARE(static_cast<double>(found.maximum), maximum);
            QVERIFY(std::abs(found.mass - mass) < 5e-7 * mass);
        }
    }
    QCOMPARE(scaledSummary({}, 1).mass, 0.0);
}

void tst_LogitsPass::hasTheRawEntropyAtTemperatureOne()
{
    const auto logits = reference::randomLogits(700, 5);
    QVERIFY(scaledEntropy(logits, 1) == summary(logits).entropy);
}

void tst_LogitsPass::givesTheSameBitsWhoeverLookedAtWhichPart_data()
{
    QTest::addColumn<std::vector<std::size_t>>("cuts");
    const auto row = [](const char* name, std::vector<std::size_t> cuts) {
        QTest::addRow("%s", name) << cuts;
    };
    row("one part", {0, 5000});
    row("two, cut within a block", {0, 2500, 5000});
    row("two, cut between blocks", {0, 2048, 5000});
    row("parts smaller than a block", {0, 300, 1024, 1100, 1500, 4800, 5000});
    row("the beginning alone", {0, 1200});
    row("the end alone", {3000, 5000});
    row("the middle alone", {700, 4100});
}

void tst_LogitsPass::givesTheSameBitsWhoeverLookedAtWhichPart()
{
    QFETCH(std::vector<std::size_t>, cuts);
    const auto logits = reference::randomLogits(5000, 8);
    std::vector<float> row(5000, notANumber); // to be written
    LogitsPass pass(row);
    (void)pass.scaled(0.6);
    pass.begin(row);
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < cuts.size(); ++i)
        threads.emplace_back([&, i] {
            pass.look(cuts[i - 1], std::span(logits).subspan(cuts[i - 1], cuts[i] - cuts[i - 1]));
        });
    for (std::thread& thread : threads)
        thread.join();
    row = logits;

    for (const double temperature : {0.6, 1.0, 3.0})
        QVERIFY(sameBits(pass.scaled(temperature), scaledSummary(logits, temperature)));
    LogitsSummary found;
    pass.summarise(32, found);
    const LogitsSummary expected = summary(logits);
    QCOMPARE(found.entropy, expected.entropy);
    QCOMPARE(found.top.size(), expected.top.size());
    for (std::size_t i = 0; i < found.top.size(); ++i)
        QCOMPARE(found.top[i].id.value, expected.top[i].id.value);
}

void tst_LogitsPass::looksAtTheTemperaturesOfTheLastRowTogether()
{
    const auto first = reference::randomLogits(3000, 1);
    auto second = reference::randomLogits(4000, 2); // a longer one
    const auto expected = second;
    LogitsPass pass(first);
    for (const double temperature : {0.5, 1.0, 2.0})
        (void)pass.scaled(temperature);
    pass.begin(second);
    pass.look(0, second);
    std::fill(second.begin(), second.end(), notANumber); // nothing is read again
    for (const double temperature : {2.0, 0.5, 1.0})
        QVERIFY(sameBits(pass.scaled(temperature), scaledSummary(expected, temperature)));
}

QTEST_GUILESS_MAIN(tst_LogitsPass)
#include "tst_logitspass.moc"
