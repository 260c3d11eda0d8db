// Runs that change on the way, by a plan or by hand.
#include "sessiontools.h"

#include <QTest>

#include <algorithm>

using namespace halftone;
using namespace halftone::test;

namespace {

RunSettings planned(const char* schedule, const std::string& mode = "discrete")
{
    RunSettings settings = settingsOf(mode);
    auto parsed = scheduleFromJson(schedule);
    if (!parsed)
        qFatal("%s", parsed.error().message.c_str());
    settings.schedule = std::move(*parsed);
    settings.seed = 3;
    settings.maxSteps = 30;
    settings.ignoreEnd = true;
    settings.start = StartPhase::Think;
    return settings;
}

std::unique_ptr<Session> ran(const RunSettings& settings)
{
    auto session = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}), settings, {a});
    if (session)
        if (const auto done = run(*session); !done)
            qWarning("%s", done.error().message.c_str());
    return session;
}

std::vector<std::string> modesOf(const Session& session)
{
    std::vector<std::string> modes;
    for (const StepRecord& step : session.steps())
        modes.push_back(step.mode);
    return modes;
}

} // namespace

class tst_SessionSchedule : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void switchesTheModeAtAStep()
    {
        const auto session = ran(planned(R"({"segments": [{"when": {"step": 5}, "mode": "soft"}]})"));
        for (const StepRecord& step : session->steps()) {
            QCOMPARE(step.mode, std::string(step.step.value < 5 ? "discrete" : "soft"));
            QCOMPARE(step.segment, step.step.value < 5 ? 0 : 1);
        }
        const StepEvent event = session->steps()[5].events.front();
        QCOMPARE(event.kind, EventKind::ModeSwitched);
        QCOMPARE(event.detail, std::string("step 5: discrete to soft"));
    }

    void isThePlainRunUpToTheSwitch()
    {
        RunSettings plain = planned(R"({"segments": []})");
        const auto without = ran(plain);
        const auto with = ran(planned(R"({"segments": [{"when": {"step": 5}, "mode": "soft"}]})"));
        const std::vector<StepRecord> prefix(with->steps().begin(), with->steps().begin() + 5);
        const std::vector<StepRecord> expected(without->steps().begin(),
                                               without->steps().begin() + 5);
        QCOMPARE_STEPS(prefix, expected);
    }

    void aSegmentThatChangesNothingIsThePlainMode()
    {
        const auto plain = ran(planned(R"({"segments": []})", "soft"));
        const auto same =
            ran(planned(R"({"segments": [{"when": {"step": 4}, "mode": "soft"}]})", "soft"));
        std::vector<StepRecord> steps = same->steps();
        for (StepRecord& step : steps) {
            step.segment = 0;
            std::erase_if(step.events,
                          [](const auto& e) { return e.kind == EventKind::ModeSwitched; });
        }
        QCOMPARE_STEPS(steps, plain->steps());
    }

    void anotherTemperatureKeepsTheCounters()
    {
        const auto session = ran(planned(
            R"({"segments": [{"when": {"step": 4}, "parameters": {"temperature": 0.2}}]})",
            "soft"));
        QCOMPARE(session->steps()[4].events.front().detail, std::string("step 4"));
        QCOMPARE(session->steps()[3].ruleState[0], 3.0); // thinking steps before it
        QCOMPARE(session->steps()[4].ruleState[0], 4.0);
        QVERIFY(session->steps()[4].scaledEntropy < session->steps()[4].entropy);
    }

    void waitsForTheEntropyItIsTold()
    {
        const RunSettings settings = planned(
            R"({"segments": [{"when": {"entropy_below": 1.5}, "mode": "soft"},
                             {"when": {"entropy_above": 1.6}, "mode": "discrete"}]})");
        const auto session = ran(settings);
        const auto& steps = session->steps();
        std::int32_t segment = 0;
        for (const StepRecord& step : steps) {
            QCOMPARE(step.segment, segment);
            if ((segment == 0 && step.entropy < 1.5) || (segment == 1 && step.entropy > 1.6))
                ++segment;
        }
        QCOMPARE(segment, 2);
    }

    void waitsForATextInAToken()
    {
        // Without a tokenizer token 7 reads "[7]".
        const TokenId word = ran(planned(R"({"segments": []})"))->steps()[4].sampled;
        const std::string plan = "{\"segments\": [{\"when\": {\"text\": \"[" +
                                 std::to_string(word.value) + "]\"}, \"mode\": \"soft\"}]}";
        const auto session = ran(planned(plan.c_str()));
        const auto& steps = session->steps();
        const auto first = std::find_if(steps.begin(), steps.end(), [&](const StepRecord& step) {
            return step.sampled == word;
        });
        QCOMPARE(first->mode, std::string("discrete"));
        QCOMPARE((first + 1)->mode, std::string("soft"));
    }

    void continuesAForkAtEveryStep()
    {
        const RunSettings settings = planned(
            R"({"segments": [{"when": {"step": 6}, "mode": "soft"},
                             {"when": {"entropy_above": 1.5}, "parameters": {"temperature": 1.5}},
                             {"when": {"step": 20}, "mode": "discrete"}]})");
        const auto whole = ran(settings);
        for (std::int64_t step = 0; step < 30; ++step) {
            const auto fork = whole->fork(StepIndex{step});
            QVERIFY_RESULT(fork);
            QVERIFY_RESULT(run(**fork));
            QCOMPARE_STEPS((*fork)->steps(), whole->steps());
            const auto resumed = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}), settings, {a});
            QVERIFY_RESULT(resumed->resume(
                std::span(whole->steps()).first(static_cast<std::size_t>(step))));
            QVERIFY_RESULT(run(*resumed));
            QCOMPARE_STEPS(resumed->steps(), whole->steps());
        }
    }

    void aChangeByHandIsReplayedFromTheSettings()
    {
        const auto session = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}),
                                       planned(R"({"segments": []})"), {a});
        QVERIFY_RESULT(run(*session, 7));
        QVERIFY_RESULT(session->change("soft", {{"max-topk", std::int64_t{3}}}));
        QVERIFY_RESULT(session->change("", {{"temperature", 0.9}})); // both before one step
        QVERIFY_RESULT(run(*session, 12));
        QVERIFY_RESULT(session->change("discrete", {}));
        QVERIFY_RESULT(run(*session));
        const std::vector<std::string> modes = modesOf(*session);
        QCOMPARE(std::count(modes.begin(), modes.end(), "soft"), 5);
        QCOMPARE(session->settings().schedule.segments.size(), 2U);

        // From its stored settings alone the run comes out the same.
        const auto settings = runSettingsFromJson(toJson(session->settings()));
        QVERIFY_RESULT(settings);
        const auto replayed =
            sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}), *settings, {a});
        QVERIFY_RESULT(run(*replayed));
        QCOMPARE_STEPS(replayed->steps(), session->steps());
    }

    void aChangeThatCannotBeLeavesTheRunAsItWas()
    {
        const auto session = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}),
                                       planned(R"({"segments": []})"), {a});
        QVERIFY(!session->change("soft", {})); // nothing was decided yet
        QVERIFY_RESULT(run(*session, 3));
        const std::string before = toJson(session->settings());
        const auto refused = session->change("", {{"temperature", -1.0}});
        QVERIFY(!refused);
        QCOMPARE(refused.error().message,
                 std::string("In segment 1 of the schedule: temperature was given as '-1'; it "
                             "must be a number from 0 to 10."));
        QVERIFY(!session->change("sfot", {}));
        QCOMPARE(toJson(session->settings()), before);
        QVERIFY_RESULT(session->step());
    }

    void aScheduleForAnotherModelIsRefused()
    {
        RunSettings settings = planned(
            R"({"model": "abc", "segments": [{"when": {"step": 5}, "mode": "soft"}]})");
        const auto session = engineOf(randomModel(12, 9))->createSession(settings);
        QVERIFY(!session);
        QCOMPARE(session.error().message,
                 std::string("The schedule is for the model with the fingerprint abc, and fake has "
                             "00000000000000000000000000000000."));
    }
};

QTEST_GUILESS_MAIN(tst_SessionSchedule)
#include "tst_sessionschedule.moc"
