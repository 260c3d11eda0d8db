#include "trace/tokentable.h"

#include <QTest>

using namespace halftone;

class tst_TokenTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void givesTheBytesOfAnId();
    void readsAnIdOutsideByItsNumber();
    void numbersTheTokensOfAModelWithoutATokenizer();
};

void tst_TokenTable::givesTheBytesOfAnId()
{
    const TokenTable table({"a", "\xc3", ""}, " ");
    QCOMPARE(table.size(), 3U);
    QCOMPARE(table.piece(TokenId{0}), std::string("a"));
    QCOMPARE(table.piece(TokenId{1}), std::string("\xc3"));
    QCOMPARE(table.piece(TokenId{2}), std::string());
    QCOMPARE(table.joiner(), std::string_view(" "));
}

void tst_TokenTable::readsAnIdOutsideByItsNumber()
{
    const TokenTable table({"a"}, "");
    QCOMPARE(table.piece(TokenId{1}), std::string("[1]"));
    QCOMPARE(table.piece(TokenId{-1}), std::string("[-1]"));
}

void tst_TokenTable::numbersTheTokensOfAModelWithoutATokenizer()
{
    const auto table = TokenTable::numbered(12);
    QCOMPARE(table->size(), 12U);
    QCOMPARE(table->piece(TokenId{11}), std::string("[11]"));
    QVERIFY(!table->joiner().empty());
}

QTEST_GUILESS_MAIN(tst_TokenTable)
#include "tst_tokentable.moc"
