// Fillers: which tokens are fed, when they end, and that nothing else decides.
#include "qverifyresult.h"
#include "referencesampling.h"
#include "rulerunner.h"

#include <QTest>

using namespace halftone;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
namespace reference = halftone::test::reference;

namespace {

constexpr TokenId thinkEnd{4};
const TokenMarkers markers{TokenId{3}, thinkEnd, {TokenId{2}}};

/// Every letter of a text is a token: a is 5.
ModeContext letterContext()
{
    ModeContext context = test::contextForTests();
    context.markers = markers;
    context.encode = [](std::string_view text) -> Result<std::vector<TokenId>> {
        std::vector<TokenId> ids;
        for (const char letter : text)
            if (letter != ' ')
                ids.push_back(TokenId{5 + letter - 'a'});
        return ids;
    };
    return context;
}

RuleRunner runnerOf(std::int64_t count, const std::string& text, TokenMarkers with = markers)
{
    auto rule =
        makeRule("filler", {{"filler-count", count}, {"filler-text", text}}, letterContext());
    if (!rule)
        qFatal("%s", rule.error().message.c_str());
    return RuleRunner(std::move(*rule), std::move(with));
}

std::vector<float> logits(int step)
{
    return reference::randomLogits(10, static_cast<std::uint64_t>(step));
}

} // namespace

class tst_Filler : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void feedsTheTextsTokensInTurnAndThenTheEnd_data();
    void feedsTheTextsTokensInTurnAndThenTheEnd();
    void endsWithTheLastFillerWhereThereIsNoMarker();
    void recordsWhatWouldHaveBeenDrawnFrom();
    void drawsNothing();
    void endsEarlierWithinABudget();
    void takesTheOneTokenThatReadsSo();
    void refusesATextWithoutTokens();
    void refusesAModelWithoutATokenizer();
};

void tst_Filler::feedsTheTextsTokensInTurnAndThenTheEnd_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("one") << 1 << QByteArray("a");
    QTest::newRow("many of one") << 7 << QByteArray("b");
    QTest::newRow("two in turn") << 5 << QByteArray("ab");
    QTest::newRow("fewer than the text has") << 2 << QByteArray("abcd");
}

void tst_Filler::feedsTheTextsTokensInTurnAndThenTheEnd()
{
    QFETCH(int, count);
    QFETCH(QByteArray, text);
    RuleRunner runner = runnerOf(count, text.toStdString());
    for (int step = 0; step < count; ++step) {
        const Decision& decision = runner.decide(logits(step));
        QCOMPARE(decision.input, StepInput::token(TokenId{5 + text[step % text.size()] - 'a'}));
        QVERIFY(decision.forced);
        QCOMPARE(decision.events,
                 (std::vector<StepEvent>{{EventKind::Forced, "filler " + std::to_string(step + 1) +
                                                                 " of " + std::to_string(count)}}));
    }
    const Decision& decision = runner.decide(logits(count));
    QCOMPARE(decision.input, StepInput::token(thinkEnd));
    QVERIFY(decision.forced);
    QVERIFY(decision.enqueue.empty());
    QCOMPARE(decision.events.size(), 1U);
    QCOMPARE(decision.events[0].kind, EventKind::ThinkingEnded);
    // Whoever overrules that is asked again.
    QCOMPARE(runner.decide(logits(0)).sampled, thinkEnd);
}

void tst_Filler::endsWithTheLastFillerWhereThereIsNoMarker()
{
    RuleRunner runner = runnerOf(2, "a", {});
    QCOMPARE(runner.decide(logits(0)).events.size(), 1U);
    const Decision& decision = runner.decide(logits(1));
    QCOMPARE(decision.input, StepInput::token(TokenId{5}));
    QCOMPARE(decision.events.back(), (StepEvent{EventKind::ThinkingEnded, "2 fillers were fed"}));
}

void tst_Filler::recordsWhatWouldHaveBeenDrawnFrom()
{
    RuleRunner runner = runnerOf(3, "a");
    const Decision& decision = runner.decide(logits(1));
    const auto expected = reference::filtered(
        logits(1), {.temperature = 0.6, .topK = 30, .topP = 0.95, .minP = 0.001});
    for (const WeightedToken& token : decision.filtered.tokens)
        QVERIFY(std::abs(token.probability - expected[token.id.index()]) < 1e-12);
    QVERIFY(std::abs(decision.scaledEntropy -
                     reference::entropy(reference::softmax(logits(1), 0.6))) < 1e-6);
}

void tst_Filler::drawsNothing()
{
    for (const double temperature : {0.0, 1.0, 10.0}) {
        auto rule =
            makeRule("filler", {{"temperature", temperature}, {"filler-text", std::string("b")}},
                     letterContext());
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), markers);
        for (int step = 0; step < 32; ++step)
            QCOMPARE(runner.decide(logits(step)).sampled, TokenId{6});
        QCOMPARE(runner.decide(logits(32)).sampled, thinkEnd);
    }
}

void tst_Filler::endsEarlierWithinABudget()
{
    auto rule =
        makeRule("filler", {{"think-budget", std::int64_t{3}}, {"filler-text", std::string("b")}},
                 letterContext());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), markers);
    QCOMPARE(runner.decide(logits(0)).sampled, TokenId{6});
    QCOMPARE(runner.decide(logits(1)).sampled, TokenId{6});
    QCOMPARE(runner.decide(logits(2)).sampled, thinkEnd);
}

void tst_Filler::takesTheOneTokenThatReadsSo()
{
    // No tokenizer is asked, which might put a space before it; so none is needed.
    auto rule = makeRule("filler", {{"filler-text", std::string("[8]")}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), markers);
    QCOMPARE(runner.decide(logits(0)).sampled, TokenId{8});
    QCOMPARE(runner.decide(logits(1)).sampled, TokenId{8});
}

void tst_Filler::refusesATextWithoutTokens()
{
    for (const char* text : {"", "  "}) {
        const auto rule = makeRule("filler", {{"filler-text", std::string(text)}}, letterContext());
        QVERIFY(!rule);
        QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
        QVERIFY(rule.error().message.find("at least one token") != std::string::npos);
    }
}

void tst_Filler::refusesAModelWithoutATokenizer()
{
    const auto rule = makeRule("filler", {});
    QVERIFY(!rule);
    QVERIFY(rule.error().message.find("filler-text") != std::string::npos);
    QVERIFY(rule.error().message.find("tokenizer") != std::string::npos);
}

QTEST_GUILESS_MAIN(tst_Filler)
#include "tst_filler.moc"
