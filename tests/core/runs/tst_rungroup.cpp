// Groups of seeds on a fake model: what each run is, what the library holds of them, and how all of
// them end when one fails or the user stops.
#include "runs/rungroup.h"

#include "base/unixtime.h"
#include "sessiontools.h"
#include "store/sessionstore.h"

#include <QTemporaryDir>
#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

struct Library
{
    QTemporaryDir folder;
    std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "l.sqlite";

    [[nodiscard]] std::unique_ptr<SessionStore> open() const
    {
        return SessionStore::open(path, SessionStore::Access::ReadOnly).value();
    }
};

RunSettings settingsFor(std::int64_t maxSteps)
{
    RunSettings settings = settingsOf("discrete", {{"temperature", 1.0}});
    settings.seed = 40;
    settings.maxSteps = maxSteps;
    settings.candidates = 3;
    return settings;
}

Result<RunGroup> groupOf(const std::shared_ptr<const Engine>& engine, const RunSettings& settings,
                         int count, const std::optional<std::filesystem::path>& library = {})
{
    auto session = sessionOf(engine, settings, {a});
    RunInfo info = session->describe();
    info.prompt = "a";
    info.startedMs = unixMs();
    return RunGroup::start(std::move(session), std::move(info), library, count);
}

Result<void> runToEnd(RunGroup& group)
{
    while (group.goesOn())
        if (auto taken = group.step(); !taken)
            return taken;
    return {};
}

} // namespace

class RunGroupTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyRunIsWhatItWouldBeAlone()
    {
        const auto engine = engineOf(randomModel(7, 3));
        auto group = groupOf(engine, settingsFor(20), 4);
        QVERIFY_RESULT(group);
        QVERIFY_RESULT(runToEnd(*group));
        for (std::size_t i = 0; i < 4; ++i) {
            RunSettings settings = settingsFor(20);
            settings.seed += i;
            const auto alone = sessionOf(engine, settings, {a});
            QVERIFY_RESULT(run(*alone));
            QCOMPARE(group->runs()[i].info().seed, settings.seed);
            QCOMPARE_STEPS(group->runs()[i].session().steps(), alone->steps());
        }
    }

    void thePromptIsReadOnce()
    {
        auto model = FakeLanguageModel::cycle(7);
        const FakeLanguageModel& fake = *model;
        const auto engine = engineOf(std::move(model), {});
        auto group = groupOf(engine, settingsFor(10), 5);
        QVERIFY_RESULT(group);
        QCOMPARE(fake.forwardRows, 1); // the prompt's one token
    }

    void theLibraryHoldsTheFirstRunAndTheOthersAsItsChildren()
    {
        const Library library;
        auto group = groupOf(engineOf(randomModel(7, 3)), settingsFor(6), 3, library.path);
        QVERIFY_RESULT(group);
        QVERIFY_RESULT(runToEnd(*group));
        const auto runs = library.open()->sessions()->at(0).runs;
        QCOMPARE(runs.size(), std::size_t{3});
        QVERIFY(!runs[0].parent);
        for (const std::size_t i : {1U, 2U}) {
            QCOMPARE(runs[i].parent, std::optional(runs[0].id));
            QCOMPARE(runs[i].role, ForkRole::Group);
            QCOMPARE(runs[i].change, "seed " + std::to_string(40 + i));
        }
        const auto stored = library.open()->steps(runs[2].id);
        QVERIFY_RESULT(stored);
        QCOMPARE_STEPS(*stored, group->runs()[2].session().steps());
    }

    void whoEndsEarlyIsClosedThenAndTheOthersGoOn()
    {
        // From a to the end or around: seeds end at different steps.
        const auto engine = engineOf(wordModel({{a, {{a, 0.8}, {end, 0.2}}}}));
        const Library library;
        auto group = groupOf(engine, settingsFor(200), 6, library.path);
        QVERIFY_RESULT(group);
        std::size_t told = 0;
        bool someEndedWhileOthersWentOn = false;
        while (group->goesOn()) {
            QVERIFY_RESULT(group->step());
            const auto closed = group->takeClosed();
            told += closed.size();
            for (const RunInfo& info : closed)
                QCOMPARE(library.open()->run(info.id)->status, RunStatus::Finished);
            someEndedWhileOthersWentOn |= !closed.empty() && group->goesOn();
        }
        QCOMPARE(told, std::size_t{6});
        QVERIFY(someEndedWhileOthersWentOn);
    }

    void whenOneFailsAllThatGoOnAreClosedAsFailedWithTheSentence()
    {
        auto model = wordModel({{a, {{a, 0.8}, {end, 0.2}}}});
        model->failAtPosition = 5;
        const auto engine = engineOf(std::move(model));
        const Library library;
        auto group = groupOf(engine, settingsFor(200), 6, library.path);
        QVERIFY_RESULT(group);
        const auto failed = runToEnd(*group);
        QVERIFY(!failed);
        QVERIFY(!group->goesOn());
        const GroupTotals totals = group->totals();
        QVERIFY2(totals.finished > 0 && totals.failed > 1, "the seeds must show both");
        QCOMPARE(totals.finished + totals.failed, 6);
        const auto store = library.open();
        for (const RecordedRun& run : group->runs()) {
            const auto stored = store->run(run.info().id);
            QVERIFY_RESULT(stored);
            const bool ended = run.session().finished();
            QCOMPARE(stored->status, ended ? RunStatus::Finished : RunStatus::Failed);
            QCOMPARE(stored->failure, ended ? std::string() : failed.error().message);
        }
    }

    void aGroupThatCannotBeBegunLeavesNoRunOpen()
    {
        const Library library;
        const auto engine = engineOf(randomModel(7, 3));
        RunSettings settings = settingsFor(6);
        auto session = sessionOf(engine, settings, {a});
        RunInfo info = session->describe();
        info.session = SessionId{99}; // there is none
        const auto group = RunGroup::start(std::move(session), std::move(info), library.path, 3);
        QVERIFY(!group);
    }

    void aStopEndsAllAtTheNextStep()
    {
        auto group = groupOf(engineOf(randomModel(7, 3), {}), settingsFor(1000), 3);
        QVERIFY_RESULT(group);
        for (int i = 0; i < 4; ++i)
            QVERIFY_RESULT(group->step());
        group->requestStop();
        QVERIFY_RESULT(runToEnd(*group));
        for (const RecordedRun& run : group->runs()) {
            QCOMPARE(run.info().status, RunStatus::Stopped);
            QCOMPARE(run.info().stop, StopReason::User);
            QCOMPARE(run.session().steps().size(), std::size_t{5});
        }
    }

    void aChangeIsOneOfAllAndIsStored()
    {
        const Library library;
        auto group = groupOf(engineOf(randomModel(7, 3), {}), settingsFor(8), 3, library.path);
        QVERIFY_RESULT(group);
        QVERIFY_RESULT(group->step());
        QVERIFY(!group->change("", {{"temperature", -1.0}}));
        QVERIFY_RESULT(group->change("", {{"temperature", 0.25}}));
        QVERIFY_RESULT(runToEnd(*group));
        const auto store = library.open();
        for (const RecordedRun& run : group->runs()) {
            QCOMPARE(run.session().steps().back().segment, 1);
            const auto settings = runSettingsFromJson(store->run(run.info().id)->settings);
            QVERIFY_RESULT(settings);
            QCOMPARE(settings->schedule.segments.size(), std::size_t{1});
        }
    }

    void theTotalsAreOfAllRunsTogether()
    {
        auto group = groupOf(engineOf(randomModel(7, 3), {}), settingsFor(8), 3);
        QVERIFY_RESULT(group);
        QVERIFY_RESULT(runToEnd(*group));
        const GroupTotals totals = group->totals();
        QCOMPARE(totals.runs, 3);
        QCOMPARE(totals.finished, 3);
        QCOMPARE(totals.goingOn, 0);
        QCOMPARE(totals.steps, 24);
        std::int64_t decodeNs = 0;
        for (const RecordedRun& run : group->runs())
            decodeNs += run.info().timings.decodeNs;
        QCOMPARE(totals.decodeNs, decodeNs);
        QVERIFY(totals.computedNs >= decodeNs);
        QCOMPARE(totals.stepsPerSecond(), 24e9 / static_cast<double>(decodeNs));
    }
};

QTEST_GUILESS_MAIN(RunGroupTest)
#include "tst_rungroup.moc"
