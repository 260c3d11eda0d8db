// Where the weak model's paragraph ends, and what a speculative rule refuses. Who then writes is in
// tst_sessionpartner.
#include "qverifyresult.h"
#include "rulerunner.h"

#include <QTest>

#include <limits>

using namespace halftone;
using namespace halftone::test;

namespace {

/// Pieces as merged tokens have them.
const std::vector<std::string> pieces{"x", "\n", "\n\n", ".\n", "\n\nSo", " \n\n\n", "wait", "yes"};

ModeContext context()
{
    static const ModelIdentity model = [] {
        ModelIdentity identity;
        identity.vocabularySize = static_cast<std::int32_t>(pieces.size());
        identity.embeddingSize = 4;
        return identity;
    }();
    static const TokenTable tokens(pieces, "");
    return {{},
            [](std::string_view) { return Result<std::vector<TokenId>>(std::vector<TokenId>{}); },
            &model,
            &tokens};
}

std::vector<float> surelyNext(std::size_t id)
{
    std::vector<float> logits(pieces.size(), -std::numeric_limits<float>::infinity());
    logits[id] = 0;
    return logits;
}

} // namespace

class tst_Speculative : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void drafts_data();
    void drafts();
    void draftsOnceForADelimiter();
    void goesOnAsBeforeWhereADraftMayNotBeMade();
    void refuses_data();
    void refuses();
};

void tst_Speculative::drafts_data()
{
    QTest::addColumn<QList<int>>("written");
    QTest::addColumn<bool>("drafts");
    QTest::newRow("at the start") << QList<int>{} << false;
    QTest::newRow("after a word") << QList<int>{0} << false;
    QTest::newRow("after one line break") << QList<int>{0, 1} << false;
    QTest::newRow("after two in one token") << QList<int>{0, 2} << true;
    QTest::newRow("after two in two tokens") << QList<int>{0, 1, 1} << true;
    QTest::newRow("after a full stop merged with the first") << QList<int>{0, 3, 1} << true;
    QTest::newRow("after a token that goes on behind them") << QList<int>{0, 4} << true;
    QTest::newRow("after a token of three") << QList<int>{0, 5} << true;
    QTest::newRow("after a word that follows them") << QList<int>{2, 0} << false;
    QTest::newRow("after one line break that follows a word") << QList<int>{1, 0, 1} << false;
}

void tst_Speculative::drafts()
{
    QFETCH(QList<int>, written);
    QFETCH(bool, drafts);
    auto rule = makeRule("speculative", {}, context());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    for (const int id : written)
        runner.decide(surelyNext(static_cast<std::size_t>(id)));
    QCOMPARE(runner.decide(surelyNext(0)).trials.has_value(), drafts);
}

void tst_Speculative::draftsOnceForADelimiter()
{
    auto rule = makeRule("speculative", {}, context());
    QVERIFY_RESULT(rule);
    const StepRule& judge = **rule;
    std::vector<double> state = judge.initialState();
    // A neutral draft, which is dropped: the next decision is a plain draw.
    const auto verdict =
        judge.judge(std::vector<TriedContinuation>{{{TokenId{0}, TokenId{0}}, 1}}, state);
    QCOMPARE(verdict.number, 0);
    QVERIFY(verdict.reason.starts_with("the draft has 0 affirming and 0 doubting words"));
    QCOMPARE(judge.modelFor(state), 0);
    // One that doubts and affirms alike counts as doubting; the strong model writes.
    std::vector<double> other = judge.initialState();
    const auto tie = judge.judge(
        std::vector<TriedContinuation>{{{TokenId{6}, TokenId{0}, TokenId{7}}, 1}}, other);
    QCOMPARE(tie.number, 0);
    QCOMPARE(judge.modelFor(other), 0); // "waitxyes" is one word
    const auto doubts = judge.judge(std::vector<TriedContinuation>{{{TokenId{6}}, 1}}, other);
    QCOMPARE(doubts.number, 0);
    QCOMPARE(judge.modelFor(other), 1);
}

void tst_Speculative::goesOnAsBeforeWhereADraftMayNotBeMade()
{
    // A person's token stands in place of what was decided; no draft is made for that step.
    auto rule = makeRule("speculative", {}, context());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    runner.decide(surelyNext(2));
    QVERIFY(runner.decide(surelyNext(0)).trials.has_value());
    QVERIFY(!runner.decide(surelyNext(0)).trials.has_value());
}

void tst_Speculative::refuses_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<double>("value");
    QTest::newRow("no turn") << QByteArray("turn-length") << 0.0;
    QTest::newRow("a turn of half a step") << QByteArray("turn-length") << 0.5;
    QTest::newRow("negative entropy") << QByteArray("hand-over-entropy") << -1.0;
    QTest::newRow("entropy that is not a number")
        << QByteArray("hand-over-entropy") << std::numeric_limits<double>::quiet_NaN();
    QTest::newRow("no looking back") << QByteArray("recap-length") << 0.0;
}

void tst_Speculative::refuses()
{
    QFETCH(QByteArray, name);
    QFETCH(double, value);
    const auto rule = makeRule("speculative", {{name.toStdString(), value}}, context());
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(rule.error().message.find(name.toStdString()) != std::string::npos,
             rule.error().message.c_str());
}

QTEST_GUILESS_MAIN(tst_Speculative)
#include "tst_speculative.moc"
