#include "sampling/filters.h"

#include "base/rng.h"
#include "filtertools.h"
#include "qverifyresult.h"
#include "referencesampling.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace halftone;
using namespace halftone::test;
namespace reference = halftone::test::reference;

namespace {

/// Logits whose softmax at T = 1 are these probabilities.
std::vector<float> logitsOf(const std::vector<double>& probabilities)
{
    std::vector<float> logits;
    for (const double p : probabilities)
        logits.push_back(static_cast<float>(std::log(p)));
    return logits;
}

std::vector<FilterOrder> allOrders()
{
    FilterOrder order{Filter::Temperature, Filter::TopK, Filter::TopP, Filter::MinP};
    std::vector<FilterOrder> orders;
    do {
        orders.push_back(order);
    } while (std::next_permutation(order.begin(), order.end()));
    return orders;
}

} // namespace

Q_DECLARE_METATYPE(halftone::SamplingSettings)
Q_DECLARE_METATYPE(std::vector<double>)

class tst_Filters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void turnsProbabilitiesIntoProbabilities_data();
    void turnsProbabilitiesIntoProbabilities();
    void agreesWithTheReferenceInEveryOrder_data();
    void agreesWithTheReferenceInEveryOrder();
    void actsInTheOrderThatIsStated();
    void agreesWithTheReferenceInListsOfAllSix();
    void cutsTheLogitsAtDeviationsBelowTheHighest();
    void cutsTheSameLogitsAtEveryTemperature();
    void measuresDeviationsOnWhatIsLeft();
    void keepsTheTypicalEvenWithoutTheMostProbable();
    void keepsTheTypicalTokenThatCrosses();
    void measuresMinPOnWhatTypicalLeft();
    void leavesOutFiltersThatAreNotNamed();
    void givesTheBitsOfTheOldOrderByDefault();
    void appliesMinPBeforeTemperatureWhateverTheTemperature();
    void breaksTiesByLowerId();
    void isGreedyAtTemperatureZero();
    void approachesGreedyAtTinyTemperatures();
    void neverEmptiesTheSupport_data();
    void neverEmptiesTheSupport();
    void leavesOutWhatIsImpossible();
    void isEmptyOnlyWithoutAnyFiniteLogit();
    void sortsAWholeSmallVocabulary();
    void givesTheSameBitsFromUsedStorage();
    void drawsAtCumulativeProbabilities();
    void drawsWithTheStatedFrequencies_data();
    void drawsWithTheStatedFrequencies();
    void readsAndWritesOrders();
    void refusesOrdersThatAreNone_data();
    void refusesOrdersThatAreNone();
};

void tst_Filters::turnsProbabilitiesIntoProbabilities_data()
{
    QTest::addColumn<std::vector<double>>("given");
    QTest::addColumn<SamplingSettings>("settings");
    QTest::addColumn<std::vector<double>>("expected");
    using P = std::vector<double>;
    const P four{0.1, 0.4, 0.2, 0.3};

    QTest::newRow("nothing") << four << SamplingSettings{} << four;
    QTest::newRow("top-k 1") << four << SamplingSettings{.topK = 1} << P{0, 1, 0, 0};
    QTest::newRow("top-k 3") << four << SamplingSettings{.topK = 3}
                             << P{0, 0.4 / 0.9, 0.2 / 0.9, 0.3 / 0.9};
    QTest::newRow("top-k of all") << four << SamplingSettings{.topK = 10} << four;
    QTest::newRow("top-p keeps the token that crosses")
        << four << SamplingSettings{.topP = 0.75} << P{0, 0.4 / 0.9, 0.2 / 0.9, 0.3 / 0.9};
    QTest::newRow("top-p below the first")
        << four << SamplingSettings{.topP = 0.2} << P{0, 1, 0, 0};
    QTest::newRow("top-p 0") << four << SamplingSettings{.topP = 0} << P{0, 1, 0, 0};
    QTest::newRow("min-p of the highest")
        << four << SamplingSettings{.minP = 0.45} << P{0, 0.4 / 0.9, 0.2 / 0.9, 0.3 / 0.9};
    QTest::newRow("min-p 1") << four << SamplingSettings{.minP = 1} << P{0, 1, 0, 0};
    QTest::newRow("temperature 0.5") << four << SamplingSettings{.temperature = 0.5}
                                     << P{0.01 / 0.3, 0.16 / 0.3, 0.04 / 0.3, 0.09 / 0.3};
    // After top-k 2 the mass is 4/7 and 3/7, so top-p 0.55 needs the first alone.
    QTest::newRow("top-p acts on what top-k left")
        << four << SamplingSettings{.topK = 2, .topP = 0.55} << P{0, 1, 0, 0};
}

