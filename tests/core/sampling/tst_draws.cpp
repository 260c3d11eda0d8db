// The distributions that noises are drawn from, by their moments and by chi-square. Seeds are
// fixed, so a test that passes always passes; the bounds are what chance exceeds once in a thousand
// runs.
#include "sampling/draws.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

using namespace halftone;

namespace {

constexpr int count = 100'000;

std::vector<double> drawn(std::uint64_t seed, const std::function<double(StepRng&)>& draw)
{
    StepRng rng({seed, 0, 0});
    std::vector<double> values;
    for (int i = 0; i < count; ++i)
        values.push_back(draw(rng));
    return values;
}

double mean(const std::vector<double>& values)
{
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

double variance(const std::vector<double>& values)
{
    const double m = mean(values);
    double sum = 0;
    for (const double value : values)
        sum += (value - m) * (value - m);
    return sum / static_cast<double>(values.size());
}

/// Within 3.3 standard errors of the mean of `count` draws.
bool hasMean(const std::vector<double>& values, double expected, double variance)
{
    return std::abs(mean(values) - expected) < 3.3 * std::sqrt(variance / count);
}

/// Chi-square over 20 bins that are equally probable under the distribution function `cdf`.
double chiSquare(const std::vector<double>& values, const std::function<double(double)>& cdf)
{
    std::array<int, 20> bins{};
    for (const double value : values)
        ++bins[std::min<std::size_t>(19, static_cast<std::size_t>(20 * cdf(value)))];
    double sum = 0;
    for (const int bin : bins)
        sum += std::pow(bin - count / 20.0, 2) / (count / 20.0);
    return sum;
}

constexpr double criticalAt19 = 43.82; // chi-square, 19 degrees of freedom, 0.001

/// The regularised lower incomplete gamma function, by its series.
double gammaCdf(double shape, double x)
{
    double term = 1 / shape;
    double sum = term;
    for (int n = 1; n < 500; ++n) {
        term *= x / (shape + n);
        sum += term;
    }
    return sum * std::exp(shape * std::log(x) - x - std::lgamma(shape));
}

} // namespace

class tst_Draws : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void normalDrawsAreNormal();
    void gumbelDrawsAreGumbel();
    void gammaDrawsAreGamma_data();
    void gammaDrawsAreGamma();
    void gammaDrawsOfATinyShapeHaveALogarithm();
    void addsTheSameNoiseForTheSameKey();
    void addsNoiseOfTheScale();
};

void tst_Draws::normalDrawsAreNormal()
{
    const auto values = drawn(1, normalDraw);
    QVERIFY(hasMean(values, 0, 1));
    QVERIFY(std::abs(variance(values) - 1) < 3.3 * std::sqrt(2.0 / count));
    QVERIFY(chiSquare(values, [](double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }) <
            criticalAt19);
}

void tst_Draws::gumbelDrawsAreGumbel()
{
    const auto values = drawn(2, gumbelDraw);
    const double expectedVariance = std::numbers::pi * std::numbers::pi / 6;
    QVERIFY(hasMean(values, std::numbers::egamma, expectedVariance));
    // The fourth central moment of a Gumbel variable is 5.4 times its squared variance.
    QVERIFY(std::abs(variance(values) - expectedVariance) <
            3.3 * expectedVariance * std::sqrt(4.4 / count));
    QVERIFY(chiSquare(values, [](double x) { return std::exp(-std::exp(-x)); }) < criticalAt19);
}

void tst_Draws::gammaDrawsAreGamma_data()
{
    QTest::addColumn<double>("shape");
    for (const double shape : {0.02, 0.3, 1.0, 1.7, 4.0, 40.0})
        QTest::addRow("shape %g", shape) << shape;
}

void tst_Draws::gammaDrawsAreGamma()
{
    QFETCH(double, shape);
    auto values = drawn(3, [shape](StepRng& rng) { return std::exp(logGammaDraw(rng, shape)); });
    QVERIFY(hasMean(values, shape, shape));
    // Excess kurtosis 6 / shape.
    QVERIFY(std::abs(variance(values) - shape) < 3.3 * shape * std::sqrt((2 + 6 / shape) / count));
    QVERIFY(chiSquare(values, [shape](double x) { return gammaCdf(shape, x); }) < criticalAt19);
}

void tst_Draws::gammaDrawsOfATinyShapeHaveALogarithm()
{
    // As numbers they would be 0 in most draws. E[ln g] = digamma(shape), about -1 / shape.
    constexpr double shape = 1e-6;
    const auto values = drawn(4, [](StepRng& rng) { return logGammaDraw(rng, shape); });
    QVERIFY(std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); }));
    QVERIFY(std::abs(mean(values) * shape + 1) < 3.3 / std::sqrt(count));
}

void tst_Draws::addsTheSameNoiseForTheSameKey()
{
    std::vector<float> first(64, 1);
    std::vector<float> again(64, 1);
    std::vector<float> other(64, 1);
    addNormalNoise({7, 3, 1}, 0.5F, first);
    addNormalNoise({7, 3, 1}, 0.5F, again);
    addNormalNoise({7, 4, 1}, 0.5F, other);
    QCOMPARE(first, again);
    QVERIFY(first != other);
}

void tst_Draws::addsNoiseOfTheScale()
{
    std::vector<float> x(count, 2);
    addNormalNoise({8, 0, 1}, 0.25F, x);
    std::vector<double> noise;
    for (const float value : x)
        noise.push_back((value - 2) / 0.25);
    QVERIFY(hasMean(noise, 0, 1));
    QVERIFY(std::abs(variance(noise) - 1) < 3.3 * std::sqrt(2.0 / count));

    std::vector<float> unchanged(8, 2);
    addNormalNoise({8, 0, 1}, 0, unchanged);
    QCOMPARE(unchanged, std::vector<float>(8, 2));
}

QTEST_GUILESS_MAIN(tst_Draws)
#include "tst_draws.moc"
