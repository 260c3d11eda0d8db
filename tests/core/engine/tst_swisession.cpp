// SwiReasoning in a session: what it queues is fed, locks, and ends the run.
#include "sessioncases.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

RunSettings swiSettings(ParameterValues parameters)
{
    parameters.emplace("temperature", 0.0);
    parameters.emplace("swi-window", std::int64_t{1});
    parameters.emplace("swi-max-switches", std::int64_t{1});
    parameters.emplace("swi-math-symbols", false); // words of one letter
    return settingsOf("swi", std::move(parameters));
}

std::size_t firstWith(const std::vector<StepRecord>& steps, EventKind kind)
{
    std::size_t i = 0;
    while (i < steps.size() && (steps[i].events.empty() || steps[i].events.back().kind != kind))
        ++i;
    return i;
}

} // namespace

class tst_SwiSession : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void staysDiscreteAfterTheWordsToConverge();
    void endsAtTheLimitOfSwitches();
    void isTheDiscreteRunInTheAnswer();
};

void tst_SwiSession::staysDiscreteAfterTheWordsToConverge()
{
    const auto session = sessionOf(
        restlessEngine(), swiSettings({{"swi-converge-text", std::string("endthink d")}}), {think});
    QVERIFY_RESULT(run(*session, 60));
    const auto& steps = session->steps();
    const std::size_t injected = firstWith(steps, EventKind::Injected);
    QVERIFY(injected < 20);
    QCOMPARE(steps[injected].input.kind, InputKind::Mixture);
    QCOMPARE(steps[injected + 1].input, StepInput::token(endThink));
    QVERIFY(steps[injected + 1].forced);
    QCOMPARE(steps[injected + 2].input, StepInput::token(d));
    for (std::size_t i = injected + 2; i < steps.size(); ++i) {
        QCOMPARE(steps[i].phase, Phase::Answer);
        QCOMPARE(steps[i].input.kind, InputKind::Token);
        QCOMPARE(steps[i].mode, std::string("swi"));
    }
}

void tst_SwiSession::endsAtTheLimitOfSwitches()
{
    const auto session = sessionOf(restlessEngine(),
                                   swiSettings({{"swi-converge-text", std::string()},
                                                {"swi-final-text", std::string("endthink d")},
                                                {"swi-final-budget", std::int64_t{7}}}),
                                   {think});
    QVERIFY_RESULT(run(*session));
    const auto& steps = session->steps();
    const std::size_t injected = firstWith(steps, EventKind::Injected);
    QCOMPARE(steps.size(), injected + 7);
    QCOMPARE(session->stopReason(), StopReason::SwitchLimit);
    QCOMPARE(steps[injected + 1].input, StepInput::token(endThink));
    QCOMPARE(steps[injected + 2].input, StepInput::token(d));
    QVERIFY(!steps[injected + 3].forced);
}

void tst_SwiSession::isTheDiscreteRunInTheAnswer()
{
    const auto engine = engineOf(randomModel(12, 5));
    RunSettings swi = settingsOf("swi", {{"answer-temperature", 0.9}});
    swi.start = StartPhase::Answer;
    swi.ignoreEnd = true;
    swi.maxSteps = 40;
    RunSettings discrete = swi;
    discrete.mode = "discrete";
    discrete.parameters = {
        {"answer-temperature", 0.9}, {"top-k", std::int64_t{20}}, {"min-p", 0.0}};
    const auto found = sessionOf(engine, swi, {a});
    const auto expected = sessionOf(engine, discrete, {a});
    QVERIFY_RESULT(run(*found));
    QVERIFY_RESULT(run(*expected));
    std::size_t answers = 0;
    for (; answers < 40 && expected->steps()[answers].phase == Phase::Answer; ++answers) {
        StepRecord step = found->steps()[answers];
        step.mode = "discrete";
        step.ruleState = expected->steps()[answers].ruleState;
        QCOMPARE(describeDifference(step, expected->steps()[answers]), std::string());
    }
    QVERIFY(answers > 2);
}

QTEST_GUILESS_MAIN(tst_SwiSession)
#include "tst_swisession.moc"
