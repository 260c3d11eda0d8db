// Real tokenizers: the ids that other programs gave, and random texts there and back.
#include "qverifyresult.h"
#include "shareddata.h"
#include "snippets.h"

#include <QFile>
#include <QJsonArray>
#include <QTest>

#include <random>

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

/// Text of all planes and kinds, with bytes among it that are none; seeded.
class RandomText
{
public:
    explicit RandomText(std::uint32_t seed)
        : m_random(seed)
    {
    }

    struct Part
    {
        QByteArray bytes;
        bool valid;
    };

    /// Alternately valid and not, beginning with either. The character that Metaspace writes for a
    /// space is left out: it cannot come back.
    std::vector<Part> parts()
    {
        std::vector<Part> parts;
        bool valid = pick(2) == 0;
        for (std::uint32_t n = 1 + pick(4); n > 0; --n, valid = !valid)
            parts.push_back({valid ? text().toUtf8() : wrongBytes(), valid});
        return parts;
    }

private:
    std::uint32_t pick(std::uint32_t count)
    {
        return static_cast<std::uint32_t>(m_random() % count);
    }

    QString text()
    {
        QString text;
        for (std::uint32_t n = 1 + pick(20); n > 0; --n)
            text += unit();
        return text;
    }

    QString unit()
    {
        switch (pick(9)) {
        case 0:
            return QStringLiteral("the ");
        case 1:
            return QString(static_cast<int>(1 + pick(4)), u' ');
        case 2:
            return QString(QChar(u" \n\t\r\u00a0\u3000\u2028\u0085"[pick(8)]));
        case 3:
            return code(0x20 + pick(0x60));
        case 4: // a letter with marks
            return code(0x61 + pick(26)) + code(0x300 + pick(0x50)) + code(0x300 + pick(0x50));
        case 5:
            return code(0x4e00 + pick(0x5000));
        case 6: // a family of emoji
            return code(0x1f468) + code(0x200d) + code(0x1f469) + code(0x1f3fb + pick(5));
        case 7:
            return code(0xac00 + pick(11172));
        default:
            return anyCode();
        }
    }

    /// Any character that Unicode had in version 10, so that no library knows more than another.
    QString anyCode()
    {
        for (;;) {
            const std::uint32_t point = pick(2) == 0 ? pick(0x10000) : pick(0x110000);
            const QChar::UnicodeVersion version = QChar::unicodeVersion(point);
            if (point != 0x2581 && !QChar::isSurrogate(point) &&
                version != QChar::Unicode_Unassigned && version <= QChar::Unicode_10_0)
                return code(point);
        }
    }

    static QString code(std::uint32_t point)
    {
        const char32_t character = point;
        return QString::fromUcs4(&character, 1);
    }

    /// Bytes that no text after them can complete.
    QByteArray wrongBytes()
    {
        static const std::array<QByteArray, 8> kinds = {"\xff",     "\x80\x80",     "\xc3",
                                                        "\xe2\x82", "\xf0\x9f\xa6", "\xed\xa0\x80",
                                                        "\xc0\xaf", "\xfe\xfe"};
        return kinds[pick(8)];
    }

