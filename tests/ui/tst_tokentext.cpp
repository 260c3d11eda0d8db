#include "models/tokentext.h"

#include <QTest>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;
using namespace std::string_literals;

class TestTokenText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void bytesAreShownAsWhatTheyAre_data();
    void bytesAreShownAsWhatTheyAre();
    void whitespaceStaysWhitespaceUnlessAsked();
    void aLineEndEndsItsRun();
    void aByteMarkIsToldFromTextThatLooksLikeOne();
    void theUnfinishedTailIsFound_data();
    void theUnfinishedTailIsFound();
    void everyByteIsShownOnceInRandomBytes();
};

void TestTokenText::bytesAreShownAsWhatTheyAre_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("shown");
    QTest::newRow("nothing") << QByteArray() << QString();
    QTest::newRow("text") << QByteArray("bern") << u"bern"_s;
    QTest::newRow("spaces") << QByteArray(" the \n\t") << u"␣the␣↵⇥"_s;
    QTest::newRow("carriage return") << QByteArray("\r\n") << u"␍↵"_s;
    QTest::newRow("umlaut, CJK, emoji") << QByteArray("ü漢😀") << u"ü漢😀"_s;
    QTest::newRow("half an emoji") << QByteArray("\xF0\x9F") << u"<0xF0><0x9F>"_s;
    QTest::newRow("other half") << QByteArray("\x98\x80!") << u"<0x98><0x80>!"_s;
    QTest::newRow("lone continuation") << QByteArray("a\x80") << u"a<0x80>"_s;
    QTest::newRow("overlong slash") << QByteArray("\xC0\xAF") << u"<0xC0><0xAF>"_s;
    QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << u"<0xED><0xA0><0x80>"_s;
    QTest::newRow("beyond Unicode")
        << QByteArray("\xF4\x90\x80\x80") << u"<0xF4><0x90><0x80><0x80>"_s;
    QTest::newRow("control") << QByteArray("\x07\x7F", 2) << u"<0x07><0x7F>"_s;
    QTest::newRow("zero byte") << QByteArray("a\0b", 3) << u"a<0x00>b"_s;
    QTest::newRow("zero-width space") << QByteArray("a\xE2\x80\x8B") << u"a<U+200B>"_s;
    QTest::newRow("replacement character of the model's own")
        << QByteArray("\xEF\xBF\xBD") << u"\uFFFD"_s;
}

void TestTokenText::bytesAreShownAsWhatTheyAre()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, shown);
    QCOMPARE(shownText(bytes.toStdString()), shown);
}

void TestTokenText::whitespaceStaysWhitespaceUnlessAsked()
{
    const std::vector<TextRun> plain = textRuns("a b\tc", Whitespace::AsIs);
    QCOMPARE(plain, (std::vector<TextRun>{{u"a b    c"_s, TextRun::Kind::Text, false}}));
    const std::vector<TextRun> visible = textRuns("a b", Whitespace::Visible);
    QCOMPARE(visible, (std::vector<TextRun>{{u"a"_s, TextRun::Kind::Text, false},
                                            {u"␣"_s, TextRun::Kind::Symbol, false},
                                            {u"b"_s, TextRun::Kind::Text, false}}));
}

void TestTokenText::aLineEndEndsItsRun()
{
    const std::vector<TextRun> plain = textRuns("a\n\nb", Whitespace::AsIs);
    QCOMPARE(plain, (std::vector<TextRun>{{u"a"_s, TextRun::Kind::Text, true},
                                          {QString(), TextRun::Kind::Text, true},
                                          {u"b"_s, TextRun::Kind::Text, false}}));
    const std::vector<TextRun> visible = textRuns("\n", Whitespace::Visible);
    QCOMPARE(visible, (std::vector<TextRun>{{u"↵"_s, TextRun::Kind::Symbol, true}}));
}

void TestTokenText::aByteMarkIsToldFromTextThatLooksLikeOne()
{
    QCOMPARE(textRuns("<0x41>", Whitespace::Visible).front().kind, TextRun::Kind::Text);
    QCOMPARE(textRuns("\xFF", Whitespace::Visible).front().kind, TextRun::Kind::Byte);
}

void TestTokenText::theUnfinishedTailIsFound_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("tail");
    QTest::newRow("empty") << QByteArray() << 0;
    QTest::newRow("ascii") << QByteArray("abc") << 0;
    QTest::newRow("whole") << QByteArray("a漢") << 0;
    QTest::newRow("one of two") << QByteArray("a\xC3") << 1;
    QTest::newRow("two of three") << QByteArray("a\xE2\x82") << 2;
    QTest::newRow("three of four") << QByteArray("\xF0\x9F\x98") << 3;
    QTest::newRow("never valid") << QByteArray("a\xFF") << 0;
    QTest::newRow("lone continuations") << QByteArray("\x80\x80\x80") << 0;
    QTest::newRow("lead that its follower contradicts") << QByteArray("\xE0\x80") << 0;
}

void TestTokenText::theUnfinishedTailIsFound()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, tail);
    QCOMPARE(unfinishedTail(bytes.toStdString()), static_cast<std::size_t>(tail));
}

void TestTokenText::everyByteIsShownOnceInRandomBytes()
{
    // What is shown can be read back to the same bytes, so nothing is lost or made up. Bytes from
    // 0x21 on, and none of those that a mark is made of.
    quint32 state = 12345;
    for (int round = 0; round < 2000; ++round) {
        std::string bytes;
        for (int i = 0; i < 12; ++i) {
            state = state * 1664525U + 1013904223U;
            const auto byte = static_cast<char>(0x21 + (state >> 8) % (0x100 - 0x21));
            if (byte != '<' && byte != '\x7F')
                bytes += byte;
        }
        std::string back;
        for (const TextRun& run : textRuns(bytes, Whitespace::AsIs)) {
            if (run.kind == TextRun::Kind::Byte)
                for (qsizetype i = 0; i < run.text.size(); i += 6)
                    back += static_cast<char>(run.text.mid(i + 3, 2).toInt(nullptr, 16));
            else
                back += run.text.toStdString();
        }
        QCOMPARE(back, bytes);
    }
}

QTEST_GUILESS_MAIN(TestTokenText)
#include "tst_tokentext.moc"
