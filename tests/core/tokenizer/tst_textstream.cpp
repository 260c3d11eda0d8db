#include "tokenizer/textstream.h"

#include <QTest>

#include <random>

using namespace halftone;

class TextStreamTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void bytesReadAsText_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("text");
        const auto row = [](const char* name, const QByteArray& bytes, const QByteArray& text) {
            QTest::newRow(name) << bytes << text;
        };
        row("nothing", "", "");
        row("ascii", "Hello\n", "Hello\n");
        row("two to four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x99",
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x99");
        row("a byte that begins nothing",
            "a\xff"
            "b",
            "a<0xFF>b");
        row("a continuation by itself", "\x80", "<0x80>");
        row("a character that is broken off by another",
            "\xe2\x82"
            "a",
            "<0xE2><0x82>a");
        row("a character that the end breaks off", "a\xf0\x9f\xa6", "a<0xF0><0x9F><0xA6>");
        row("an overlong slash", "\xc0\xaf", "<0xC0><0xAF>");
        row("an overlong euro", "\xf0\x82\x82\xac", "<0xF0><0x82><0x82><0xAC>");
        row("a surrogate", "\xed\xa0\x80", "<0xED><0xA0><0x80>");
        row("the last code point", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
        row("the one after it", "\xf4\x90\x80\x80", "<0xF4><0x90><0x80><0x80>");
        row("a zero byte", QByteArray("a\0b", 3), QByteArray("a\0b", 3));
    }

    void bytesReadAsText()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, text);
        QCOMPARE(QByteArray::fromStdString(showBytes(bytes.toStdString())), text);
    }

    void everyWayToCutATextGivesTheSameText_data() { bytesReadAsText_data(); }

    void everyWayToCutATextGivesTheSameText()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, text);
        QVERIFY(bytes.size() < 12);
        const std::string all = bytes.toStdString();
        // Bit i of `cuts`: the text is cut after byte i.
        for (unsigned cuts = 0; cuts < (1U << bytes.size()); ++cuts) {
            TextStream stream;
            std::string shown;
            std::string chunk;
            for (std::size_t i = 0; i < all.size(); ++i) {
                chunk += all[i];
                if (cuts & (1U << i)) {
                    shown += stream.push(chunk);
                    chunk.clear();
                }
            }
            shown += stream.push(chunk);
            shown += stream.flush();
            QCOMPARE(QByteArray::fromStdString(shown), text);
        }
    }

    void everyChunkIsWholeCharacters()
    {
        std::mt19937 random(7);
        for (int round = 0; round < 200; ++round) {
            std::string bytes;
            for (int i = 0; i < 40; ++i) {
                const auto pick = random() % 4;
                bytes += pick == 0   ? "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"
                         : pick == 1 ? "\xe6\xbc\xa2"
                         : pick == 2 ? std::string(1, static_cast<char>(random() % 256))
                                     : "x";
            }
            TextStream stream;
            for (const char byte : bytes) {
                const QByteArray chunk =
                    QByteArray::fromStdString(stream.push(std::string(1, byte)));
                QCOMPARE(QString::fromUtf8(chunk).toUtf8(), chunk);
                QVERIFY(!QString::fromUtf8(chunk).contains(QChar::ReplacementCharacter));
            }
        }
    }

    void whatIsHeldBackComesWithWhatCompletesIt()
    {
        TextStream stream;
        QCOMPARE(stream.push("a\xe2\x82"), std::string("a"));
        QCOMPARE(stream.push("\xac"), std::string("\xe2\x82\xac"));
        QCOMPARE(stream.flush(), std::string());
    }

    void afterAFlushTheStreamStartsAnew()
    {
        TextStream stream;
        QCOMPARE(stream.push("\xc3"), std::string());
        QCOMPARE(stream.flush(), std::string("<0xC3>"));
        QCOMPARE(stream.push("\xa9"), std::string("<0xA9>"));
    }
};

QTEST_GUILESS_MAIN(TextStreamTest)
#include "tst_textstream.moc"
