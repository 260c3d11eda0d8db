// Norms, activations and rotations against plain loops in double, on every kind of processor.
#include "kernels/vectorops.h"
#include "kerneltargets.h"
#include "randomvalues.h"

#include <QtTest>

#include <cmath>
#include <limits>

using namespace halftone::cpu;
using namespace halftone::test;

namespace {

constexpr std::int64_t lengths[] = {1, 4, 15, 16, 17, 64, 100, 896};

bool isNear(float got, double expected, double bound)
{
    return std::abs(static_cast<double>(got) - expected) <= bound;
}

} // namespace

class TestVectorOps : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rmsNormIsWhatALoopInDoubleGives()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t n : lengths) {
                const std::vector<float> x = randomValues(n, 1);
                const std::vector<float> weight = randomValues(n, 2);
                double squares = 0;
                for (const float value : x)
                    squares += static_cast<double>(value) * static_cast<double>(value);
                const double factor = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-6);
                std::vector<float> y(x.size() + 1, -5);
                rmsNorm(x.data(), weight.data(), 1e-6, n, y.data());
                for (std::size_t i = 0; i < x.size(); ++i) {
                    const double expected =
                        static_cast<double>(x[i]) * factor * static_cast<double>(weight[i]);
                    QVERIFY2(isNear(y[i], expected, 1e-6 * std::abs(expected)), target);
                }
                QCOMPARE(y.back(), -5.0F);
                std::vector<float> inPlace = x;
                rmsNorm(inPlace.data(), weight.data(), 1e-6, n, inPlace.data());
                QVERIFY(std::equal(inPlace.begin(), inPlace.end(), y.begin()));
            }
        });
    }

    void addRmsNormIsTheSumAndItsNormToTheBit()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t n : lengths) {
                std::vector<float> x = randomValues(n, 3);
                const std::vector<float> added = randomValues(n, 4);
                const std::vector<float> weight = randomValues(n, 5);
                std::vector<float> sum(x.size());
                for (std::size_t i = 0; i < x.size(); ++i)
                    sum[i] = x[i] + added[i];
                std::vector<float> y(x.size());
                std::vector<float> expected(x.size());
                addRmsNorm(x.data(), added.data(), weight.data(), 1e-5, n, y.data());
                rmsNorm(sum.data(), weight.data(), 1e-5, n, expected.data());
                QVERIFY2(x == sum, target);
                QVERIFY2(y == expected, target);
            }
        });
    }

    void siluTimesIsWhatALoopInDoubleGives()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t n : lengths) {
                std::vector<float> gate = randomValues(n, 6);
                for (float& value : gate)
                    value *= 30;
                const std::vector<float> up = randomValues(n, 7);
                std::vector<float> y(gate.size());
                siluTimes(gate.data(), up.data(), n, y.data());
                for (std::size_t i = 0; i < y.size(); ++i) {
                    const auto g = static_cast<double>(gate[i]);
                    const double expected = g / (1 + std::exp(-g)) * static_cast<double>(up[i]);
                    QVERIFY2(isNear(y[i], expected, 1e-6 * std::abs(expected)), target);
                }
                siluTimes(gate.data(), up.data(), n, gate.data());
                QVERIFY(gate == y);
            }
        });
    }

    void siluIsSoundAtTheEndsOfTheScale()
    {
        constexpr float none = std::numeric_limits<float>::quiet_NaN();
        onEveryTarget([](const char* target) {
            const std::vector<float> gate = {1e30F, -1e30F, -90, -104, -200, 0, none};
            const std::vector<float> up(gate.size(), 1);
            std::vector<float> y(gate.size());
            siluTimes(gate.data(), up.data(), std::ssize(gate), y.data());
            QCOMPARE(y[0], 1e30F);
            for (std::size_t i = 1; i < 6; ++i)
                QVERIFY2(std::abs(y[i]) < 1e-30F, target);
            QVERIFY(std::isnan(y[6]));
        });
    }

    void rotationIsWhatALoopInDoubleGives()
    {
        onEveryTarget([](const char* target) {
            for (const std::int64_t pairs : {1, 2, 8, 16, 20, 32, 64}) {
                const std::int64_t heads = 3;
                const std::vector<float> before = randomValues(heads * 2 * pairs, 8);
                std::vector<float> cosines;
                std::vector<float> sines;
                for (std::int64_t i = 0; i < pairs; ++i) {
                    cosines.push_back(std::cos(static_cast<float>(7 * i + 1)));
                    sines.push_back(std::sin(static_cast<float>(7 * i + 1)));
                }
                std::vector<float> x = before;
                rotate(x.data(), heads, pairs, cosines.data(), sines.data());
                for (std::int64_t head = 0; head < heads; ++head)
                    for (std::int64_t i = 0; i < pairs; ++i) {
                        const auto first = static_cast<std::size_t>(head * 2 * pairs + i);
                        const std::size_t second = first + static_cast<std::size_t>(pairs);
                        const auto a = static_cast<double>(before[first]);
                        const auto b = static_cast<double>(before[second]);
                        const auto c = static_cast<double>(cosines[static_cast<std::size_t>(i)]);
                        const auto s = static_cast<double>(sines[static_cast<std::size_t>(i)]);
                        QVERIFY2(isNear(x[first], a * c - b * s, 1e-6), target);
                        QVERIFY2(isNear(x[second], b * c + a * s, 1e-6), target);
                    }
            }
        });
    }

    void expIsWithinTwoUnitsInTheLastPlace()
    {
        std::vector<float> x;
        for (float value = -87; value < 88; value += 0.0137F)
            x.push_back(value);
        onEveryTarget([&](const char* target) {
            std::vector<float> y(x.size());
            exponential(x.data(), std::ssize(x), y.data());
            for (std::size_t i = 0; i < x.size(); ++i) {
                const double expected = std::exp(static_cast<double>(x[i]));
                const auto nearest = static_cast<float>(expected);
                const float next = std::nextafter(nearest, std::numeric_limits<float>::infinity());
                const double unit = static_cast<double>(next) - static_cast<double>(nearest);
                QVERIFY2(isNear(y[i], expected, 2 * unit),
                         qPrintable(QString("%1: exp(%2) = %3").arg(target).arg(x[i]).arg(y[i])));
            }
        });
    }

    void expOfAnythingIsSound()
    {
        constexpr float infinity = std::numeric_limits<float>::infinity();
        onEveryTarget([infinity](const char*) {
            const std::vector<float> x = {
                0,         -0.0F,       infinity,
                -infinity, 89,          1000,
                -150,      -1000000.0F, std::numeric_limits<float>::quiet_NaN()};
            std::vector<float> y(x.size());
            exponential(x.data(), std::ssize(x), y.data());
            QCOMPARE(y[0], 1.0F);
            QCOMPARE(y[1], 1.0F);
            for (const std::size_t i : {2, 4, 5})
                QCOMPARE(y[i], infinity);
            for (const std::size_t i : {3, 6, 7})
                QCOMPARE(y[i], 0.0F);
            QVERIFY(std::isnan(y[8]));
        });
    }
};

QTEST_GUILESS_MAIN(TestVectorOps)
#include "tst_vectorops.moc"
