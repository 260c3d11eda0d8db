// Products of packed weights against a plain loop in double, on every kind of processor.
#include "base/halffloat.h"
#include "kernels/matmul.h"
#include "kernels/threadpool.h"
#include "kerneltargets.h"
#include "packedcopy.h"
#include "randomvalues.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace halftone;
using namespace halftone::cpu;
using namespace halftone::test;

namespace {

/// One row of x as 8 bits, by the formula of quantisedrows.h, in plain code.
std::vector<double> roundedTo8Bits(const float* x, std::int64_t columns)
{
    std::vector<double> out;
    for (std::int64_t first = 0; first < columns; first += 32) {
        float largest = 0;
        for (std::int64_t k = 0; k < 32; ++k)
            largest = std::max(largest, std::abs(x[first + k]));
        const float scale = largest / 127.0F;
        for (std::int64_t k = 0; k < 32; ++k) {
            const float steps = scale > 0 ? x[first + k] * (1.0F / scale) : 0.0F;
            out.push_back(static_cast<double>(std::nearbyint(steps)) * static_cast<double>(scale));
        }
    }
    return out;
}

struct Case
{
    WeightType type = WeightType::F32;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t count = 0;

    [[nodiscard]] std::string name() const
    {
        return std::string(weightTypeName(type)) + " [" + std::to_string(rows) + ", " +
               std::to_string(columns) + "] x " + std::to_string(count);
    }
};

constexpr std::int64_t margin = 3; // values behind each row of y that must stay
constexpr float untouched = -77;

/// y [count, rows + margin] of `count` rows of x, panels [begin, end) at a time.
std::vector<float> product(const PackedMatrix& weights, const float* x, std::int64_t count,
                           const float* bias, std::int64_t panelsAtOnce,
                           decltype(multiplyPanels)* multiply = multiplyPanels)
{
    const std::int64_t stride = weights.rows() + margin;
    std::vector<float> y(static_cast<std::size_t>(count * stride), untouched);
    QuantisedRows quantised;
    if (isQuantised(weights.type())) {
        quantised.resize(count, weights.columns());
        quantised.quantise(x, 0, count);
    }
    const Product p{.weights = weights,
                    .x = x,
                    .quantised = &quantised,
                    .count = count,
                    .bias = bias,
                    .y = y.data(),
                    .stride = stride};
    for (std::int64_t panel = 0; panel < weights.panels(); panel += panelsAtOnce)
        multiply(p, panel, std::min(weights.panels(), panel + panelsAtOnce));
    return y;
}

bool sameBits(std::span<const float> a, std::span<const float> b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// The first thing that is wrong, or nothing.
QString checked(const Case& c, bool withBias)
{
    const std::vector<float> weights = randomValues(c.rows * c.columns, 3);
    const std::vector<float> x = randomValues(c.count * c.columns, 4);
    const std::vector<float> biasValues = randomValues(c.rows, 5);
    const float* const bias = withBias ? biasValues.data() : nullptr;
    const PackedCopy copy = packed(weights, c.rows, c.type);
    const std::vector<float> y = product(copy.matrix, x.data(), c.count, bias, 1000);
    const std::int64_t stride = c.rows + margin;

    std::vector<float> row(static_cast<std::size_t>(c.columns));
    for (std::int64_t b = 0; b < c.count; ++b) {
        const float* const xs = x.data() + b * c.columns;
        std::vector<double> activations(xs, xs + c.columns);
        if (isQuantised(c.type))
            activations = roundedTo8Bits(xs, c.columns);
        for (std::int64_t r = 0; r < c.rows; ++r) {
            unpackRow(copy.matrix, r, row);
            double sum = withBias ? static_cast<double>(bias[r]) : 0;
            double magnitude = std::abs(sum);
            for (std::size_t k = 0; k < row.size(); ++k) {
                sum += static_cast<double>(row[k]) * activations[k];
                magnitude += std::abs(static_cast<double>(row[k]) * activations[k]);
            }
            const auto got = static_cast<double>(y[static_cast<std::size_t>(b * stride + r)]);
            if (!(std::abs(got - sum) <= 1e-6 * magnitude))
                return QString("row %1 of x, row %2: %3, not %4").arg(b).arg(r).arg(got).arg(sum);
        }
        for (std::int64_t r = c.rows; r < stride; ++r)
            if (y[static_cast<std::size_t>(b * stride + r)] != untouched)
                return QString("row %1 was written beyond its end").arg(b);

        const auto own = std::span(y).subspan(static_cast<std::size_t>(b * stride),
                                              static_cast<std::size_t>(stride));
        if (!sameBits(own, product(copy.matrix, xs, 1, bias, 1)))
            return QString("row %1 alone has other bits").arg(b);
    }
    for (const std::int64_t panelsAtOnce : {1, 2})
        if (!sameBits(y, product(copy.matrix, x.data(), c.count, bias, panelsAtOnce)))
            return QString("%1 panels at once give other bits").arg(panelsAtOnce);
    return {};
}

} // namespace

class TestMatmul : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyTypeAndShapeIsWhatALoopInDoubleGives_data()
    {
        QTest::addColumn<int>("type");
        for (const WeightType type : {WeightType::F32, WeightType::F16, WeightType::BF16,
                                      WeightType::Q8_0, WeightType::Q4_0})
            QTest::addRow("%s", weightTypeName(type).data()) << static_cast<int>(type);
    }
    void everyTypeAndShapeIsWhatALoopInDoubleGives()
    {
        QFETCH(int, type);
        QStringList seen;
        onEveryTarget([&](const char* target) {
            seen << target;
            for (const std::int64_t rows : {1, 15, 16, 17, 50})
                for (const std::int64_t columns : {32, 33, 96, 257, 544})
                    for (const std::int64_t count : {1, 2, 3, 7, 33}) {
                        const Case c{static_cast<WeightType>(type), rows, columns, count};
                        if (isQuantised(c.type) && columns % 32 != 0)
                            continue;
                        const QString wrong = checked(c, (rows + count) % 2 == 0);
                        QVERIFY2(
                            wrong.isEmpty(),
                            qPrintable(
                                QString("%1, %2: %3").arg(target, c.name().c_str()).arg(wrong)));
                    }
        });
        qInfo("on %s", qPrintable(seen.join(", ")));
        QVERIFY(seen.size() >= 1);
    }