void tst_Filters::turnsProbabilitiesIntoProbabilities()
{
    QFETCH(std::vector<double>, given);
    QFETCH(SamplingSettings, settings);
    QFETCH(std::vector<double>, expected);
    const Distribution found = filter(logitsOf(given), settings);
    QVERIFY(near(byId(found, given.size()), expected, 1e-6));
}

void tst_Filters::agreesWithTheReferenceInEveryOrder_data()
{
    QTest::addColumn<int>("index");
    const auto orders = allOrders();
    QCOMPARE(orders.size(), 24U);
    for (std::size_t i = 0; i < orders.size(); ++i)
        QTest::newRow(name(orders[i]).c_str()) << static_cast<int>(i);
}

void tst_Filters::agreesWithTheReferenceInEveryOrder()
{
    QFETCH(int, index);
    const std::array settings{
        SamplingSettings{.temperature = 0.6, .topK = 30, .topP = 0.95, .minP = 0.001},
        SamplingSettings{.temperature = 1.5, .topK = 5, .topP = 0.8, .minP = 0.05},
        SamplingSettings{.temperature = 0.3, .topK = 0, .topP = 0.99, .minP = 0.01},
        SamplingSettings{.temperature = 2.0, .topK = 400, .topP = 0.9, .minP = 0},
        SamplingSettings{.temperature = 0.8, .topK = 100, .topP = 1, .minP = 0.02},
    };
    for (SamplingSettings s : settings) {
        s.order = allOrders()[static_cast<std::size_t>(index)];
        for (const int size : {3, 68, 1000})
            for (std::uint64_t seed = 0; seed < 5; ++seed) {
                const auto logits = reference::randomLogits(size, seed);
                const Distribution found = filter(logits, s);
                const auto expected = reference::filtered(logits, s);
                QVERIFY(near(byId(found, logits.size()), expected, 1e-12));
                QCOMPARE(static_cast<std::ptrdiff_t>(found.tokens.size()),
                         std::count_if(expected.begin(), expected.end(),
                                       [](double p) { return p > 0; }));
                QVERIFY(std::abs(found.entropy() - reference::entropy(expected)) < 1e-11);
                for (std::size_t id = 0; id < expected.size(); ++id)
                    QVERIFY(std::abs(found.probability(TokenId{static_cast<int>(id)}) -
                                     expected[id]) <= 1e-12);
            }
    }
}

void tst_Filters::actsInTheOrderThatIsStated()
{
    // At T = 0.5 the first token holds 0.16/0.3 = 0.53 of the mass, at T = 1 only 0.4.
    const auto logits = logitsOf({0.1, 0.4, 0.2, 0.3});
    SamplingSettings settings{.temperature = 0.5, .topP = 0.5};
    QCOMPARE(filter(logits, settings).tokens.size(), 1U);
    settings.order = {Filter::TopP, Filter::Temperature, Filter::TopK, Filter::MinP};
    QCOMPARE(filter(logits, settings).tokens.size(), 2U);
}

