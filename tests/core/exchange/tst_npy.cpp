#include "exchange/npy.h"
#include "qverifyresult.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <vector>

using namespace halftone;
using namespace Qt::StringLiterals;

class NpyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void headerAndNumbersAreNumpys_data()
    {
        QTest::addColumn<QList<qint64>>("shape");
        QTest::addColumn<QByteArray>("shapeText");
        QTest::newRow("matrix") << QList<qint64>{2, 3} << QByteArray("(2, 3)");
        QTest::newRow("vector") << QList<qint64>{6} << QByteArray("(6,)");
        QTest::newRow("three axes") << QList<qint64>{1, 6, 1} << QByteArray("(1, 6, 1)");
    }
    void headerAndNumbersAreNumpys()
    {
        QFETCH(QList<qint64>, shape);
        QFETCH(QByteArray, shapeText);
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"x.npy"_s);
        const std::vector<float> values{0.0F, 1.0F, -2.5F, 0.1F, 3.4028235e38F, 1e-45F};
        const std::vector<std::int64_t> extents(shape.begin(), shape.end());
        QVERIFY_RESULT(writeNpy(path.toStdString(), values, extents));

        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray bytes = file.readAll();
        // numpy.lib.format: magic, version 1.0, two bytes of length, a dictionary, a line feed,
        // all of it a multiple of 64 bytes.
        QCOMPARE(bytes.left(8), QByteArray("\x93NUMPY\x01\x00", 8));
        const int length = static_cast<uchar>(bytes[8]) + 256 * static_cast<uchar>(bytes[9]);
        QCOMPARE((10 + length) % 64, 0);
        const QByteArray dictionary = bytes.mid(10, length);
        QVERIFY(dictionary.endsWith('\n'));
        QCOMPARE(dictionary.trimmed(),
                 "{'descr': '<f4', 'fortran_order': False, 'shape': " + shapeText + ", }");
        QCOMPARE(bytes.mid(10 + length),
                 QByteArray(reinterpret_cast<const char*>(values.data()),
                            static_cast<int>(values.size() * sizeof(float))));
    }

    void aShapeThatDoesNotFitIsRefused()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath(u"x.npy"_s).toStdString();
        const std::vector<float> values(6);
        const auto refused = writeNpy(path, values, std::vector<std::int64_t>{2, 4});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(refused.error().message, "6 numbers do not have the shape (2, 4).");
        QVERIFY(!writeNpy(path, values, std::vector<std::int64_t>{-2, -3}));
        QVERIFY(!writeNpy(path, {}, std::vector<std::int64_t>{1LL << 62, 1LL << 62}));
        QVERIFY(!std::filesystem::exists(path));
    }
};

QTEST_GUILESS_MAIN(NpyTest)
#include "tst_npy.moc"
