#include "qverifyresult.h"
#include "referencesampling.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>

using namespace halftone;
using halftone::test::kinds;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
namespace reference = halftone::test::reference;

namespace {

constexpr TokenId thinkEnd{4};

TokenMarkers markers()
{
    return {TokenId{3}, thinkEnd, {TokenId{2}}};
}

/// Makes ids of digits.
ModeContext digits()
{
    ModeContext context = test::contextForTests();
    context.encode = [](std::string_view text) -> Result<std::vector<TokenId>> {
        std::vector<TokenId> ids;
        for (const char c : text)
            ids.push_back(TokenId{c - '0'});
        return ids;
    };
    return context;
}

const std::vector<float> hidden{0.5F, -2, 0, 1};
const std::vector<float> logits{0, 1, 5, 2, 3, 0, 0, 0, 0, 0};

/// What each of so many steps fed: "h" a hidden state, else the id; "*" where the thinking ended,
/// "+" and the ids that were queued.
QString fed(RuleRunner& runner, int steps)
{
    QStringList texts;
    runner.setHidden(hidden);
    for (int i = 0; i < steps; ++i) {
        const Decision& decision = runner.decide(logits);
        QString text = decision.input.kind == InputKind::Hidden
                           ? QStringLiteral("h")
                           : QString::number(decision.input.ids.front().value);
        for (const EventKind kind : kinds(decision))
            text += kind == EventKind::ThinkingEnded ? QStringLiteral("*") : QString();
        for (const TokenId id : decision.enqueue)
            text += QStringLiteral("+") + QString::number(id.value);
        texts.append(text);
    }
    return texts.join(QLatin1Char(' '));
}

ParameterValues steps(std::int64_t count, ParameterValues more = {})
{
    more.emplace("latent-steps", count);
    return more;
}

} // namespace

class tst_Latent : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void feedsTheHiddenStateAsItIs();
    void showsTheReadout();
    void followsItsScript_data();
    void followsItsScript();
    void saysWhyTheThinkingEnds();
    void marksWhatItFeedsByForce();
    void isCutShortByABudget();
    void endsOnceWhenTheBudgetFallsOnItsLastStep();
    void hasCoconutsDefaults();
    void saysThatAModelMustBeTrainedForIt();
    void refusesNoSteps();
    void refusesAMarkerWithoutATokenizer();
};

void tst_Latent::feedsTheHiddenStateAsItIs()
{
    auto rule = makeRule("latent", {});
    QVERIFY_RESULT(rule);
    QVERIFY((*rule)->needsHidden());
    RuleRunner runner(std::move(*rule), markers());
    for (const std::vector<float>& h : {hidden, std::vector<float>{1e-6F, 7, 8, -9}}) {
        runner.setHidden(h);
        const Decision& decision = runner.decide(logits);
        QCOMPARE(decision.input.kind, InputKind::Hidden);
        QCOMPARE(decision.input.vector, h);
        QVERIFY(decision.input.ids.empty() && decision.input.weights.empty());
        QVERIFY(decision.input.noiseScale == 0 && !decision.forced && decision.events.empty());
    }
}

void tst_Latent::showsTheReadout()
{
    auto rule = makeRule("latent", {{"temperature", 0.7}});
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule));
    runner.setHidden(hidden);
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        const auto row = reference::randomLogits(68, seed);
        const Decision& decision = runner.decide(row);
        const auto expected =
            reference::filtered(row, {.temperature = 0.7, .topK = 30, .topP = 0.95, .minP = 0.001});
        const auto best = reference::mixture(expected, 1).front().first;
        QCOMPARE(decision.sampled.value, best);
        for (const WeightedToken& token : decision.filtered.tokens)
            QVERIFY(std::abs(token.probability - expected[token.id.index()]) < 1e-9);
    }
}

void tst_Latent::followsItsScript_data()
{
    QTest::addColumn<ParameterValues>("parameters");
    QTest::addColumn<bool>("marked");
    QTest::addColumn<QString>("script");
    const auto row = [](const char* title, ParameterValues parameters, bool marked,
                        const char* script) {
        QTest::newRow(title) << std::move(parameters) << marked << QString::fromLatin1(script);
    };
    const std::string none;
    row("ends with </think>", steps(3), true, "h h h 4*");
    row("ends by itself without it", steps(3), false, "h h h*");
    row("one step", steps(1), false, "h*");
    row("a start marker", steps(2, {{"latent-start", std::string("7")}}), true, "7 h h 4*");
    row("markers of several tokens",
        steps(2, {{"latent-start", std::string("78")}, {"latent-end", std::string("956")}}), true,
        "7 8 h h 9*+5+6");
    row("an end marker where the model has none", steps(2, {{"latent-end", std::string("9")}}),
        false, "h h 9*");
    // A person who set another input in place of the end gets the end a step later.
    row("ends again when it was overruled", steps(2), true, "h h 4* 4*");
    row("ends again when it was overruled, unmarked", steps(2), false, "h h* h*");
}