void tst_Filters::agreesWithTheReferenceInListsOfAllSix()
{
    FilterOrder order{Filter::Temperature, Filter::TopK,      Filter::TopP,
                      Filter::MinP,        Filter::TopNSigma, Filter::Typical};
    int orders = 0;
    do {
        ++orders;
        for (const SamplingSettings& given : {SamplingSettings{.temperature = 1.4,
                                             .topK = 40,
                                             .topP = 0.95,
                                             .minP = 0.01,
                                             .topNSigma = 1.5,
                                             .typicalP = 0.9},
                                              SamplingSettings{.temperature = 0.7,
                                              .topK = 0,
                                              .topP = 1,
                                              .minP = 0,
                                              .topNSigma = 2.5,
                                              .typicalP = 0.4}}) {
            SamplingSettings settings = given;
            settings.order = order;
            const auto logits = reference::randomLogits(120, static_cast<std::uint64_t>(orders), 2);
            const auto expected = reference::filtered(logits, settings);
            QVERIFY2(near(byId(filter(logits, settings), logits.size()), expected, 1e-12),
                     name(order).c_str());
        }
    } while (std::next_permutation(order.begin(), order.end()));
    QCOMPARE(orders, 720);
}

void tst_Filters::cutsTheLogitsAtDeviationsBelowTheHighest()
{
    // Mean 2.5, variance 1.25: sigma is 1.118, and the third stands two below the highest.
    const std::vector<float> logits{1, 2, 3, 4};
    QCOMPARE(filter(logits, {.topNSigma = 0.5}).tokens.size(), 1U);
    QCOMPARE(filter(logits, {.topNSigma = 1}).tokens.size(), 2U);
    QCOMPARE(filter(logits, {.topNSigma = 1.78}).tokens.size(), 2U);
    QCOMPARE(filter(logits, {.topNSigma = 1.79}).tokens.size(), 3U);
    QCOMPARE(filter(logits, {.topNSigma = 0}).tokens.size(), 4U);
    // No deviation: what equals the highest stays.
    QCOMPARE(filter({3, 3, 3}, {.topNSigma = 1}).tokens.size(), 3U);
    // What is impossible has no part in it.
    QCOMPARE(filter({1, 2, 3, 4, -infinity}, {.topNSigma = 1.79}).tokens.size(), 3U);
}

void tst_Filters::cutsTheSameLogitsAtEveryTemperature()
{
    const auto logits = reference::randomLogits(500, 12);
    for (const auto& order : {FilterOrder{Filter::Temperature, Filter::TopNSigma},
                              FilterOrder{Filter::TopNSigma, Filter::Temperature}})
        for (const double temperature : {0.5, 1.0, 3.0}) {
            SamplingSettings settings{.temperature = temperature, .topNSigma = 1.2};
            settings.order = order;
            SamplingSettings plain{.topNSigma = 1.2};
            QCOMPARE(filter(logits, settings).tokens.size(), filter(logits, plain).tokens.size());
        }
}

void tst_Filters::measuresDeviationsOnWhatIsLeft()
{
    // Of all four sigma is 4.3, of the two best 0.5.
    const std::vector<float> logits{0, 0, 9, 8};
    SamplingSettings settings{.topK = 2, .topNSigma = 1};
    QCOMPARE(filter(logits, settings).tokens.size(), 2U);
    settings.order = {Filter::Temperature, Filter::TopK, Filter::TopNSigma};
    QCOMPARE(filter(logits, settings).tokens.size(), 1U);
}

void tst_Filters::keepsTheTypicalEvenWithoutTheMostProbable()
{
    // H = 1.09; surprises 0.51, 1.61, 2.30, 2.30: the second is nearest.
    QVERIFY(near(byId(filter(logitsOf({0.6, 0.2, 0.1, 0.1}), {.typicalP = 0.15}), 4), {0, 1, 0, 0},
                 1e-6));
}

