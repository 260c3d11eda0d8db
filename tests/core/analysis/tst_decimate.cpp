#include "analysis/decimate.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>

using namespace halftone;

namespace {

constexpr double gap = std::numeric_limits<double>::quiet_NaN();

std::vector<std::pair<double, double>> pairs(const std::vector<SeriesPoint>& points)
{
    std::vector<std::pair<double, double>> list;
    for (const SeriesPoint& point : points)
        list.emplace_back(point.x, point.y);
    return list;
}

using Pairs = std::vector<std::pair<double, double>>;

} // namespace

class DecimateTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void shortRangesComeBackWhole()
    {
        const std::vector<double> values{3, 1, gap, 2};
        QCOMPARE(pairs(decimate(values, 10, 0, 4, 2)), (Pairs{{10, 3}, {11, 1}, {13, 2}}));
        QCOMPARE(pairs(decimate(values, 0, 1, 2, 100)), (Pairs{{1, 1}}));
    }

    void everyColumnKeepsItsLeastAndGreatest()
    {
        //                               column 0     | column 1
        const std::vector<double> values{0, 5, -1, 2, 7, 7, 6, 8};
        QCOMPARE(pairs(decimate(values, 0, 0, 8, 2)), (Pairs{{1, 5}, {2, -1}, {6, 6}, {7, 8}}));
    }

    void aColumnOfEqualValuesIsOnePoint()
    {
        const std::vector<double> values(9, 4.0);
        QCOMPARE(pairs(decimate(values, 0, 0, 9, 3)), (Pairs{{0, 4}, {3, 4}, {6, 4}}));
    }

    void aColumnOfNansIsNoPoint()
    {
        const std::vector<double> values{gap, gap, gap, 1, gap, 2};
        QCOMPARE(pairs(decimate(values, 0, 0, 6, 2)), (Pairs{{3, 1}, {5, 2}}));
    }

    void nothingGivesNothing()
    {
        const std::vector<double> values{1, 2, 3};
        QVERIFY(decimate({}, 0, 0, 0, 5).empty());
        QVERIFY(decimate(values, 0, 2, 2, 5).empty());
        QVERIFY(decimate(values, 0, 3, 1, 5).empty());
        QVERIFY(decimate(values, 0, 0, 3, 0).empty());
    }

    void aRangeEndsWithTheValues()
    {
        const std::vector<double> values{1, 2, 3};
        QCOMPARE(pairs(decimate(values, 0, 1, 1000, 5)), (Pairs{{1, 2}, {2, 3}}));
    }

    void noPeakIsLostAndOrderIsKept_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("columns");
        QTest::newRow("many a column") << 10'000 << 300;
        QTest::newRow("not a multiple") << 1'003 << 100;
        QTest::newRow("one column") << 1'000 << 1;
        QTest::newRow("barely reduced") << 201 << 100;
    }
    void noPeakIsLostAndOrderIsKept()
    {
        QFETCH(int, count);
        QFETCH(int, columns);
        std::mt19937 random(7);
        std::vector<double> values;
        for (int i = 0; i < count; ++i)
            values.push_back(static_cast<double>(random() % 1000));
        const auto size = values.size();
        const auto width = static_cast<std::size_t>(columns);
        const auto points = decimate(values, 0, 0, size, width);
        QVERIFY(points.size() <= 2 * width);
        std::set<std::pair<double, double>> kept;
        for (std::size_t i = 0; i < points.size(); ++i) {
            QVERIFY(i == 0 || points[i - 1].x < points[i].x);
            QCOMPARE(points[i].y, values[static_cast<std::size_t>(points[i].x)]);
            kept.emplace(points[i].x, points[i].y);
        }
        // Independently: the extremes of every column's indices are among the points.
        for (std::size_t column = 0; column < width; ++column) {
            double least = std::numeric_limits<double>::infinity();
            double greatest = -least;
            double keptLeast = least;
            double keptGreatest = greatest;
            for (std::size_t i = size * column / width; i < size * (column + 1) / width; ++i) {
                least = std::fmin(least, values[i]);
                greatest = std::fmax(greatest, values[i]);
                if (kept.contains({static_cast<double>(i), values[i]})) {
                    keptLeast = std::fmin(keptLeast, values[i]);
                    keptGreatest = std::fmax(keptGreatest, values[i]);
                }
            }
            QCOMPARE(keptLeast, least);
            QCOMPARE(keptGreatest, greatest);
        }
    }
};

QTEST_GUILESS_MAIN(DecimateTest)
#include "tst_decimate.moc"
