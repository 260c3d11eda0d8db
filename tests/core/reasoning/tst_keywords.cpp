#include "reasoning/keywords_p.h"

#include <QTest>

using namespace halftone;

class tst_Keywords : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void counts_data();
    void counts();
    void readsAListAsAPersonWritesIt();
};

void tst_Keywords::counts_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("list");
    QTest::addColumn<int>("whole");
    QTest::addColumn<int>("substring");
    QTest::newRow("a word inside another")
        << QByteArray("Yesterday it rained") << QByteArray("yes") << 0 << 1;
    QTest::newRow("another inside a longer word")
        << QByteArray("anothers") << QByteArray("another") << 0 << 1;
    QTest::newRow("whatever its case")
        << QByteArray("WAIT, wait. Wait!") << QByteArray("wait") << 3 << 3;
    QTest::newRow("two words over a line break")
        << QByteArray("so hold\n on") << QByteArray("hold on") << 1 << 1;
    QTest::newRow("at both ends") << QByteArray("yes or yes") << QByteArray("yes") << 2 << 2;
    QTest::newRow("a word and its possessive")
        << QByteArray("check's") << QByteArray("check") << 0 << 1;
    QTest::newRow("a letter of another script beside it")
        << QByteArray("yes\xC3\xA9") << QByteArray("yes") << 0 << 1;
    QTest::newRow("several words")
        << QByteArray("wait, another check") << QByteArray("wait, another") << 2 << 2;
    QTest::newRow("no overlapping") << QByteArray("aaa") << QByteArray("aa") << 0 << 1;
    QTest::newRow("no text") << QByteArray("") << QByteArray("yes") << 0 << 0;
    QTest::newRow("no words") << QByteArray("yes") << QByteArray("") << 0 << 0;
}

void tst_Keywords::counts()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, list);
    const auto words = keywordList(list.toStdString());
    QTEST(countKeywords(text.toStdString(), words, WordMatch::Whole), "whole");
    QTEST(countKeywords(text.toStdString(), words, WordMatch::Substring), "substring");
}

void tst_Keywords::readsAListAsAPersonWritesIt()
{
    QCOMPARE(keywordList(" Wait,hold  on ,, yes,"),
             (std::vector<std::string>{"wait", "hold on", "yes"}));
}

QTEST_GUILESS_MAIN(tst_Keywords)
#include "tst_keywords.moc"