void tst_Filters::keepsTheTypicalTokenThatCrosses()
{
    // H = 1.09: distances 0.58, 0.52, 1.21, 1.21.
    const auto logits = logitsOf({0.6, 0.2, 0.1, 0.1});
    QVERIFY(near(byId(filter(logits, {.typicalP = 0.3}), 4), {0.75, 0.25, 0, 0}, 1e-6));
    QVERIFY(
        near(byId(filter(logits, {.typicalP = 0.85}), 4), {2.0 / 3, 2.0 / 9, 1.0 / 9, 0}, 1e-6));
    QCOMPARE(filter(logits, {.typicalP = 1}).tokens.size(), 4U);
    QCOMPARE(filter(logits, {.typicalP = 0}).tokens.size(), 1U);
}

void tst_Filters::measuresMinPOnWhatTypicalLeft()
{
    // Typical leaves the second alone; against the first, min-p would have removed it.
    const auto logits = logitsOf({0.6, 0.2, 0.1, 0.1});
    SamplingSettings settings{.minP = 0.5, .typicalP = 0.15};
    QVERIFY(near(byId(filter(logits, settings), 4), {0, 1, 0, 0}, 1e-6));
    settings.order = {Filter::Temperature, Filter::MinP, Filter::Typical};
    QVERIFY(near(byId(filter(logits, settings), 4), {1, 0, 0, 0}, 1e-6));
}

void tst_Filters::leavesOutFiltersThatAreNotNamed()
{
    const auto logits = reference::randomLogits(100, 3);
    SamplingSettings settings{
        .temperature = 0.8, .topK = 3, .topP = 0.2, .minP = 0.9, .topNSigma = 0.1, .typicalP = 0.1};
    settings.order = {Filter::Temperature};
    QVERIFY(near(byId(filter(logits, settings), 100), reference::softmax(logits, 0.8), 1e-12));
}

void tst_Filters::givesTheBitsOfTheOldOrderByDefault()
{
    const auto logits = reference::randomLogits(3000, 21);
    SamplingSettings settings{.temperature = 0.6, .topK = 30, .topP = 0.95, .minP = 0.001};
    const Distribution now = filter(logits, settings);
    settings.order = {Filter::Temperature, Filter::TopK, Filter::TopP, Filter::MinP};
    const Distribution before = filter(logits, settings);
    QVERIFY(std::equal(now.tokens.begin(), now.tokens.end(), before.tokens.begin(),
                       before.tokens.end(), [](const auto& a, const auto& b) {
                           return a.id == b.id && a.probability == b.probability;
                       }));
}

void tst_Filters::appliesMinPBeforeTemperatureWhateverTheTemperature()
{
    const auto logits = reference::randomLogits(200, 9);
    SamplingSettings settings{.minP = 0.1};
    settings.order = {Filter::MinP, Filter::TopK, Filter::TopP, Filter::Temperature};
    const std::size_t before = filter(logits, settings).tokens.size();
    settings.temperature = 0.1;
    QCOMPARE(filter(logits, settings).tokens.size(), before);
    settings.order = softThinkingOrder();
    QVERIFY(filter(logits, settings).tokens.size() < before);
}

void tst_Filters::breaksTiesByLowerId()
{
    const std::vector<float> logits{1, 2, 2, 1, 2};
    std::vector<int> ids;
    for (const WeightedToken& token : filter(logits, {}).tokens)
        ids.push_back(token.id.value);
    QCOMPARE(ids, (std::vector<int>{1, 2, 4, 0, 3}));
    QCOMPARE(filter(logits, {.topK = 2}).tokens[1].id.value, 2);
    QCOMPARE(filter(logits, {.topP = 0.01}).tokens[0].id.value, 1);
    QCOMPARE(filter(logits, {.temperature = 0}).tokens[0].id.value, 1);
    QCOMPARE(filter(logits, {.minP = 1}).tokens.size(), 3U);
}

