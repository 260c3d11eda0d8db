#include "exchange/jsonarray.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <limits>
#include <sstream>
#include <vector>

using namespace halftone;

class JsonArrayTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aVectorIsOneLine()
    {
        QCOMPARE(written({1.0F, -2.5F, 0.1F}, {3}), QByteArray("[1.0,-2.5,0.1]\n"));
        QCOMPARE(written({}, {0}), QByteArray("[]\n"));
    }

    void aMatrixHasALineARow()
    {
        QCOMPARE(written({1, 2, 3, 4, 5, 6}, {2, 3}),
                 QByteArray("[[1.0,2.0,3.0],\n[4.0,5.0,6.0]]\n"));
    }

    void numbersComeBackAsTheyWere()
    {
        const std::vector<float> values{3.4028235e38F, 1e-45F, 0.33333334F, -0.0F};
        const QJsonArray read = QJsonDocument::fromJson(written(values, {4})).array();
        for (std::size_t i = 0; i < values.size(); ++i)
            QCOMPARE(static_cast<float>(read[static_cast<qsizetype>(i)].toDouble()), values[i]);
    }

    void whatIsNoNumberIsNull()
    {
        const float infinity = std::numeric_limits<float>::infinity();
        QCOMPARE(written({infinity, -infinity, infinity - infinity}, {3}),
                 QByteArray("[null,null,null]\n"));
    }

private:
    static QByteArray written(const std::vector<float>& values,
                              const std::vector<std::int64_t>& shape)
    {
        std::ostringstream out;
        writeJsonArray(out, values, shape);
        return QByteArray::fromStdString(out.str());
    }
};

QTEST_GUILESS_MAIN(JsonArrayTest)
#include "tst_jsonarray.moc"
