// Each normaliser by itself: a WordLevel model that knows exactly the expected text.
#include "qverifyresult.h"
#include "snippets.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

class NormalizerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void textIsRewritten_data()
    {
        QTest::addColumn<QByteArray>("normalizer");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("rewritten");
        const auto row = [](const char* name, const char* json, const char16_t* text,
                            const char16_t* rewritten) {
            QTest::newRow(name) << QByteArray(json) << QString::fromUtf16(text)
                                << QString::fromUtf16(rewritten);
        };
        row("none", "null", u"e\u0301", u"e\u0301");
        row("NFC composes", R"({"type": "NFC"})", u"e\u0301", u"\u00e9");
        row("NFC orders marks", R"({"type": "NFC"})", u"a\u0301\u0323", u"\u1ea1\u0301");
        row("NFC joins Hangul", R"({"type": "NFC"})", u"\u1112\u1161\u11ab", u"\ud55c");
        row("NFC leaves ligatures", R"({"type": "NFC"})", u"\ufb01", u"\ufb01");
        row("NFC does not compose what Unicode excludes", R"({"type": "NFC"})", u"\u2126\u0958",
            u"\u03a9\u0915\u093c");
        row("NFD", R"({"type": "NFD"})", u"\u1ead", u"a\u0323\u0302");
        row("NFKC", R"({"type": "NFKC"})", u"\ufb01\u2460e\u0301", u"fi1\u00e9");
        row("NFKD", R"({"type": "NFKD"})", u"\ufb01\u00e9", u"fie\u0301");
        row("NFKD of the longest", R"({"type": "NFKD"})", u"\ufdfa",
            u"\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 "
            u"\u0639\u0644\u064a\u0647 \u0648\u0633\u0644\u0645");
        row("prepend", R"({"type": "Prepend", "prepend": "▁"})", u"a", u"▁a");
        row("replace text", R"({"type": "Replace", "pattern": {"String": "a."}, "content": "b"})",
            u"a.ab", u"bab");
        row("replace an expression",
            R"({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "$1"})", u"a   b c",
            u"a$1b c");
        row("replace with nothing",
            R"({"type": "Replace", "pattern": {"String": "x"}, "content": ""})", u"xaxx", u"a");
        row("lowercase", R"({"type": "Lowercase"})", u"ÀΣİ", u"àσi\u0307");
        row("strip", R"({"type": "Strip"})", u"\t\u3000a b \n", u"a b");
        row("strip on the left", R"({"type": "Strip", "strip_left": true, "strip_right": false})",
            u" a ", u"a ");
        row("strip on the right", R"({"type": "Strip", "strip_left": false, "strip_right": true})",
            u" a ", u" a");
        row("strip accents",
            R"({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]})",
            u"née", u"nee");
        row("Llama 2",
            R"({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]})",
            u" a b", u"▁▁a▁b");
    }

    void textIsRewritten()
    {
        QFETCH(QByteArray, normalizer);
        QFETCH(QString, text);
        QFETCH(QString, rewritten);
        const auto tokenizer =
            tokenizerOf({.model = wordModel({rewritten}), .normalizer = normalizer.toStdString()});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(piecesOf(**tokenizer, text), QStringList{rewritten});
    }

    void textThatBecomesEmptyHasNoTokens()
    {
        const auto tokenizer =
            tokenizerOf({.model = wordModel({}), .normalizer = R"({"type": "Strip"})"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "  ")), QByteArray());
    }

    void nothingIsPrependedToNothing()
    {
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral("▁")}),
                         .normalizer = R"({"type": "Prepend", "prepend": "▁"})"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "")), QByteArray());
    }

    void manyMarksInTheWrongOrderAreSortedInTime()
    {
        // 200,000 marks of class 230 before as many of class 220: all have to change places.
        const auto tokenizer =
            tokenizerOf({.model = wordModel({}),
                         .normalizer = R"({"type": "NFD"})",
                         .preTokenizer = R"({"type": "Split", "behavior": "Contiguous",
                                               "pattern": {"String": "\u0323"}})"});
        QVERIFY_RESULT(tokenizer);
        QString text = QStringLiteral("a");
        text += QString(200'000, QChar(0x301)) + QString(200'000, QChar(0x323));
        // "a", the marks below, the marks above.
        QCOMPARE(shown(idsOf(**tokenizer, text.toStdString())), QByteArray("0 0 0"));
    }
};

QTEST_GUILESS_MAIN(NormalizerTest)
#include "tst_normalizer.moc"
