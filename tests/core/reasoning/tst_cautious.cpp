// Cautious next token prediction: when it tries, and where a trial ends. What it does with the trials
// is the session's: tst_trials.
#include "mixturetools.h"
#include "qverifyresult.h"
#include "rulerunner.h"

#include <QTest>

using namespace halftone;
using halftone::test::logitsOf;
using halftone::test::makeRule;
using halftone::test::RuleRunner;
using halftone::test::unfiltered;

namespace {

/// Ten tokens whose texts end a trial or do not.
ModeContext textContext()
{
    static const TokenTable tokens(
        {".", ".\n", " ,", "word.", "word", "3.5", "\n\n", "( x", "!) ", "</think>"}, "");
    ModeContext context = test::contextForTests();
    context.tokens = &tokens;
    context.markers.thinkEnd = TokenId{9};
    return context;
}

RuleRunner runnerOf(ParameterValues parameters)
{
    for (const auto& [name, value] : unfiltered())
        parameters.emplace(name, value);
    auto rule = makeRule("cautious", parameters, textContext());
    if (!rule)
        qFatal("%s", rule.error().message.c_str());
    return RuleRunner(std::move(*rule), textContext().markers);
}

/// Two tokens, the first with this probability.
std::vector<float> coin(double p)
{
    std::vector<double> probabilities(10, 1e-30);
    probabilities[4] = p;
    probabilities[5] = 1 - p;
    return logitsOf(probabilities);
}

} // namespace

class tst_Cautious : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void endsTrialsAtMergedPunctuationAndLineBreaks();
    void endsTrialsAtBarePunctuationAloneWhenAsked();
    void triesTheMoreTheLessSureItIs();
    void measuresTheFilteredDistribution();
    void refusesBoundsThatCross();
};

void tst_Cautious::endsTrialsAtMergedPunctuationAndLineBreaks()
{
    // The authors' code ends a trial at tokens that are bare punctuation, which ".\n" never is.
    RuleRunner runner = runnerOf({});
    const Decision& decision = runner.decide(coin(0.5));
    QVERIFY(decision.trials.has_value());
    QCOMPARE(*decision.trials->stops, (std::vector<bool>{true, true, true, true, false, false, true,
                                                         false, true, true}));
}

void tst_Cautious::endsTrialsAtBarePunctuationAloneWhenAsked()
{
    RuleRunner runner = runnerOf({{"trial-stops", std::string("bare-punctuation")}});
    const Decision& decision = runner.decide(coin(0.5));
    QVERIFY(decision.trials.has_value());
    QCOMPARE(*decision.trials->stops, (std::vector<bool>{true, false, false, false, false, false,
                                                         false, false, false, true}));
}

void tst_Cautious::triesTheMoreTheLessSureItIs()
{
    // n = floor(1 + 9 (H - 0.01) / 1.49): two from H = 0.1756 on.
    RuleRunner runner = runnerOf({});
    const auto trials = [&](double p) {
        const Decision& decision = runner.decide(coin(p));
        return decision.trials ? decision.trials->count : 1;
    };
    QCOMPARE(trials(0.999), 1); // H = 0.008
    QCOMPARE(trials(0.9588), 1); // 0.1717
    QCOMPARE(trials(0.957), 2); // 0.1776
    QCOMPARE(trials(0.8), 3);   // 0.5004
    QCOMPARE(trials(0.5), 5);   // 0.6931
}

void tst_Cautious::measuresTheFilteredDistribution()
{
    // What the filters leave is sure, however open the model's own distribution is.
    RuleRunner runner = runnerOf({{"top-k", std::int64_t{1}}});
    QVERIFY(!runner.decide(std::vector<float>(10, 0)).trials);
}

void tst_Cautious::refusesBoundsThatCross()
{
    const auto rule = makeRule("cautious", {{"trial-entropy-low", 2.0}}, textContext());
    QVERIFY(!rule);
    QCOMPARE(rule.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(rule.error().message,
             std::string("trial-entropy-high must be above trial-entropy-low; they were given as "
                         "1.5 and 2 nats."));
}

QTEST_GUILESS_MAIN(tst_Cautious)
#include "tst_cautious.moc"