    std::mt19937 m_random;
};

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
        QTest::newRow("gpt-2 with spaces added")
            << QByteArray("models/tiny-gpt2") << QByteArray("gpt-2");
        QTest::newRow("qwen2") << QByteArray("tokenizers/qwen2.5") << QByteArray("qwen2");
        QTest::newRow("deepseek-r1-qwen")
            << QByteArray("tokenizers/qwen2.5") << QByteArray("deepseek-r1-qwen");
        QTest::newRow("phi-3") << QByteArray("tokenizers/phi-3") << QByteArray("phi-3");
    }

    void idsEqualThePublishedOnes()
    {
        QFETCH(QByteArray, tokenizer);
        QFETCH(QByteArray, golden);
        const std::filesystem::path goldens = SHARED_DATA("tokenizers/goldens");
        const auto loaded = Tokenizer::load(shared(tokenizer + "/tokenizer.json"));
        QVERIFY_RESULT(loaded);

        const QString input =
            QString::fromUtf8(contents(goldens / (golden + ".inp").toStdString()));
        const QList<QByteArray> lines =
            contents(goldens / (golden + ".out").toStdString()).split('\n');
        QStringList texts = input.split(QStringLiteral("\n__ggml_vocab_test__\n"));
        texts.removeLast(); // nothing, after the last separator
        QVERIFY(texts.size() > 40);
        QCOMPARE(lines.size(), texts.size() + 1);
        for (qsizetype i = 0; i < texts.size(); ++i) {
            // This one has names for runs of spaces and tabs, which the published ids have not.
            if (tokenizer.endsWith("tiny-gpt2") &&
                (texts[i].contains(QStringLiteral("  ")) || texts[i].contains(QLatin1Char('\t'))))
                continue;
            const std::string text = texts[i].toStdString();
            QCOMPARE(shown(idsOf(**loaded, text)), lines[i].trimmed());
        }
    }

    void runsOfSpacesHaveTokensOfTheirOwn()
    {
        const std::filesystem::path path = SHARED_DATA("models/tiny-gpt2");
        const auto tokenizer = Tokenizer::load(path / "tokenizer.json");
        QVERIFY_RESULT(tokenizer);
        // 50257 is 31 spaces, 50285 three, 50294 two tabs; the words are GPT-2's own.
        QCOMPARE(shown(idsOf(**tokenizer, std::string(31, ' ') + "\t\t")),
                 QByteArray("50257 50294"));
        QCOMPARE(shown(idsOf(**tokenizer, "Hello   world")), QByteArray("15496 50285 6894"));
    }

    void idsEqualThoseTheModelsWereCheckedWith_data()
    {
        QTest::addColumn<QByteArray>("model");
        for (const char* model : {"stories260k", "starter", "starter-soft"})
            QTest::newRow(model) << QByteArray(model);
    }

    void idsEqualThoseTheModelsWereCheckedWith()
    {
        QFETCH(QByteArray, model);
        const std::filesystem::path models = SHARED_DATA("models");
        const std::filesystem::path folder = models / model.toStdString();
        const auto tokenizer = Tokenizer::load(folder / "tokenizer.json");
        QVERIFY_RESULT(tokenizer);
        const QJsonArray cases = QJsonDocument::fromJson(contents(folder / "golden_logits.json"))
                                     .object()[QStringLiteral("cases")]
                                     .toArray();
        QVERIFY(!cases.isEmpty());
        for (const QJsonValue& entry : cases) {
            std::vector<std::int32_t> expected;
            for (const QJsonValue& id : entry[QStringLiteral("ids")].toArray())
                expected.push_back(id.toInt());
            const std::string text = entry[QStringLiteral("text")].toString().toStdString();
            const std::vector<std::int32_t> ids = idsOf(**tokenizer, text, SpecialTokens::Add);
            QCOMPARE(shown(ids), shown(expected));
            QCOMPARE(decoded(**tokenizer, idsOf(**tokenizer, text)), text);
        }
    }

    void theStarterReadsItsWords()
    {
        for (const char* folder : {"starter", "starter-soft"}) {
            const std::filesystem::path path = SHARED_DATA("models");
            const auto tokenizer = Tokenizer::load(path / folder / "tokenizer.json");
            QVERIFY_RESULT(tokenizer);
            const auto think = (*tokenizer)->idOf("<think>");
            QVERIFY(think && (*tokenizer)->isSpecial(*think));
            const std::vector<std::int32_t> ids =
                idsOf(**tokenizer, "<think> </think>nonsense", SpecialTokens::Add);
            QCOMPARE(shown(ids), QByteArray("1 3 4 5"));
            QCOMPARE(decoded(**tokenizer, ids), std::string("<s> <think> </think> <unk>"));
        }
    }

    void anyBytesComeBack_data()
    {
        QTest::addColumn<QByteArray>("tokenizer");
        QTest::addColumn<bool>("composes");
        QTest::newRow("gpt-2") << QByteArray("tokenizers/gpt2") << false;
        QTest::newRow("tiny-gpt2") << QByteArray("models/tiny-gpt2") << false;
        QTest::newRow("qwen2.5") << QByteArray("tokenizers/qwen2.5") << true;
        QTest::newRow("phi-3") << QByteArray("tokenizers/phi-3") << false;
        QTest::newRow("stories260k") << QByteArray("models/stories260k") << false;
    }

    void anyBytesComeBack()
    {
        QFETCH(QByteArray, tokenizer);
        QFETCH(bool, composes);
        const std::filesystem::path goldens = SHARED_DATA("tokenizers/goldens");
        const auto loaded = Tokenizer::load(shared(tokenizer + "/tokenizer.json"));
        QVERIFY_RESULT(loaded);
        RandomText random(29);
        for (int round = 0; round < 500; ++round) {
            QByteArray text;
            QByteArray expected;
            for (const RandomText::Part& part : random.parts()) {
                text += part.bytes;
                // Qt's own composition is the reference for NFC.
                expected += part.valid && composes ? QString::fromUtf8(part.bytes)
                                                         .normalized(QString::NormalizationForm_C)
                                                         .toUtf8()
                                                   : part.bytes;
            }
            const auto ids = (*loaded)->encode(text.toStdString(), SpecialTokens::Omit);
            QVERIFY_RESULT(ids);
            QCOMPARE(QByteArray::fromStdString((*loaded)->decode(*ids)).toHex(' '),
                     expected.toHex(' '));
        }
    }
};

QTEST_GUILESS_MAIN(GoldenTokenizersTest)
#include "tst_goldentokenizers.moc"
