// What a pass over logits does with a block, against plain loops in double, on every kind of
// processor.
#include "kernels/logitblocks.h"
#include "kerneltargets.h"
#include "randomvalues.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

using namespace halftone::cpu;
using namespace halftone::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t lengths[] = {1, 15, 16, 17, 63, 64, 65, 100, 1000, 1024};

std::vector<float> logitsOf(std::int64_t count, float spread)
{
    std::vector<float> logits = randomValues(count, 7);
    for (float& logit : logits)
        logit *= spread;
    return logits;
}

SoftmaxSums inDouble(const std::vector<float>& block, double scale)
{
    const float highest = peakOf(block).highest;
    SoftmaxSums sums;
    for (const float logit : block) {
        sums.atHighest += logit == highest ? 1 : 0;
        if (!(logit < highest) || logit == -infinity)
            continue;
        const double y = (static_cast<double>(logit) - static_cast<double>(highest)) * scale;
        sums.w += std::exp(y);
        sums.wy += std::exp(y) * y;
        sums.wyy += std::exp(y) * y * y;
    }
    return sums;
}

SoftmaxSums sumsOf(const std::vector<float>& block, float scale)
{
    return softmaxSums(block, peakOf(block).highest, scale);
}

/// What is left out below exp(-87) does not count.
bool isNear(double got, double expected)
{
    return std::abs(got - expected) <= 1e-6 * std::abs(expected) + 1e-33;
}

bool rounds(std::string_view target) // a product and a sum at once
{
    return target == "AVX2" || target.starts_with("AVX3") || target.starts_with("NEON");
}

} // namespace

class TestLogitBlocks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theHighestIsFoundWhereverItStands()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t length : lengths)
                for (const std::size_t place :
                     {std::size_t{0}, static_cast<std::size_t>(length / 2),
                      static_cast<std::size_t>(length - 1)}) {
                    std::vector<float> block = logitsOf(length, 5);
                    block[place] = 6;
                    const BlockPeak peak = peakOf(block);
                    QVERIFY2(peak.highest == 6 && peak.invalid == 0, target);
                }
        });
    }

    void whatIsNoNumberIsCountedAndNeverTheHighest()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t length : lengths) {
                std::vector<float> block = logitsOf(length, 5);
                const float highest = peakOf(block).highest;
                block.insert(block.begin(), {infinity, notANumber, -infinity});
                block.push_back(-notANumber);
                block.push_back(infinity);
                QVERIFY2(peakOf(block).highest == highest, target);
                QCOMPARE(peakOf(block).invalid, 4);
            }
            QCOMPARE(peakOf(std::vector<float>(40, -infinity)).highest, -infinity);
            QCOMPARE(peakOf(std::vector<float>(40, notANumber)).highest, -infinity);
            QCOMPARE(peakOf({}).highest, -infinity);
        });
    }

    void theSumsAreThoseOfALoopInDouble()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t length : lengths)
                for (const float spread : {0.01F, 1.0F, 10.0F, 40.0F})
                    for (const float scale : {0.25F, 1.0F, 4.0F}) {
                        const std::vector<float> block = logitsOf(length, spread);
                        const SoftmaxSums found = sumsOf(block, scale);
                        const SoftmaxSums expected = inDouble(block, static_cast<double>(scale));
                        QVERIFY2(found.atHighest == expected.atHighest, target);
                        QVERIFY2(isNear(found.w, expected.w), target);
                        QVERIFY2(isNear(found.wy, expected.wy), target);
                        QVERIFY2(isNear(found.wyy, expected.wyy), target);
                    }
        });
    }

    void logitsAtTheHighestAreCountedAndWhatIsNoNumberIsLeftOut()
    {
        onEveryTarget([](const char* target) {
            std::vector<float> block = logitsOf(200, 5);
            block.insert(block.begin(), 3, 6.0F);
            const SoftmaxSums expected = sumsOf(block, 1);
            QVERIFY2(expected.atHighest == 3, target);
            for (const float left : {infinity, notANumber, -infinity, -1e30F, -100.0F}) {
                std::vector<float> longer = block;
                longer.insert(longer.end(), 24, left);
                const SoftmaxSums found = sumsOf(longer, 1);
                QVERIFY2(found.atHighest == 3 && isNear(found.w, expected.w) &&
                             isNear(found.wy, expected.wy) && isNear(found.wyy, expected.wyy),
                         target);
            }
            const SoftmaxSums alike = sumsOf(std::vector<float>(24, 6.0F), 1);
            QVERIFY2(alike.atHighest == 24 && alike.w == 0 && alike.wy == 0 && alike.wyy == 0,
                     target);
            for (const float impossible : {-infinity, notANumber}) {
                const SoftmaxSums none = sumsOf(std::vector<float>(24, impossible), 1);
                QVERIFY2(none.atHighest == 0 && none.w == 0 && none.wy == 0 && none.wyy == 0,
                         target);
            }
        });
    }

    void processorsThatRoundOnceGiveTheSameBits()
    {
        for (const std::int64_t length : lengths) {
            const std::vector<float> block = logitsOf(length, 12);
            std::optional<SoftmaxSums> first;
            onEveryTarget([&](const char* target) {
                if (!rounds(target))
                    return;
                const SoftmaxSums found = sumsOf(block, 1.0F / 0.6F);
                if (!first)
                    first = found;
                QVERIFY2(found.w == first->w && found.wy == first->wy && found.wyy == first->wyy,
                         target);
            });
        }
    }

    void placesAboveAThresholdComeInOrder()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t length : lengths) {
                std::vector<float> block = logitsOf(length, 5);
                block.insert(block.begin(), {infinity, notANumber, -infinity});
                for (const float threshold : {-infinity, -2.0F, 0.0F, 4.9F, 6.0F}) {
                    std::vector<std::uint32_t> expected;
                    for (std::size_t i = 0; i < block.size(); ++i)
                        if (block[i] > threshold && block[i] < infinity)
                            expected.push_back(static_cast<std::uint32_t>(i));
                    std::vector<std::uint32_t> places(block.size() + 16);
                    places.resize(placesAbove(block, threshold, places));
                    QVERIFY2(places == expected, target);
                    QVERIFY2(countAbove(block, threshold) == expected.size(), target);
                }
            }
        });
    }
};

QTEST_GUILESS_MAIN(TestLogitBlocks)
#include "tst_logitblocks.moc"
