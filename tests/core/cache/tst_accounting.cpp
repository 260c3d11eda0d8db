#include "cache/accounting.h"

#include <QTest>

using namespace halftone;

namespace {

CacheShape evenShape(std::size_t layers, int kvHeads, int headDim, int bytes, int window = 0)
{
    CacheShape shape;
    shape.layers.assign(
        layers,
        {.kvHeads = kvHeads, .headDim = headDim, .bytesPerElement = bytes, .window = window});
    shape.contextLimit = 4096;
    return shape;
}

} // namespace

class TestAccounting : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void publishedSizesComeOut_data()
    {
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<int>("bytes");
        QTest::addColumn<qint64>("perRow");
        QTest::newRow("Llama 3.1 70B, f16") << 80 << 8 << 2 << qint64{327'680};
        QTest::newRow("Qwen3 8B, f16") << 36 << 8 << 2 << qint64{147'456};
        QTest::newRow("Qwen3 8B, f32") << 36 << 8 << 4 << qint64{294'912};
    }
    void publishedSizesComeOut()
    {
        QFETCH(const int, layers);
        QFETCH(const int, kvHeads);
        QFETCH(const int, bytes);
        const CacheShape shape = evenShape(static_cast<std::size_t>(layers), kvHeads, 128, bytes);
        QTEST(qint64{shape.bytesPerRow()}, "perRow");
        const CacheUsage usage = cacheUsage(shape, 1'000'000, 1'000'000);
        QCOMPARE(usage.logical, shape.bytesPerRow() * 1'000'000);
    }

    void aWindowBoundsWhatIsLiveAndNothingElse()
    {
        const CacheLayerShape layer{
            .kvHeads = 2, .headDim = 8, .bytesPerElement = 4, .window = 100};
        const std::int64_t row = 2 * 2 * 8 * 4; // keys and values
        QCOMPARE(layer.bytesPerRow(), row);
        QVERIFY(layerUsage(layer, 0, 256) == (CacheUsage{0, 0, 0, 256 * row}));
        QVERIFY(layerUsage(layer, 99, 256) == (CacheUsage{99, 99 * row, 99 * row, 256 * row}));
        QVERIFY(layerUsage(layer, 100, 256) == (CacheUsage{100, 100 * row, 100 * row, 256 * row}));
        QVERIFY(layerUsage(layer, 101, 256) == (CacheUsage{101, 101 * row, 100 * row, 256 * row}));
    }

    void layersOfDifferentShapesAddUp()
    {
        CacheShape shape = evenShape(2, 2, 8, 4);
        shape.layers[1] = {.kvHeads = 1, .headDim = 16, .bytesPerElement = 2, .window = 10};
        const std::int64_t first = 2 * 2 * 8 * 4;
        const std::int64_t second = 2 * 1 * 16 * 2;
        QCOMPARE(shape.bytesPerRow(), first + second);
        QVERIFY(cacheUsage(shape, 30, 64) ==
                (CacheUsage{30, 30 * (first + second), 30 * first + 10 * second,
                            64 * (first + second)}));
    }
};

QTEST_GUILESS_MAIN(TestAccounting)
#include "tst_accounting.moc"
