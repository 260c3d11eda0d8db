// Filters over vocabularies of which only a few tokens are weighed one by one.
#include "filtertools.h"
#include "referencesampling.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

class tst_LargeVocabulary : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sortsTheHeadOfAWholeLargeVocabulary();
    void knowsAWholeLargeVocabularyWithoutWeighingAllOfIt_data();
    void knowsAWholeLargeVocabularyWithoutWeighingAllOfIt();
    void drawsFromAWholeLargeVocabularyWhatTheExactOddsGive();
    void filtersALargeVocabularyAsTheReferenceDoes_data();
    void filtersALargeVocabularyAsTheReferenceDoes();
    void keepsATailWhoseOddsUnderflowOut();
    void findsATopPSetThatIsLarge();
    void findsALargeTopK();
};

void tst_LargeVocabulary::sortsTheHeadOfAWholeLargeVocabulary()
{
    const int size = 150'000;
    const auto logits = reference::randomLogits(size, 4);
    Distribution found = filter(logits, {});
    found.complete();
    QCOMPARE(found.tokens.size(), static_cast<std::size_t>(size));
    QCOMPARE(found.tailSize, size - Distribution::sortedTokens);

    const auto tail = found.tokens.begin() + Distribution::sortedTokens;
    const auto byProbability = [](const auto& a, const auto& b) {
        return a.probability > b.probability;
    };
    QVERIFY(std::is_sorted(found.tokens.begin(), tail, byProbability));
    QVERIFY(std::is_sorted(tail, found.tokens.end(),
                           [](const auto& a, const auto& b) { return a.id < b.id; }));
    QVERIFY(std::max_element(tail, found.tokens.end(), [](const auto& a, const auto& b) {
                return a.probability < b.probability;
            })->probability <= (tail - 1)->probability);

    const auto expected = reference::softmax(logits, 1);
    QVERIFY(near(byId(found, expected.size()), expected, 1e-14));
    for (const int id : {0, 1, 77'777, size - 1})
        QVERIFY(std::abs(found.probability(TokenId{id}) - expected[static_cast<std::size_t>(id)]) <
                1e-14);
    QCOMPARE(found.probability(TokenId{size}), 0.0);
}

void tst_LargeVocabulary::knowsAWholeLargeVocabularyWithoutWeighingAllOfIt_data()
{
    QTest::addColumn<double>("temperature");
    for (const double temperature : {0.3, 0.6, 1.0, 2.0})
        QTest::addRow("T = %g", temperature) << temperature;
}

void tst_LargeVocabulary::knowsAWholeLargeVocabularyWithoutWeighingAllOfIt()
{
    QFETCH(double, temperature);
    auto logits = reference::randomLogits(20'000, 4);
    logits[5] = logits[19'999] = -infinity;
    logits[7] = std::numeric_limits<float>::quiet_NaN();
    logits[9] = infinity;
    const Distribution found = filter(logits, {.temperature = temperature});
    QVERIFY(!found.isComplete());
    Distribution all = found;
    all.complete();
    QVERIFY(all.isComplete());
    QCOMPARE(all.tokens.size(), logits.size() - 4);

    QCOMPARE(found.support(), all.tokens.size());
    QVERIFY(std::abs(found.entropy() - all.entropy()) < 1e-5);
    for (const int id : {0, 5, 7, 9, 1234, 19'998, 20'000})
        QVERIFY(std::abs(found.probability(TokenId{id}) - all.probability(TokenId{id})) <=
                1e-6 * all.probability(TokenId{id}));
    for (std::size_t i = 0; i < found.tokens.size(); ++i) {
        QVERIFY(found.tokens[i].id == all.tokens[i].id);
        QVERIFY(std::abs(found.tokens[i].probability - all.tokens[i].probability) <
                1e-6 * all.tokens[i].probability);
    }
}

void tst_LargeVocabulary::drawsFromAWholeLargeVocabularyWhatTheExactOddsGive()
{
    const auto logits = reference::randomLogits(20'000, 5, 4);
    const Distribution found = filter(logits, {});
    Distribution all = found;
    all.complete();
    for (int i = 0; i < 500; ++i)
        QCOMPARE(draw(found, i / 500.0).value, draw(all, i / 500.0).value);
    // On both sides of where one token's share ends.
    double reached = 0;
    for (std::size_t i = 0; i < 20; ++i) {
        reached += all.tokens[i].probability;
        for (const double u : {std::nextafter(reached, 0.0), reached, reached - 1e-8})
            QCOMPARE(draw(found, u).value, draw(all, u).value);
    }
}

void tst_LargeVocabulary::filtersALargeVocabularyAsTheReferenceDoes_data()
{
    QTest::addColumn<double>("temperature");
    QTest::addColumn<int>("topK");
    QTest::addColumn<double>("topP");
    QTest::addColumn<double>("minP");
    QTest::addColumn<double>("typicalP");
    QTest::newRow("top-k") << 1.0 << 30 << 1.0 << 0.0 << 1.0;
    QTest::newRow("large top-k") << 0.7 << 3000 << 1.0 << 0.0 << 1.0;
    QTest::newRow("larger top-k") << 0.7 << 7000 << 1.0 << 0.0 << 1.0;
    QTest::newRow("small top-p") << 0.5 << 0 << 0.3 << 0.0 << 1.0;
    QTest::newRow("top-p") << 0.6 << 0 << 0.95 << 0.0 << 1.0;
    QTest::newRow("large top-p") << 1.5 << 0 << 0.999 << 0.0 << 1.0;
    QTest::newRow("min-p") << 1.0 << 0 << 1.0 << 0.05 << 1.0;
    QTest::newRow("small min-p") << 2.0 << 0 << 1.0 << 1e-4 << 1.0;
    QTest::newRow("typical") << 1.0 << 0 << 1.0 << 0.0 << 0.9;
    QTest::newRow("all") << 0.6 << 300 << 0.95 << 0.001 << 0.99;
}

void tst_LargeVocabulary::filtersALargeVocabularyAsTheReferenceDoes()
{
    QFETCH(double, temperature);
    QFETCH(int, topK);
    QFETCH(double, topP);
    QFETCH(double, minP);
    QFETCH(double, typicalP);
    auto logits = reference::randomLogits(20'000, 9, 3);
    // The best beside each other, as a vocabulary's first tokens are.
    for (std::size_t i = 500; i < 520; ++i)
        logits[i] += 8;
    const SamplingSettings settings{
        .temperature = temperature, .topK = topK, .topP = topP, .minP = minP, .typicalP = typicalP};
    QVERIFY(near(byId(filter(logits, settings), logits.size()),
                 reference::filtered(logits, settings), 1e-13));
}

void tst_LargeVocabulary::keepsATailWhoseOddsUnderflowOut()
{
    std::vector<float> logits(1000, -5000.0F);
    logits[3] = 0;
    logits[900] = 0;
    const Distribution found = filter(logits, {});
    QCOMPARE(found.tokens.size(), 2U);
    QCOMPARE(found.tailSize, 0U);
    QCOMPARE(found.probability(TokenId{900}), 0.5);
    QCOMPARE(found.probability(TokenId{4}), 0.0);
}

void tst_LargeVocabulary::findsATopPSetThatIsLarge()
{
    const auto logits = reference::randomLogits(5000, 8, 0.2);
    const SamplingSettings settings{.topP = 0.9};
    const Distribution found = filter(logits, settings);
    QVERIFY(found.tokens.size() > 2000);
    QVERIFY(near(byId(found, logits.size()), reference::filtered(logits, settings), 1e-14));
    QCOMPARE(found.tailSize, 0U);
}

void tst_LargeVocabulary::findsALargeTopK()
{
    const auto logits = reference::randomLogits(5000, 8);
    const SamplingSettings settings{.topK = 1234};
    const Distribution found = filter(logits, settings);
    QCOMPARE(found.tokens.size(), 1234U);
    QVERIFY(near(byId(found, logits.size()), reference::filtered(logits, settings), 1e-14));
}

QTEST_GUILESS_MAIN(tst_LargeVocabulary)
#include "tst_largevocabulary.moc"
