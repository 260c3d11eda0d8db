#include "base/ids.h"

#include <QTest>

#include <type_traits>
#include <unordered_set>

using namespace halftone;

class tst_Ids : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void passForNoOtherId();
    void compareByTheirNumber();
    void hashByTheirNumber();
};

void tst_Ids::passForNoOtherId()
{
    static_assert(!std::is_convertible_v<int, TokenId>);
    static_assert(!std::is_convertible_v<TokenId, int>);
    static_assert(!std::is_constructible_v<StepIndex, Position>);
    static_assert(!std::is_same_v<RunId, SessionId>);
    QCOMPARE(TokenId{}.value, 0);
}

void tst_Ids::compareByTheirNumber()
{
    QVERIFY(TokenId{1} < TokenId{2});
    QVERIFY(TokenId{2} == TokenId{2});
    QCOMPARE(StepIndex{7}.index(), 7U);
}

void tst_Ids::hashByTheirNumber()
{
    const std::unordered_set<TokenId> ids{TokenId{1}, TokenId{2}, TokenId{1}};
    QCOMPARE(ids.size(), 2U);
    QVERIFY(ids.contains(TokenId{2}));
}

QTEST_GUILESS_MAIN(tst_Ids)
#include "tst_ids.moc"
