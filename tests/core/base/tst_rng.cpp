#include "base/rng.h"

#include <QTest>

#include <array>
#include <cmath>
#include <set>
#include <vector>

using namespace halftone;

namespace {

using Block = std::array<std::uint32_t, 4>;

/// Philox4x32-10 as the paper states it, written apart from the library that rng.cpp uses.
Block philox(Block counter, std::array<std::uint32_t, 2> key)
{
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(second),
                   static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(first)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

std::uint64_t pair(std::uint32_t low, std::uint32_t high)
{
    return std::uint64_t{high} << 32 | low;
}

std::vector<std::uint64_t> draws(RngKey key, int count)
{
    StepRng rng(key);
    std::vector<std::uint64_t> result;
    for (int i = 0; i < count; ++i)
        result.push_back(rng.bits());
    return result;
}

} // namespace

class tst_Rng : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void referencePassesThePublishedKnownAnswers();
    void givesTheFirstPublishedAnswer();
    void countsDrawStreamAndStepInTheirWords_data();
    void countsDrawStreamAndStepInTheirWords();
    void makesUniformsOfTheTopBits();
    void redrawsAStepAlone();
    void drawsOtherNumbersForOtherKeys();
    void spreadsEvenly();
};

void tst_Rng::referencePassesThePublishedKnownAnswers()
{
    // Random123's kat_vectors, "philox4x32 10".
    QCOMPARE(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    QCOMPARE(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
             (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    QCOMPARE(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
             (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

void tst_Rng::givesTheFirstPublishedAnswer()
{
    StepRng rng({0, 0, 0});
    QCOMPARE(rng.bits(), 0xe169c58d6627e8d5U);
    QCOMPARE(rng.bits(), 0x9b00dbd8bc57ac4cU);
}

void tst_Rng::countsDrawStreamAndStepInTheirWords_data()
{
    QTest::addColumn<quint64>("seed");
    QTest::addColumn<quint64>("step");
    QTest::addColumn<quint32>("stream");
    QTest::newRow("zero") << quint64{0} << quint64{0} << quint32{0};
    QTest::newRow("seed above 32 bits") << quint64{0x299f31d0a4093822} << quint64{5} << quint32{0};
    QTest::newRow("step above 32 bits") << quint64{1} << quint64{0x0370734413198a2e} << quint32{0};
    QTest::newRow("stream") << quint64{42} << quint64{100} << quint32{0x85a308d3};
}

void tst_Rng::countsDrawStreamAndStepInTheirWords()
{
    QFETCH(quint64, seed);
    QFETCH(quint64, step);
    QFETCH(quint32, stream);
    StepRng rng({seed, step, stream});
    const auto low = [](quint64 value) { return static_cast<std::uint32_t>(value); };
    const auto high = [](quint64 value) { return static_cast<std::uint32_t>(value >> 32); };
    for (std::uint32_t draw = 0; draw < 3; ++draw) {
        const Block block = philox({draw, stream, low(step), high(step)}, {low(seed), high(seed)});
        QCOMPARE(rng.bits(), pair(block[0], block[1]));
        QCOMPARE(rng.bits(), pair(block[2], block[3]));
    }
}

void tst_Rng::makesUniformsOfTheTopBits()
{
    StepRng bits({7, 3, 0});
    StepRng uniforms({7, 3, 0});
    for (int i = 0; i < 100; ++i) {
        const double u = uniforms.uniform();
        QCOMPARE(u, static_cast<double>(bits.bits() >> 11) / 9007199254740992.0);
        QVERIFY(u >= 0 && u < 1);
    }
}

void tst_Rng::redrawsAStepAlone()
{
    QCOMPARE(draws({9, 1000, 2}, 5), draws({9, 1000, 2}, 5));
    QVERIFY((StepRng({9, 1000, 2}).key() == RngKey{9, 1000, 2}));
}

void tst_Rng::drawsOtherNumbersForOtherKeys()
{
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 10; ++seed)
        for (std::uint64_t step = 0; step < 10; ++step)
            for (std::uint32_t stream = 0; stream < 10; ++stream)
                seen.insert(draws({seed, step, stream}, 1).front());
    QCOMPARE(seen.size(), 1000U);
}

void tst_Rng::spreadsEvenly()
{
    // One draw a step, as a run uses it.
    constexpr int count = 100'000;
    std::array<int, 10> bins{};
    for (std::uint64_t step = 0; step < count; ++step)
        ++bins[static_cast<std::size_t>(StepRng({1, step, 0}).uniform() * 10)];
    double chiSquare = 0;
    for (const int bin : bins)
        chiSquare += std::pow(bin - count / 10, 2) / (count / 10);
    // 99.9th percentile of chi-square with 9 degrees of freedom.
    QVERIFY2(chiSquare < 27.88, qPrintable(QString::number(chiSquare)));
}

QTEST_GUILESS_MAIN(tst_Rng)
#include "tst_rng.moc"
