// Runs, pauses, stops, forks and replaces runs of a fake engine, and looks at what arrives and at
// what the library then holds.
#include "enginebench.h"

#include <QSignalSpy>

using namespace halftone;
using namespace halftone::test;
using halftone::ui::ProbeQuestion;

class EngineControllerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRunArrivesWholeAndIsStored()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(50));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        QCOMPARE(bench.started.size(), std::size_t(1));
        const RunInfo& info = bench.ended.front();
        QCOMPARE(info.status, RunStatus::Finished);
        QCOMPARE(info.stop, StopReason::MaxSteps);
        QCOMPARE(info.prompt, std::string("w1 w2"));
        QCOMPARE(info.promptIds, (std::vector{TokenId(1), TokenId(2)}));
        QCOMPARE(info.seed, std::uint64_t(7));
        QCOMPARE(bench.steps.size(), std::size_t(50));
        for (std::size_t i = 0; i < bench.steps.size(); ++i) {
            QCOMPARE(bench.steps[i].first, info.id);
            QCOMPARE(bench.steps[i].second.step.index(), i);
        }
        const auto stored = bench.stored(info.id);
        QVERIFY_RESULT(stored);
        QCOMPARE(stored->size(), std::size_t(50));
        for (std::size_t i = 0; i < stored->size(); ++i)
            QVERIFY2(sameDecision((*stored)[i], bench.steps[i].second),
                     describeDifference((*stored)[i], bench.steps[i].second).c_str());
        QCOMPARE(bench.engine->activity(), Activity::Idle);
        QVERIFY(bench.failures.isEmpty());
    }

    void aRunWithAPartnerLoadsItAndIsStoredWithIt()
    {
        Bench bench;
        RunRequest two = request(40);
        two.settings.mode = "speculative";
        two.settings.parameters = {{"delimiter", std::string("w5")},
                                   {"affirming-words", std::string("w7")},
                                   {"recap-after", std::int64_t{0}},
                                   {"turn-length", std::int64_t{3}}};
        two.partner = QStringLiteral("strong");
        bench.engine->loadModel(QStringLiteral("weak"));
        bench.engine->start(two);
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        QVERIFY2(bench.failures.isEmpty(), qPrintable(bench.failures.join(QLatin1Char('\n'))));
        const auto stored = bench.storedInfo(bench.ended.front().id);
        QVERIFY_RESULT(stored);
        QVERIFY(stored->partner.find("\"fingerprint\"") != std::string::npos);
        QVERIFY(std::any_of(bench.steps.begin(), bench.steps.end(),
                            [](const auto& step) { return step.second.model == 1; }));
        // Again, with the partner that is in memory now.
        bench.engine->start(two);
        QTRY_COMPARE(bench.ended.size(), std::size_t(2));
        for (std::size_t i = 0; i < 40; ++i)
            QVERIFY(sameDecision(bench.steps[i].second, bench.steps[40 + i].second));
    }

    void aPartnerThatCannotBeLoadedIsSaidAndStartsNothing()
    {
        Bench bench;
        RunRequest two = request(40);
        two.settings.mode = "speculative";
        two.partner = QStringLiteral("missing");
        bench.engine->loadModel(QStringLiteral("weak"));
        bench.engine->start(two);
        QTRY_COMPARE(bench.failures, QStringList{QStringLiteral("There is no model at missing.")});
        two.partner.clear();
        bench.engine->start(two);
        QTRY_COMPARE(bench.failures.size(), qsizetype(2));
        QVERIFY2(bench.failures.back().contains(QStringLiteral("takes turns between two models")),
                 qPrintable(bench.failures.back()));
        QCOMPARE(bench.engine->activity(), Activity::Idle);
        QVERIFY(bench.started.empty());
    }

    void stepsComeInBatchesNotOneByOne()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(5000));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        QCOMPARE(bench.steps.size(), std::size_t(5000));
        QVERIFY2(bench.batches < 1000, qPrintable(QString::number(bench.batches)));
    }

    void theSameSeedGivesTheSameSteps()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(40));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        bench.engine->start(request(40));
        QTRY_COMPARE(bench.ended.size(), std::size_t(2));
        QCOMPARE(bench.steps.size(), std::size_t(80));
        for (std::size_t i = 0; i < 40; ++i)
            QVERIFY(sameDecision(bench.steps[i].second, bench.steps[i + 40].second));
    }

    void pausesStepsAndGoesOn()
    {
        Bench bench(slow);
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(endless));
        QTRY_VERIFY(bench.steps.size() > 3);
        bench.engine->pause();
        QTRY_COMPARE(bench.engine->activity(), Activity::Paused);
        const std::size_t atPause = bench.steps.size();

        bench.engine->stepOnce();
        QTRY_COMPARE(bench.steps.size(), atPause + 1);
        QCOMPARE(bench.engine->activity(), Activity::Paused);
        bench.engine->stepOnce();
        bench.engine->stepOnce();
        QTRY_COMPARE(bench.steps.size(), atPause + 3);

        bench.engine->resume();
        QTRY_VERIFY(bench.steps.size() > atPause + 10);
        QCOMPARE(bench.engine->activity(), Activity::Running);
        bench.engine->stop();
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        QCOMPARE(bench.ended.front().status, RunStatus::Stopped);
        QCOMPARE(bench.ended.front().stop, StopReason::User);
        const auto stored = bench.stored(bench.ended.front().id);
        QVERIFY_RESULT(stored);
        QCOMPARE(stored->size(), bench.steps.size());
    }

    void startPausedTakesOneStep()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->startPaused(request(endless));
        QTRY_COMPARE(bench.engine->activity(), Activity::Paused);
        QCOMPARE(bench.steps.size(), std::size_t(1));
    }

    void aRunIsChangedOnItsWayAndStoredWithTheChange()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->startPaused(request(endless));
        QTRY_COMPARE(bench.engine->activity(), Activity::Paused);
        bench.engine->stepOnce();
        QTRY_COMPARE(bench.steps.size(), std::size_t(2));
        QVERIFY(bench.steps.back().second.mode != "cautious");
        bench.engine->change("cautious", {{"trials", std::int64_t{1}}});
        bench.engine->stepOnce();
        QTRY_COMPARE(bench.steps.size(), std::size_t(3));
        QCOMPARE(bench.steps.back().second.mode, std::string("cautious"));
        QCOMPARE(bench.steps.back().second.segment, 1);

        bench.engine->change("", {{"temperature", -1.0}});
        QTRY_COMPARE(bench.failures.size(), 1);
        bench.engine->stop();
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        const auto info = bench.storedInfo(bench.ended.front().id);
        QVERIFY_RESULT(info);
        const auto settings = runSettingsFromJson(info->settings);
        QVERIFY_RESULT(settings);
        QCOMPARE(settings->schedule.segments.size(), std::size_t(1));
        QCOMPARE(settings->schedule.segments[0].when.step, 2);
    }

    void aRunThatIsReplacedEndsBeforeTheNextOneStarts()
    {
        Bench bench(slow);
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(endless));
        QTRY_VERIFY(!bench.steps.empty());
        const RunId first = bench.started.front().info.id;
        std::size_t endsAtStart = 0;
        std::size_t stepsAtStart = 0;
        connect(bench.engine.get(), &EngineController::runStarted, this, [&] {
            endsAtStart = bench.ended.size();
            stepsAtStart = bench.steps.size();
        });
        bench.engine->start(request(20));
        QCOMPARE(bench.engine->activity(), Activity::Prefilling);
        QTRY_COMPARE(bench.ended.size(), std::size_t(2));
        QCOMPARE(endsAtStart, std::size_t(1));
        QCOMPARE(bench.ended.front().id, first);
        QCOMPARE(bench.ended.front().status, RunStatus::Stopped);
        QCOMPARE(bench.steps.size(), stepsAtStart + 20);
        for (std::size_t i = 0; i < bench.steps.size(); ++i)
            QCOMPARE(bench.steps[i].first, bench.started[i < stepsAtStart ? 0 : 1].info.id);
        const auto stored = bench.stored(first);
        QVERIFY_RESULT(stored);
        QCOMPARE(stored->size(), stepsAtStart);
    }

    void ofSeveralRunsAskedForAtOnceTheLastIsShown()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        for (int i = 1; i <= 20; ++i)
            bench.engine->start(request(i));
        QTRY_VERIFY(!bench.ended.empty() && bench.engine->activity() == Activity::Idle);
        QCOMPARE(bench.started.size(), bench.ended.size());
        const auto last = bench.stored(bench.ended.back().id);
        QVERIFY_RESULT(last);
        QCOMPARE(last->size(), std::size_t(20));
    }

    void aRefusedRunLeavesTheOneThatGoesOn()
    {
        Bench bench(slow);
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(endless));
        QTRY_VERIFY(!bench.steps.empty());
        RunRequest wrong = request(10);
        wrong.settings.parameters["temperature"] = -1.0;
        bench.engine->start(wrong);
        QTRY_COMPARE(bench.failures.size(), 1);
        QTRY_COMPARE(bench.engine->activity(), Activity::Running);
        const std::size_t before = bench.steps.size();
        QTRY_VERIFY(bench.steps.size() > before);
        QVERIFY(bench.ended.empty());
    }

    void aSessionCanHoldSeveralRuns()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(5));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        RunRequest again = request(5, "w4");
        again.session = bench.ended.front().session;
        bench.engine->start(again);
        QTRY_COMPARE(bench.ended.size(), std::size_t(2));
        QCOMPARE(bench.ended[1].session, bench.ended[0].session);
        QVERIFY(bench.ended[1].id != bench.ended[0].id);
    }

    void endingTheProgramWhileARunGoesOnKeepsIt()
    {
        Bench bench(slow);
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(endless));
        QTRY_VERIFY(bench.steps.size() > 5);
        const RunId run = bench.started.front().info.id;
        const std::size_t seen = bench.steps.size();
        bench.engine.reset();
        const auto info = bench.storedInfo(run);
        QVERIFY_RESULT(info);
        QCOMPARE(info->status, RunStatus::Stopped);
        const auto stored = bench.stored(run);
        QVERIFY_RESULT(stored);
        QVERIFY(stored->size() >= seen);
    }

    void endingTheProgramWhileLoadingDoesNotWait()
    {
        Bench bench;
        QSignalSpy progress(bench.engine.get(), &EngineController::progressed);
        bench.engine->loadModel(QStringLiteral("endless"));
        QTRY_VERIFY(!progress.isEmpty());
        bench.engine.reset();
    }

    void aFailedStepFailsTheRunInASentence()
    {
        Bench bench({.failAtPosition = 10});
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(endless));
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY2(bench.failures.front().contains(QStringLiteral("told to fail")),
                 qPrintable(bench.failures.front()));
        QCOMPARE(bench.ended.size(), std::size_t(1));
        QCOMPARE(bench.ended.front().status, RunStatus::Failed);
        QCOMPARE(bench.engine->activity(), Activity::Idle);
        const auto info = bench.storedInfo(bench.ended.front().id);
        QVERIFY_RESULT(info);
        QCOMPARE(info->status, RunStatus::Failed);
        QCOMPARE(QString::fromStdString(info->failure), bench.failures.front());
    }

    void settingsThatCannotBeAreRefusedBeforeARunExists()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        RunRequest wrong = request(10);
        wrong.settings.parameters["temperature"] = -1.0;
        bench.engine->start(wrong);
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY(bench.failures.front().contains(QStringLiteral("temperature")));
        QVERIFY(bench.started.empty());
        QCOMPARE(bench.engine->activity(), Activity::Idle);
    }

    void withoutAModelARunIsRefused()
    {
        Bench bench;
        bench.engine->start(request(10));
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY(bench.failures.front().contains(QStringLiteral("No model")));
        QCOMPARE(bench.engine->activity(), Activity::Idle);
    }

    void aModelWithoutTokenizerTakesIds()
    {
        Bench bench({.tokenizer = false});
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(3, "4, 5 6"));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        QCOMPARE(bench.ended.front().promptIds, (std::vector{TokenId(4), TokenId(5), TokenId(6)}));
        bench.engine->start(request(3, "4 five"));
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY(bench.failures.front().contains(QStringLiteral("five")));
    }

    void aModelThatIsMissingIsNamedAndTheOneBeforeStays()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        QTRY_VERIFY(bench.engine->model() != nullptr);
        bench.engine->loadModel(QStringLiteral("missing"));
        QTRY_COMPARE(bench.failures.size(), 1);
        QCOMPARE(bench.engine->model()->folder, QStringLiteral("any"));
        bench.engine->start(request(3));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
    }

    void aRunThatWaitsForAModelThatFailsIsDropped()
    {
        std::atomic<bool> refuse = false;
        Bench bench({.refuse = &refuse});
        bench.engine->loadModel(QStringLiteral("missing"));
        bench.engine->start(request(3));
        QCOMPARE(bench.engine->activity(), Activity::Loading);
        refuse = true;
        QTRY_COMPARE(bench.engine->activity(), Activity::Idle);
        QCOMPARE(bench.failures.size(), 1);
        QVERIFY(bench.started.empty());
    }

    void loadingCanBeCancelledAndSaysNothing()
    {
        Bench bench;
        QSignalSpy progress(bench.engine.get(), &EngineController::progressed);
        bench.engine->loadModel(QStringLiteral("endless"));
        QTRY_VERIFY(!progress.isEmpty());
        QCOMPARE(bench.engine->activity(), Activity::Loading);
        bench.engine->cancel();
        QTRY_COMPARE(bench.engine->activity(), Activity::Idle);
        QVERIFY(bench.failures.isEmpty());
        QVERIFY(bench.engine->model() == nullptr);
    }

    void theNewestOfSeveralModelsWins()
    {
        Bench bench;
        QSignalSpy loaded(bench.engine.get(), &EngineController::modelLoaded);
        bench.engine->loadModel(QStringLiteral("endless"));
        bench.engine->loadModel(QStringLiteral("first"));
        bench.engine->loadModel(QStringLiteral("second"));
        QTRY_COMPARE(loaded.size(), 1);
        QCOMPARE(bench.engine->model()->folder, QStringLiteral("second"));
        QCOMPARE(bench.engine->activity(), Activity::Idle);
        QVERIFY(bench.failures.isEmpty());
    }

    void aForkSharesThePrefixAndFeedsWhatWasChosen()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(12));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        const RunInfo parent = bench.ended.front();
        const auto parentSteps = bench.steps;

        ForkRequest fork;
        fork.step = StepIndex(5);
        fork.input = StepInput::token(TokenId(9));
        fork.change = QStringLiteral("fed 'w9' instead");
        bench.engine->fork(fork);
        QTRY_COMPARE(bench.ended.size(), std::size_t(2));
        const auto& child = bench.started.back();
        QCOMPARE(child.shared.size(), std::size_t(5));
        QCOMPARE(child.info.session, parent.session);
        QVERIFY(child.info.origin.has_value());
        QCOMPARE(*child.info.origin, (ForkOrigin{parent.id, StepIndex(5), "fed 'w9' instead"}));
        const StepRecord& first = bench.steps[parentSteps.size()].second;
        QCOMPARE(first.step, StepIndex(5));
        QCOMPARE(first.input, StepInput::token(TokenId(9)));
        QVERIFY(first.forced);

        const auto stored = bench.stored(child.info.id);
        QVERIFY_RESULT(stored);
        QCOMPARE(stored->size(), std::size_t(12));
        for (std::size_t i = 0; i < 5; ++i)
            QVERIFY(sameDecision((*stored)[i], parentSteps[i].second));
    }

    void aForkWithTheModeSwitchedGoesOnInThatMode()
    {
        Bench bench(slow);
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(endless));
        QTRY_VERIFY(bench.steps.size() > 8);
        const RunId parent = bench.started.front().info.id;
        ForkRequest fork;
        fork.step = StepIndex(4);
        fork.settings = request(10).settings;
        fork.settings->mode = "soft";
        fork.settings->start = StartPhase::Think;
        bench.engine->fork(fork, true);
        QTRY_COMPARE(bench.engine->activity(), Activity::Paused);
        QCOMPARE(bench.started.back().info.mode, std::string("soft"));
        QCOMPARE(bench.steps.back().second.mode, std::string("soft"));
        QCOMPARE(bench.steps.back().second.step, StepIndex(4));
        // The parent, which was going on, was ended and kept.
        const auto info = bench.storedInfo(parent);
        QVERIFY_RESULT(info);
        QCOMPARE(info->status, RunStatus::Stopped);
    }

    void aForkWithoutARunSaysSo()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->fork({.step = StepIndex(0), .input = {}, .settings = {}, .change = {}});
        QTRY_COMPARE(bench.failures.size(), 1);
        QCOMPARE(bench.engine->activity(), Activity::Idle);
    }

    void aStoredRunForksAsTheLiveOneWould()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        bench.engine->start(request(12));
        QTRY_COMPARE(bench.ended.size(), std::size_t(1));
        ForkRequest fork;
        fork.step = StepIndex(6);
        fork.input = StepInput::token(TokenId(0));
        bench.engine->fork(fork);
        QTRY_COMPARE(bench.ended.size(), std::size_t(2));
        const auto live = bench.stored(bench.ended[1].id);
        QVERIFY_RESULT(live);

        const auto parent = bench.storedInfo(bench.ended[0].id);
        const auto steps = bench.stored(bench.ended[0].id);
        QVERIFY_RESULT(parent);
        QVERIFY_RESULT(steps);
        bench.engine->loadModel(QStringLiteral("again"));
        bench.engine->forkStored(*parent, *steps, fork);
        QTRY_COMPARE(bench.ended.size(), std::size_t(3));
        const auto stored = bench.stored(bench.ended[2].id);
        QVERIFY_RESULT(stored);
        QCOMPARE(stored->size(), live->size());
        for (std::size_t i = 0; i < stored->size(); ++i)
            QVERIFY2(sameDecision((*stored)[i], (*live)[i]),
                     describeDifference((*stored)[i], (*live)[i]).c_str());
    }

    void aStoredRunOfAnotherModelIsRefusedByName()
    {
        Bench bench;
        bench.engine->loadModel(QStringLiteral("any"));
        RunInfo other;
        other.id = RunId(33);
        other.model.name = "somebody";
        other.model.fingerprint = "ffff";
        bench.engine->forkStored(other, {},
                                 {.step = {}, .input = {}, .settings = {}, .change = {}});
        QTRY_COMPARE(bench.failures.size(), 1);
        QVERIFY(bench.failures.front().contains(QStringLiteral("somebody")));
        QVERIFY(bench.failures.front().contains(QStringLiteral("33")));
    }

    void everyQuestionEndsWithOneAnswerOrFailure()
    {
        Bench bench(slow);
        bench.engine->loadModel(QStringLiteral("any"));
        RunRequest soft = request(endless);
        soft.settings.mode = "soft";
        soft.settings.parameters["temperature"] = 1.0;
        bench.engine->start(soft);
        QTRY_VERIFY(bench.steps.size() > 5);
        bench.engine->pause();
        QTRY_COMPARE(bench.engine->activity(), Activity::Paused);
        const RunInfo run = bench.started.front().info;
        QSignalSpy answered(bench.engine.get(), &EngineController::questionAnswered);
        QSignalSpy failed(bench.engine.get(), &EngineController::questionFailed);
        const CollapsePlan longOne{.step = StepIndex{1}, .steps = 10'000};

        bench.engine->ask(run, {}, longOne);
        bench.engine->ask(run, {}, ProbeQuestion{StepIndex{2}}); // in its place
        QCOMPARE(failed.size(), 1);
        QCOMPARE(failed[0][0].toString(), QString());
        QTRY_COMPARE(answered.size(), 1);
        QVERIFY(std::holds_alternative<MixtureProbe>(
            answered[0][0].value<std::shared_ptr<const ui::StepAnswer>>()->found));

        bench.engine->ask(run, {}, longOne);
        bench.engine->stop(); // does not wait for it
        QCOMPARE(failed.size(), 2);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ended.size(), std::size_t(1), 2'000);

        bench.engine->ask(run, {}, ProbeQuestion{StepIndex{999'999}});
        QTRY_COMPARE(failed.size(), 3);
        QVERIFY(failed[2][0].toString().contains(QStringLiteral("no step 999999")));
        QCOMPARE(answered.size(), 1);
        QVERIFY(bench.failures.empty());
    }

    void aQuestionAboutARunWhoseModelCannotBeLoadedSaysSo()
    {
        Bench bench;
        QSignalSpy failed(bench.engine.get(), &EngineController::questionFailed);
        bench.engine->loadModel(QStringLiteral("missing"));
        RunInfo stored;
        stored.id = RunId(33);
        stored.model.name = "somebody";
        bench.engine->ask(stored, {}, ProbeQuestion{StepIndex{0}});
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("somebody")));
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("33")));
    }

    void aLibraryThatCannotBeWrittenIsNamed()
    {
        QTemporaryDir folder;
        EngineController engine(std::filesystem::path(folder.path().toStdString()), fakeLoader());
        QSignalSpy failed(&engine, &EngineController::failed);
        engine.loadModel(QStringLiteral("any"));
        engine.start(request(5));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed.front().front().toString().contains(folder.path()));
        QTRY_COMPARE(engine.activity(), Activity::Idle);
    }
};

QTEST_MAIN(EngineControllerTest)
#include "tst_enginecontroller.moc"