void tst_Filters::isGreedyAtTemperatureZero()
{
    const auto logits = reference::randomLogits(68, 1);
    const Distribution found =
        filter(logits, {.temperature = 0, .topK = 5, .topP = 0.5, .minP = 0.5});
    QCOMPARE(found.tokens.size(), 1U);
    QCOMPARE(found.tokens[0].probability, 1.0);
    QCOMPARE(static_cast<std::ptrdiff_t>(found.tokens[0].id.index()),
             std::max_element(logits.begin(), logits.end()) - logits.begin());
    QCOMPARE(found.entropy(), 0.0);
}

void tst_Filters::approachesGreedyAtTinyTemperatures()
{
    for (const double temperature : {1e-3, 1e-300, 1e-320}) {
        const Distribution found = filter({0, 3, 1}, {.temperature = temperature});
        QCOMPARE(found.tokens.size(), 1U);
        QCOMPARE(found.tokens[0].id.value, 1);
        QCOMPARE(found.tokens[0].probability, 1.0);
    }
}

void tst_Filters::neverEmptiesTheSupport_data()
{
    QTest::addColumn<int>("index");
    const auto orders = allOrders();
    for (std::size_t i = 0; i < orders.size(); ++i)
        QTest::newRow(name(orders[i]).c_str()) << static_cast<int>(i);
}

void tst_Filters::neverEmptiesTheSupport()
{
    QFETCH(int, index);
    SamplingSettings settings{.temperature = 10, .topK = 1, .topP = 0, .minP = 1};
    settings.order = allOrders()[static_cast<std::size_t>(index)];
    const Distribution found = filter(reference::randomLogits(500, 2), settings);
    QCOMPARE(found.tokens.size(), 1U);
    QCOMPARE(found.tokens[0].probability, 1.0);
}

void tst_Filters::leavesOutWhatIsImpossible()
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> logits{-infinity, 1, nan, 1, infinity};
    for (const SamplingSettings& settings :
         {SamplingSettings{}, SamplingSettings{.topK = 4}, SamplingSettings{.topP = 0.99}}) {
        const Distribution found = filter(logits, settings);
        QCOMPARE(found.tokens.size(), 2U);
        QCOMPARE(found.tokens[0].id.value, 1);
        QCOMPARE(found.tokens[0].probability, 0.5);
    }
    QCOMPARE(filter(logits, {.temperature = 0}).tokens[0].id.value, 1);
}

void tst_Filters::isEmptyOnlyWithoutAnyFiniteLogit()
{
    const std::vector<float> logits(300, -infinity);
    QVERIFY(filter(logits, {}).tokens.empty());
    QVERIFY(filter(logits, {.temperature = 0}).tokens.empty());
    QVERIFY(filter(logits, {.topK = 5, .topP = 0.5, .minP = 0.1}).tokens.empty());
}

void tst_Filters::sortsAWholeSmallVocabulary()
{
    const Distribution found = filter(reference::randomLogits(256, 4), {});
    QCOMPARE(found.tokens.size(), 256U);
    QCOMPARE(found.tailSize, 0U);
    QVERIFY(
        std::is_sorted(found.tokens.begin(), found.tokens.end(),
                       [](const auto& a, const auto& b) { return a.probability > b.probability; }));
}

void tst_Filters::givesTheSameBitsFromUsedStorage()
{
    const auto logits = reference::randomLogits(3000, 6);
    const SamplingSettings settings{.temperature = 0.7, .topK = 500, .topP = 0.9, .minP = 0.001};
    const Distribution fresh = filter(logits, settings);
    Distribution used = filter(reference::randomLogits(5000, 1), {});
    LogitsPass row(logits);
    filterLogits(row, settings, used);
    QCOMPARE(used.tailSize, fresh.tailSize);
    QVERIFY(std::equal(fresh.tokens.begin(), fresh.tokens.end(), used.tokens.begin(),
                       used.tokens.end(), [](const auto& a, const auto& b) {
                           return a.id == b.id && a.probability == b.probability;
                       }));
}