    /// More rows of x than are gathered at once, and a number of them that fits no tile.
    void hundredsOfRowsOfXAreEachWhatTheyAreAlone()
    {
        for (const WeightType type : {WeightType::F32, WeightType::BF16, WeightType::Q8_0}) {
            const QString wrong = checked({type, 33, 320, 203}, true);
            QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        }
    }

    void roundedActivationsGiveWhatALoopOverRoundedOnesGives()
    {
        for (const std::int64_t rows : {1, 16, 50})
            for (const std::int64_t columns : {32, 33, 257, 544})
                for (const std::int64_t count : {1, 3, 7, 203}) {
                    const std::vector<float> weights = randomValues(rows * columns, 12);
                    const std::vector<float> x = randomValues(count * columns, 13);
                    const std::vector<float> bias = randomValues(rows, 14);
                    const PackedCopy copy = packed(weights, rows, WeightType::BF16);
                    const auto rounded = [&](const float* from, std::int64_t n,
                                             std::int64_t panelsAtOnce) {
                        return product(copy.matrix, from, n, bias.data(), panelsAtOnce,
                                       multiplyPanelsRounded);
                    };
                    const std::vector<float> y = rounded(x.data(), count, 1000);
                    QVERIFY(sameBits(y, rounded(x.data(), count, 1)));
                    const std::int64_t stride = rows + margin;
                    std::vector<float> row(static_cast<std::size_t>(columns));
                    for (std::int64_t b = 0; b < count; ++b) {
                        const float* const xs = x.data() + b * columns;
                        const std::span<const float> own(y.data() + b * stride,
                                                         static_cast<std::size_t>(stride));
                        QVERIFY(sameBits(own, rounded(xs, 1, 2)));
                        QCOMPARE(own.back(), untouched);
                        for (std::int64_t r = 0; r < rows; ++r) {
                            unpackRow(copy.matrix, r, row);
                            auto sum = static_cast<double>(bias[static_cast<std::size_t>(r)]);
                            double magnitude = std::abs(sum);
                            for (std::int64_t k = 0; k < columns; ++k) {
                                const float factor =
                                    multipliesBfloat16() ? fromBfloat16(toBfloat16(xs[k])) : xs[k];
                                const double term =
                                    static_cast<double>(row[static_cast<std::size_t>(k)]) *
                                    static_cast<double>(factor);
                                sum += term;
                                magnitude += std::abs(term);
                            }
                            QVERIFY(std::abs(static_cast<double>(own[static_cast<std::size_t>(r)]) -
                                             sum) <= 1e-6 * magnitude);
                        }
                    }
                }
    }

