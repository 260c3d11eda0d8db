#include "analysis/blockpyramid.h"

#include "base/rng.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace halftone;

namespace {

constexpr std::size_t rows = 3;
constexpr float nothing = std::numeric_limits<float>::quiet_NaN();

/// Numbers that add up exactly in float, so that order does not matter.
std::vector<float> someColumns(std::size_t count)
{
    StepRng rng({1, 2, 3});
    std::vector<float> values(count * rows);
    for (float& value : values)
        value = static_cast<float>(rng.bits() % 64) / 64;
    return values;
}

} // namespace

class TestBlockPyramid : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyBlockIsReducedFromItsColumns_data()
    {
        QTest::addColumn<bool>("greatest");
        QTest::addColumn<std::size_t>("columns");
        QTest::addColumn<std::size_t>("piece"); // appended at once
        for (const bool greatest : {true, false})
            for (const std::size_t columns : {1U, 2U, 3U, 8U, 9U, 100U})
                for (const std::size_t piece : {1U, 7U, 100U})
                    QTest::addRow("%s of %zu columns in pieces of %zu",
                                  greatest ? "greatest" : "sum", columns, piece)
                        << greatest << columns << piece;
    }

    void everyBlockIsReducedFromItsColumns()
    {
        QFETCH(bool, greatest);
        QFETCH(std::size_t, columns);
        QFETCH(std::size_t, piece);
        const std::vector<float> values = someColumns(columns);
        BlockPyramid pyramid(rows, greatest ? BlockPyramid::Reduction::Greatest
                                            : BlockPyramid::Reduction::Sum);
        for (std::size_t begin = 0; begin < columns; begin += piece) {
            const std::size_t end = std::min(begin + piece, columns);
            pyramid.append(std::span(values).subspan(begin * rows, (end - begin) * rows));
        }
        QCOMPARE(pyramid.columns(), columns);
        for (unsigned level = 0; level < 9; ++level) {
            const std::size_t size = std::size_t{1} << level;
            QCOMPARE(pyramid.blocks(level), (columns + size - 1) / size);
            for (std::size_t block = 0; block < pyramid.blocks(level); ++block)
                for (std::size_t row = 0; row < rows; ++row) {
                    float expected = greatest ? -1.0F : 0.0F;
                    for (std::size_t i = block * size; i < std::min(columns, (block + 1) * size);
                         ++i) {
                        const float value = values[i * rows + row];
                        expected = greatest ? std::max(expected, value) : expected + value;
                    }
                    QCOMPARE(pyramid.block(level, block)[row], expected);
                }
        }
    }

    void whatIsNotANumberCountsAsNothing()
    {
        BlockPyramid greatest(1, BlockPyramid::Reduction::Greatest);
        greatest.append(std::vector{nothing, 0.25F, nothing, nothing});
        QCOMPARE(greatest.block(1, 0)[0], 0.25F);
        QVERIFY(std::isnan(greatest.block(1, 1)[0]));
        QCOMPARE(greatest.block(2, 0)[0], 0.25F);
    }

    void partsOfColumnsAreNotTaken()
    {
        BlockPyramid pyramid(2, BlockPyramid::Reduction::Sum);
        pyramid.append(std::vector{1.0F, 2.0F, 3.0F});
        QCOMPARE(pyramid.columns(), std::size_t{1});
    }

    void anEmptyPyramidHasNoBlocks()
    {
        const BlockPyramid pyramid(2);
        QCOMPARE(pyramid.columns(), std::size_t{0});
        QCOMPARE(pyramid.blocks(0), std::size_t{0});
        QCOMPARE(pyramid.blocks(5), std::size_t{0});
    }

    void aRangeNeedsNoMoreBlocksThanAskedFor_data()
    {
        QTest::addColumn<std::size_t>("columns");
        QTest::addColumn<std::size_t>("most");
        for (const std::size_t columns : {0U, 1U, 2U, 5U, 799U, 800U, 801U, 100'000U})
            for (const std::size_t most : {1U, 2U, 3U, 800U, 4000U})
                QTest::addRow("%zu columns, %zu blocks", columns, most) << columns << most;
    }

    void aRangeNeedsNoMoreBlocksThanAskedFor()
    {
        QFETCH(std::size_t, columns);
        QFETCH(std::size_t, most);
        const unsigned level = BlockPyramid::levelFor(columns, most);
        const std::size_t size = std::size_t{1} << level;
        const std::size_t allowed = std::max<std::size_t>(most, 2); // a cut needs two
        for (std::size_t begin = 0; columns > 0 && begin < size;
             begin += std::max<std::size_t>(size / 8, 1)) {
            const std::size_t needed = (begin + columns - 1) / size - begin / size + 1;
            QVERIFY2(needed <= allowed, qPrintable(QString::number(needed)));
        }
        // And no coarser than it must be: half the block size would not do.
        if (level > 0)
            QVERIFY((columns >> (level - 1)) + 2 > allowed);
    }
};

QTEST_GUILESS_MAIN(TestBlockPyramid)
#include "tst_blockpyramid.moc"