void tst_Filters::drawsAtCumulativeProbabilities()
{
    const Distribution three{{{TokenId{5}, 0.5}, {TokenId{2}, 0.3}, {TokenId{9}, 0.2}}};
    QCOMPARE(draw(three, 0).value, 5);
    QCOMPARE(draw(three, 0.4999).value, 5);
    QCOMPARE(draw(three, 0.5).value, 2);
    QCOMPARE(draw(three, 0.7999).value, 2);
    QCOMPARE(draw(three, 0.8001).value, 9);
    QCOMPARE(draw(three, std::nextafter(1.0, 0.0)).value, 9);
    // Rounding may leave the sum below u.
    const Distribution short_{{{TokenId{1}, 0.5}, {TokenId{2}, 0.5 - 1e-12}}};
    QCOMPARE(draw(short_, std::nextafter(1.0, 0.0)).value, 2);
}

void tst_Filters::drawsWithTheStatedFrequencies_data()
{
    QTest::addColumn<quint64>("seed");
    for (const quint64 seed : {1U, 2U, 3U, 2024U})
        QTest::addRow("seed %llu", seed) << seed;
}

void tst_Filters::drawsWithTheStatedFrequencies()
{
    QFETCH(quint64, seed);
    const auto logits = reference::randomLogits(12, 3, 1);
    const SamplingSettings settings{.temperature = 0.9, .topK = 8};
    const Distribution distribution = filter(logits, settings);
    const auto expected = reference::filtered(logits, settings);

    constexpr int draws = 50'000;
    std::vector<int> counts(logits.size(), 0);
    for (std::uint64_t step = 0; step < draws; ++step) {
        StepRng rng({seed, step, 0});
        ++counts[draw(distribution, rng.uniform()).index()];
    }
    double chiSquare = 0;
    for (std::size_t id = 0; id < counts.size(); ++id) {
        const double mean = draws * expected[id];
        if (mean == 0)
            QCOMPARE(counts[id], 0);
        else
            chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
    }
    // 99.9th percentile of chi-square with 7 degrees of freedom.
    QVERIFY2(chiSquare < 24.32, qPrintable(QString::number(chiSquare)));
}

void tst_Filters::readsAndWritesOrders()
{
    for (const FilterOrder& order : allOrders()) {
        const auto read = parseFilterOrder(name(order));
        QVERIFY_RESULT(read);
        QCOMPARE(*read, order);
    }
    const auto spaced = parseFilterOrder("min-p, top-k,top-p , temperature");
    QVERIFY_RESULT(spaced);
    QCOMPARE(name(*spaced), std::string("min-p,top-k,top-p,temperature"));
    const auto some = parseFilterOrder("typical,temperature,top-n-sigma");
    QVERIFY_RESULT(some);
    QCOMPARE(*some, (FilterOrder{Filter::Typical, Filter::Temperature, Filter::TopNSigma}));
}

void tst_Filters::refusesOrdersThatAreNone_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char* text :
         {"", ",", "top-k,top-p", "temperature,top-k,top-p,top-p", "temperature,top-k,top-p,min-p,",
          "temperature,top-k,top-p,min-p,top-k", "temperature,top-k,top-q",
          "temperature top-k top-p min-p", "temperature,typical-p"})
        QTest::addRow("'%s'", text) << QByteArray(text);
}

void tst_Filters::refusesOrdersThatAreNone()
{
    QFETCH(QByteArray, text);
    const auto read = parseFilterOrder(text.toStdString());
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::InvalidArgument);
    QVERIFY(read.error().message.find("'" + text.toStdString() + "'") != std::string::npos);
    for (const std::string& known : filterNames())
        QVERIFY(read.error().message.find(known) != std::string::npos);
}

QTEST_GUILESS_MAIN(tst_Filters)
#include "tst_filters.moc"