    void onlyBf16WeightsAreMultipliedWithRoundedActivations()
    {
        const std::vector<float> weights = randomValues(20 * 64, 15);
        const std::vector<float> x = randomValues(2 * 64, 16);
        for (const WeightType type : {WeightType::F32, WeightType::F16, WeightType::Q8_0}) {
            const PackedCopy copy = packed(weights, 20, type);
            QVERIFY(sameBits(product(copy.matrix, x.data(), 2, nullptr, 2),
                             product(copy.matrix, x.data(), 2, nullptr, 2, multiplyPanelsRounded)));
        }
    }

    void processorsWithFusedMultiplyAddsAgreeToTheBit()
    {
        const std::vector<float> weights = randomValues(40 * 544, 10);
        const std::vector<float> x = randomValues(5 * 544, 11);
        for (const WeightType type : {WeightType::F32, WeightType::F16, WeightType::BF16,
                                      WeightType::Q8_0, WeightType::Q4_0}) {
            const PackedCopy copy = packed(weights, 40, type);
            std::vector<float> first;
            onEveryTarget([&](const char* target) {
                if (QByteArrayView("SCALAR SSE2 SSE4 EMU128").contains(target))
                    return;
                const std::vector<float> y = product(copy.matrix, x.data(), 5, nullptr, 3);
                if (first.empty())
                    first = y;
                QVERIFY2(sameBits(first, y), target);
            });
        }
    }

    /// The most that integers can sum to: all weights and activations at their ends.
    void extremesOfEightAndFourBitsDoNotOverflow()
    {
        for (const WeightType type : {WeightType::Q8_0, WeightType::Q4_0})
            for (const float sign : {1.0F, -1.0F}) {
                const std::vector<float> weights(32 * 16, sign);
                const std::vector<float> x(32, 127.0F);
                const PackedCopy copy = packed(weights, 16, type);
                onEveryTarget([&](const char* target) {
                    const std::vector<float> y = product(copy.matrix, x.data(), 1, nullptr, 1);
                    QVERIFY2(std::abs(y[0] - sign * 127 * 32) < 2,
                             qPrintable(QString("%1: %2").arg(target).arg(y[0])));
                });
            }
    }

    void aValueThatIsNoNumberMakesItsRowOfYNone()
    {
        constexpr float none = std::numeric_limits<float>::quiet_NaN();
        for (const WeightType type : {WeightType::F32, WeightType::BF16, WeightType::Q8_0})
            for (const float bad : {none, std::numeric_limits<float>::infinity()}) {
                const std::vector<float> weights = randomValues(20 * 64, 6);
                std::vector<float> x = randomValues(2 * 64, 7);
                x[40] = bad;
                const PackedCopy copy = packed(weights, 20, type);
                onEveryTarget([&](const char*) {
                    const std::vector<float> y = product(copy.matrix, x.data(), 2, nullptr, 2);
                    for (std::size_t r = 0; r < 20; ++r) {
                        QVERIFY(!std::isfinite(y[r]));
                        QVERIFY(std::isfinite(y[20 + margin + r]));
                    }
                });
            }
    }

    void anyNumberOfThreadsGivesTheSameBits()
    {
        const std::vector<float> weights = randomValues(200 * 96, 8);
        const std::vector<float> x = randomValues(5 * 96, 9);
        for (const WeightType type : {WeightType::BF16, WeightType::Q4_0}) {
            const PackedCopy copy = packed(weights, 200, type);
            const std::vector<float> alone = product(copy.matrix, x.data(), 5, nullptr, 1000);
            for (const int threads : {1, 2, 3, 7}) {
                ThreadPool pool(threads);
                std::vector<float> y(alone.size(), untouched);
                QuantisedRows quantised;
                quantised.resize(5, 96);
                pool.run(5, [&](std::int64_t begin, std::int64_t end) {
                    quantised.quantise(x.data(), begin, end);
                });
                const Product p{.weights = copy.matrix,
                                .x = x.data(),
                                .quantised = &quantised,
                                .count = 5,
                                .y = y.data(),
                                .stride = 200 + margin};
                pool.run(copy.matrix.panels(), [&](std::int64_t begin, std::int64_t end) {
                    multiplyPanels(p, begin, end);
                });
                QVERIFY(sameBits(alone, y));
            }
        }
    }

    void roomForQuantisedRowsIsKept()
    {
        QuantisedRows rows;
        rows.resize(4, 64);
        const std::int8_t* const room = rows.values(0, 0);
        rows.resize(1, 64);
        rows.resize(2, 128);
        QCOMPARE(rows.values(0, 0), room);
        QCOMPARE(rows.count(), std::int64_t{2});
        QCOMPARE(rows.columns(), std::int64_t{128});
    }
};

QTEST_GUILESS_MAIN(TestMatmul)
#include "tst_matmul.moc"
