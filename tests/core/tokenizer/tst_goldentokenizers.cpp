// Real tokenizers against ids that other programs gave, and real texts there and back.
#include "qverifyresult.h"
#include "shareddata.h"
#include "snippets.h"

#include <QFile>
#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

std::filesystem::path shared(const QByteArray& relative)
{
    return std::filesystem::path(HALFTONE_SHARED_DATA) / relative.toStdString();
}

QByteArray contents(const std::filesystem::path& path)
{
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class GoldenTokenizersTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void idsEqualThePublishedOnes_data()
    {
        QTest::addColumn<QByteArray>("tokenizer");
        QTest::addColumn<QByteArray>("golden");
        QTest::newRow("gpt-2") << QByteArray("tokenizers/gpt2") << QByteArray("gpt-2");
        QTest::newRow("qwen2") << QByteArray("tokenizers/qwen2.5") << QByteArray("qwen2");
        QTest::newRow("deepseek-r1-qwen")
            << QByteArray("tokenizers/qwen2.5") << QByteArray("deepseek-r1-qwen");
        QTest::newRow("phi-3") << QByteArray("tokenizers/phi-3") << QByteArray("phi-3");
    }

    void idsEqualThePublishedOnes()
    {
        QFETCH(QByteArray, tokenizer);
        QFETCH(QByteArray, golden);
        SHARED_DATA("tokenizers/goldens");
        const auto loaded = Tokenizer::load(shared(tokenizer + "/tokenizer.json"));
        QVERIFY_RESULT(loaded);

        const QByteArray input = contents(shared("tokenizers/goldens/" + golden + ".inp"));
        const QByteArray output = contents(shared("tokenizers/goldens/" + golden + ".out"));
        const QString separator = QStringLiteral("\n__ggml_vocab_test__\n");
        const QStringList texts = QString::fromUtf8(input).split(separator);
        const QList<QByteArray> lines = output.split('\n');
        QVERIFY(texts.size() > 40);
        // The last separator and the last line end leave something empty behind.
        for (qsizetype i = 0; i + 1 < texts.size(); ++i) {
            const QByteArray text = texts[i].toUtf8();
            QCOMPARE(shown(idsOf(**loaded, text.toStdString())), lines[i].trimmed());
        }
        QCOMPARE(lines.size(), texts.size());
    }
};

QTEST_GUILESS_MAIN(GoldenTokenizersTest)
#include "tst_goldentokenizers.moc"