void tst_Latent::followsItsScript()
{
    QFETCH(ParameterValues, parameters);
    QFETCH(bool, marked);
    QFETCH(QString, script);
    auto rule = makeRule("latent", parameters, digits());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), marked ? markers() : TokenMarkers{});
    QCOMPARE(fed(runner, static_cast<int>(script.count(QLatin1Char(' '))) + 1), script);
}

void tst_Latent::saysWhyTheThinkingEnds()
{
    for (const auto& [count, sentence] :
         {std::pair{1, "the latent step was taken"}, {3, "all 3 latent steps were taken"}}) {
        auto rule = makeRule("latent", steps(count));
        QVERIFY_RESULT(rule);
        RuleRunner runner(std::move(*rule), markers());
        fed(runner, count);
        const Decision& decision = runner.decide(logits);
        QCOMPARE(decision.input, StepInput::token(thinkEnd));
        QVERIFY(decision.forced);
        QCOMPARE(kinds(decision), std::vector{EventKind::ThinkingEnded});
        QCOMPARE(decision.events.front().detail, std::string(sentence));
    }
}

void tst_Latent::marksWhatItFeedsByForce()
{
    auto rule = makeRule(
        "latent", steps(1, {{"latent-start", std::string("7")}, {"latent-end", std::string("9")}}),
        digits());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), markers());
    runner.setHidden(hidden);
    std::vector<bool> forced;
    for (int i = 0; i < 3; ++i)
        forced.push_back(runner.decide(logits).forced);
    QCOMPARE(forced, (std::vector{true, false, true}));
}

void tst_Latent::isCutShortByABudget()
{
    auto rule = makeRule("latent", steps(9, {{"think-budget", std::int64_t{3}}}));
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), markers());
    QCOMPARE(fed(runner, 2), QStringLiteral("h h"));
    const Decision& decision = runner.decide(logits);
    QCOMPARE(decision.input, StepInput::token(thinkEnd));
    QCOMPARE(kinds(decision), std::vector{EventKind::Budget});
}

void tst_Latent::endsOnceWhenTheBudgetFallsOnItsLastStep()
{
    auto rule = makeRule(
        "latent", steps(2, {{"latent-end", std::string("9")}, {"think-budget", std::int64_t{3}}}),
        digits());
    QVERIFY_RESULT(rule);
    RuleRunner runner(std::move(*rule), markers());
    fed(runner, 2);
    const Decision& decision = runner.decide(logits);
    QCOMPARE(decision.input, StepInput::token(TokenId{9}));
    QCOMPARE(kinds(decision), std::vector{EventKind::ThinkingEnded});
}

void tst_Latent::hasCoconutsDefaults()
{
    const auto values = completeParameters(findMode("latent")->parameters, {});
    QVERIFY_RESULT(values);
    QCOMPARE(integerOf(*values, "latent-steps"), 6);
    QCOMPARE(realOf(*values, "answer-temperature"), 0.0);
    QVERIFY(textOf(*values, "latent-start").empty() && textOf(*values, "latent-end").empty());
}

void tst_Latent::saysThatAModelMustBeTrainedForIt()
{
    QVERIFY(findMode("latent")->summary.find("never seen") != std::string::npos);
}

void tst_Latent::refusesNoSteps()
{
    const auto rule = makeRule("latent", steps(0));
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(rule.error().message, std::string("latent-steps was given as '0'; it must be a whole "
                                               "number from 1 to 10000 steps."));
}

void tst_Latent::refusesAMarkerWithoutATokenizer()
{
    for (const char* name : {"latent-start", "latent-end"}) {
        const auto rule = makeRule("latent", {{name, std::string("x")}});
        QVERIFY(!rule);
        QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
        QVERIFY(rule.error().message.find(name) == 0);
        QVERIFY(rule.error().message.find("tokenizer") != std::string::npos);
    }
}

QTEST_GUILESS_MAIN(tst_Latent)
#include "tst_latent.moc"
