#include "qverifyresult.h"
#include "store/sessionstore.h"
#include "testrun.h"

#include <QTest>

#include <thread>

using namespace halftone;
using namespace halftone::test;
using namespace Qt::StringLiterals;

namespace {

std::unique_ptr<SessionStore> openStore(const TemporaryFolder& folder)
{
    auto store = SessionStore::open(folder.library());
    if (!store)
        qFatal("%s", store.error().message.c_str());
    return std::move(*store);
}

/// Stores a run with the records of `seed` for its own steps.
RunId storeRun(SessionStore& store, RunInfo info, std::uint64_t seed, std::int64_t own)
{
    const std::int64_t from = info.origin ? info.origin->step.value : 0;
    const auto run = store.createRun(info, someTokens());
    if (!run)
        qFatal("%s", run.error().message.c_str());
    const auto done = store.appendSteps(*run, randomRecords(seed, from, from + own));
    if (!done)
        qFatal("%s", done.error().message.c_str());
    return *run;
}

RunInfo forkOf(RunId parent, std::int64_t step)
{
    RunInfo info = someRun();
    info.origin = ForkOrigin{parent, StepIndex{step}, "fed 'bern' instead of 'femp'"};
    return info;
}

std::vector<std::string> names(const std::vector<SessionSummary>& sessions)
{
    std::vector<std::string> list;
    for (const SessionSummary& session : sessions)
        list.push_back(session.name);
    return list;
}

} // namespace

class SessionStoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void recordsComeBackEqualToTheBit()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId run = storeRun(*store, someRun(), 1, 400);
        const auto steps = openStore(folder)->steps(run);
        QVERIFY_RESULT(steps);
        QCOMPARE(firstDifference(*steps, randomRecords(1, 0, 400)), std::string());
    }

    void aRunComesBackAsItWasStored()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        RunInfo info = someRun("Zwei\nZeilen \xff");
        info.seed = ~std::uint64_t{0};
        info.startedMs = 1'700'000'000'123;
        info.timings = {2, 1000, 0, 0};
        const auto id = store->createRun(info, someTokens());
        QVERIFY_RESULT(id);

        const auto running = store->run(*id);
        QVERIFY_RESULT(running);
        QCOMPARE(running->id, *id);
        QVERIFY(running->session.value > 0);
        QCOMPARE(running->origin, info.origin);
        QCOMPARE(running->model, info.model);
        QCOMPARE(running->settings, info.settings);
        QCOMPARE(running->mode, info.mode);
        QCOMPARE(running->seed, info.seed);
        QCOMPARE(running->prompt, info.prompt);
        QCOMPARE(running->promptIds, info.promptIds);
        QCOMPARE(running->programVersion, info.programVersion);
        QCOMPARE(running->status, RunStatus::Running);
        QCOMPARE(running->startedMs, info.startedMs);
        QCOMPARE(running->finishedMs, 0);
        QCOMPARE(running->timings, info.timings);

        const RunTimings timings{2, 1000, 40, 5000};
        QVERIFY_RESULT(store->finishRun(*id, RunStatus::Failed, StopReason::User, timings, "Why."));
        const auto ended = store->run(*id);
        QVERIFY_RESULT(ended);
        QCOMPARE(ended->status, RunStatus::Failed);
        QCOMPARE(ended->stop, StopReason::User);
        QCOMPARE(ended->timings, timings);
        QCOMPARE(ended->failure, "Why.");
        QVERIFY(ended->finishedMs >= ended->startedMs);
    }

    void tokenBytesComeBackAndAreStoredOnce()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId first = storeRun(*store, someRun(), 1, 0);
        const RunId second = storeRun(*store, someRun(), 2, 0);
        RunInfo elsewhere = someRun();
        elsewhere.model.threads = 1;
        const RunId third = storeRun(*store, elsewhere, 2, 0);
        const auto other = store->createRun(someRun(), TokenTable({"a", "\xe2\x82", "", ""}, " "));
        QVERIFY_RESULT(other);

        const auto tokens = store->tokens(second);
        QVERIFY_RESULT(tokens);
        QCOMPARE((*tokens)->size(), someTokens().size());
        QCOMPARE((*tokens)->joiner(), someTokens().joiner());
        for (int id = 0; id < 4; ++id)
            QCOMPARE((*tokens)->piece(TokenId{id}), someTokens().piece(TokenId{id}));
        QCOMPARE(runSql(folder.library(), "SELECT count(*) FROM vocabularies"), "2");
        QCOMPARE(runSql(folder.library(), "SELECT count(*) FROM models"), "2");
        QCOMPARE(store->run(first)->model.threads, 2);
        QCOMPARE(store->run(third)->model.threads, 1);
    }

    void aForkStoresItsOwnStepsAndReadsItsParents()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId root = storeRun(*store, someRun(), 1, 10);
        const RunId child = storeRun(*store, forkOf(root, 6), 2, 3);       // steps 6, 7, 8
        const RunId grandchild = storeRun(*store, forkOf(child, 8), 3, 2); // steps 8, 9
        const RunId early = storeRun(*store, forkOf(child, 4), 4, 1);      // before child's own
        const RunId bare = storeRun(*store, forkOf(grandchild, 10), 5, 0);
        const RunId fromStart = storeRun(*store, forkOf(root, 0), 6, 2);

        const auto expect = [](std::initializer_list<std::array<std::int64_t, 3>> parts) {
            std::vector<StepRecord> steps;
            for (const auto& [seed, from, end] : parts)
                for (std::int64_t step = from; step < end; ++step)
                    steps.push_back(randomRecord(static_cast<std::uint64_t>(seed), step));
            return steps;
        };
        const auto read = [&](RunId run) { return store->steps(run).value(); };
        QCOMPARE(firstDifference(read(root), expect({{1, 0, 10}})), std::string());
        QCOMPARE(firstDifference(read(child), expect({{1, 0, 6}, {2, 6, 9}})), std::string());
        QCOMPARE(firstDifference(read(grandchild), expect({{1, 0, 6}, {2, 6, 8}, {3, 8, 10}})),
                 std::string());
        QCOMPARE(firstDifference(read(early), expect({{1, 0, 4}, {4, 4, 5}})), std::string());
        QCOMPARE(firstDifference(read(bare), expect({{1, 0, 6}, {2, 6, 8}, {3, 8, 10}})),
                 std::string());
        QCOMPARE(firstDifference(read(fromStart), expect({{6, 0, 2}})), std::string());
        QCOMPARE(store->stepCount(grandchild).value(), 10);
        QCOMPARE(store->stepCount(bare).value(), 10);
        QCOMPARE(runSql(folder.library(), "SELECT count(*) FROM steps"), "18");

        const auto session = store->sessions().value().at(0);
        QCOMPARE(session.runs.size(), 6U);
        QCOMPARE(session.runs[2].parent, child);
        QCOMPARE(session.runs[2].forkStep, StepIndex{8});
        QCOMPARE(session.runs[2].change, "fed 'bern' instead of 'femp'");
        QCOMPARE(session.runs[2].steps, 10);
        QCOMPARE(store->run(early)->origin, forkOf(child, 4).origin);
    }

    void aForkStaysInItsParentsSession()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId root = storeRun(*store, someRun(), 1, 3);
        const SessionId other = store->createSession("other").value();
        RunInfo fork = forkOf(root, 2);
        fork.session = other;
        const auto refused = store->createRun(fork, someTokens());
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(refused.error().message, "A fork of run 1 belongs to that run's session 1, not to "
                                          "session 2.");
        fork.session = {};
        QCOMPARE(store->run(store->createRun(fork, someTokens()).value())->session, SessionId{1});
    }

    void aForkNeedsItsParentsSteps()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId root = storeRun(*store, someRun(), 1, 3);
        const auto beyond = store->createRun(forkOf(root, 4), someTokens());
        QVERIFY(!beyond);
        QCOMPARE(beyond.error().message,
                 "Run 1 has 3 stored steps, so it cannot be forked at step 4.");
        const auto orphan = store->createRun(forkOf(RunId{77}, 0), someTokens());
        QVERIFY(!orphan);
        QCOMPARE(orphan.error().code, ErrorCode::NotFound);
        QVERIFY_RESULT(store->createRun(forkOf(root, 3), someTokens()));
    }

    void stepsMustFollowThoseBefore()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId run = storeRun(*store, someRun(), 1, 3);
        for (const std::int64_t step : {0, 2, 4}) {
            const auto refused = store->appendSteps(run, randomRecords(1, step, step + 1));
            QVERIFY(!refused);
            QCOMPARE(refused.error().message, "Step " + std::to_string(step) +
                                                  " cannot be stored after the 3 steps of run 1.");
        }
        // A batch is stored whole or not at all.
        std::vector<StepRecord> gap = randomRecords(1, 3, 5);
        gap.push_back(randomRecord(1, 6));
        QVERIFY(!store->appendSteps(run, gap));
        QCOMPARE(store->stepCount(run).value(), 3);
        QVERIFY_RESULT(store->appendSteps(run, randomRecords(1, 3, 5)));
        QCOMPARE(store->stepCount(run).value(), 5);
    }

    void whatIsNotThereIsNamed()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const std::string where = " in the library '" + folder.library().string() + "'.";
        const auto run = store->run(RunId{12});
        QVERIFY(!run);
        QCOMPARE(run.error().code, ErrorCode::NotFound);
        QCOMPARE(run.error().message, "There is no run 12" + where);
        QCOMPARE(store->steps(RunId{12}).error().message, "There is no run 12" + where);
        QCOMPARE(store->tokens(RunId{12}).error().message, "There is no run 12" + where);
        QCOMPARE(store->appendSteps(RunId{12}, {}).error().message, "There is no run 12" + where);
        QCOMPARE(store->finishRun(RunId{12}, RunStatus::Finished, {}, {}).error().message,
                 "There is no run 12" + where);
        QCOMPARE(store->renameSession(SessionId{5}, "x").error().message,
                 "There is no session 5" + where);
        QCOMPARE(store->moveToBin(SessionId{5}).error().message, "There is no session 5" + where);
        RunInfo info = someRun();
        info.session = SessionId{5};
        QCOMPARE(store->createRun(info, someTokens()).error().message,
                 "There is no session 5" + where);
    }

    void aNewSessionIsNamedAfterThePrompt_data()
    {
        QTest::addColumn<QByteArray>("prompt");
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("short") << QByteArray("Why is it?") << QByteArray("Why is it?");
        QTest::newRow("lines") << QByteArray("\n  a\n\tb  ") << QByteArray("a b");
        QTest::newRow("none") << QByteArray() << QByteArray("Prompt of 2 tokens");
        QTest::newRow("blank") << QByteArray(" \n ") << QByteArray("Blank prompt");
        QTest::newRow("long") << QByteArray(200, 'x') << QByteArray(80, 'x') + "…";
        QTest::newRow("cut between characters")
            << QByteArray(79, 'x') + "äöü" << QByteArray(79, 'x') + "…";
    }
    void aNewSessionIsNamedAfterThePrompt()
    {
        QFETCH(QByteArray, prompt);
        QFETCH(QByteArray, name);
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        storeRun(*store, someRun(prompt.toStdString()), 1, 0);
        QCOMPARE(QByteArray::fromStdString(store->sessions().value().at(0).name), name);
    }

    void sessionsAreListedNewestFirst()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const SessionId first = store->createSession("first").value();
        QVERIFY_RESULT(store->createSession("second"));
        RunInfo info = someRun();
        info.session = first;
        const RunId run = storeRun(*store, info, 1, 5);
        QVERIFY_RESULT(store->finishRun(run, RunStatus::Stopped, StopReason::User, {}));
        QVERIFY_RESULT(store->createSession("third"));
        QVERIFY_RESULT(store->renameSession(first, "renamed"));

        const auto sessions = store->sessions();
        QVERIFY_RESULT(sessions);
        QCOMPARE(names(*sessions), (std::vector<std::string>{"third", "second", "renamed"}));
        QVERIFY((*sessions)[0].runs.empty());
        const RunSummary& summary = (*sessions)[2].runs.at(0);
        QCOMPARE(summary.id, run);
        QCOMPARE(summary.parent, std::nullopt);
        QCOMPARE(summary.mode, "soft");
        QCOMPARE(summary.modelName, "starter");
        QCOMPARE(summary.seed, 7U);
        QCOMPARE(summary.status, RunStatus::Stopped);
        QCOMPARE(summary.stop, StopReason::User);
        QCOMPARE(summary.steps, 5);
        QVERIFY(summary.startedMs > 1'600'000'000'000);
    }

    void searchLooksInNamesAndPrompts_data()
    {
        QTest::addColumn<QByteArray>("search");
        QTest::addColumn<int>("found"); // of: "100% sure" / "Ärger_mit Öl" / "plain"
        QTest::newRow("everything") << QByteArray() << 3;
        QTest::newRow("part of a name") << QByteArray("sure") << 1;
        QTest::newRow("another case") << QByteArray("SURE") << 1;
        QTest::newRow("another case beyond ASCII") << QByteArray("äRGER") << 1;
        QTest::newRow("decomposed") << QByteArray("a\xcc\x88rger") << 1;
        QTest::newRow("percent is a percent sign") << QByteArray("%") << 1;
        QTest::newRow("underscore is an underscore") << QByteArray("_") << 1;
        QTest::newRow("quote") << QByteArray("'") << 0;
        QTest::newRow("in a prompt") << QByteArray("STRASSE") << 1; // the prompt says "Straße"
        QTest::newRow("nowhere") << QByteArray("elsewhere") << 0;
        QTest::newRow("no UTF-8") << QByteArray("\xff") << 0;
    }
    void searchLooksInNamesAndPrompts()
    {
        QFETCH(QByteArray, search);
        QFETCH(int, found);
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        QVERIFY_RESULT(store->createSession("100% sure"));
        QVERIFY_RESULT(store->createSession("Ärger_mit Öl"));
        RunInfo info = someRun("Welche Straße?");
        info.session = store->createSession("plain").value();
        storeRun(*store, info, 1, 0);
        storeRun(*store, info, 1, 0);
        const auto sessions = store->sessions({search.toStdString(), false});
        QVERIFY_RESULT(sessions);
        QCOMPARE(static_cast<int>(sessions->size()), found);
    }

    void theBinCanBeUndone()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const SessionId keep = store->createSession("keep").value();
        const SessionId drop = store->createSession("drop").value();
        QVERIFY_RESULT(store->moveToBin(drop));
        QVERIFY_RESULT(store->moveToBin(keep));
        QCOMPARE(names(store->sessions().value()), std::vector<std::string>{});
        QCOMPARE(names(store->sessions({"KEEP", true}).value()), std::vector<std::string>{"keep"});
        QVERIFY(store->sessions({"", true})->at(0).binnedMs.has_value());
        QVERIFY_RESULT(store->restoreFromBin(keep));
        QCOMPARE(names(store->sessions().value()), std::vector<std::string>{"keep"});
        QCOMPARE(names(store->sessions({"", true}).value()), std::vector<std::string>{"drop"});
    }

    void emptyingTheBinDeletesWhatIsInItAlone()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId kept = storeRun(*store, someRun("kept"), 1, 50);
        RunInfo other = someRun("dropped");
        other.model.fingerprint = "ffff";
        const RunId dropped = storeRun(*store, other, 2, 1500);
        const RunId fork = storeRun(*store, forkOf(dropped, 10), 3, 5);
        for (const RunId run : {kept, dropped, fork})
            QVERIFY_RESULT(store->finishRun(run, RunStatus::Finished, StopReason::MaxSteps, {}));
        const std::string pages = runSql(folder.library(), "PRAGMA page_count");
        QVERIFY_RESULT(store->moveToBin(store->run(dropped)->session));
        QVERIFY_RESULT(store->emptyBin());

        QCOMPARE(store->run(dropped).error().code, ErrorCode::NotFound);
        QCOMPARE(store->run(fork).error().code, ErrorCode::NotFound);
        QCOMPARE(firstDifference(store->steps(kept).value(), randomRecords(1, 0, 50)),
                 std::string());
        QCOMPARE(runSql(folder.library(), "SELECT count(*) FROM steps"), "50");
        QCOMPARE(runSql(folder.library(), "SELECT count(*) FROM models"), "1");
        QCOMPARE(runSql(folder.library(), "SELECT count(*) FROM sessions"), "1");
        QCOMPARE(runSql(folder.library(), "PRAGMA freelist_count"), "0");
        QVERIFY(std::stoi(runSql(folder.library(), "PRAGMA page_count")) < std::stoi(pages) / 4);
        QCOMPARE(runSql(folder.library(), "PRAGMA integrity_check"), "ok");
        // Numbers are not given out again.
        QVERIFY(storeRun(*store, someRun(), 1, 0) > fork);
    }

    void emptyingTheBinLeavesARunThatIsBeingWritten()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId run = storeRun(*store, someRun(), 1, 2);
        QVERIFY_RESULT(store->moveToBin(store->run(run)->session));
        QVERIFY_RESULT(store->emptyBin());
        QVERIFY_RESULT(store->appendSteps(run, randomRecords(1, 2, 4)));
        QVERIFY_RESULT(store->finishRun(run, RunStatus::Finished, StopReason::MaxSteps, {}));
        QVERIFY_RESULT(store->emptyBin());
        QVERIFY(!store->run(run));
    }

    void aNewRunTakesItsSessionOutOfTheBin()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId run = storeRun(*store, someRun("x"), 1, 2);
        QVERIFY_RESULT(store->moveToBin(store->run(run)->session));
        QVERIFY_RESULT(store->createRun(forkOf(run, 1), someTokens()));
        QCOMPARE(names(store->sessions().value()), std::vector<std::string>{"x"});
    }

    void aRunWhoseWriterDiedIsInterrupted_data()
    {
        QTest::addColumn<QString>("change");
        QTest::newRow("no such process") << u"writer_pid = 2147483646"_s;
        QTest::newRow("the number was given out again") << u"writer_start = writer_start - 1"_s;
        QTest::newRow("the machine was started anew") << u"writer_boot = 'another'"_s;
    }
    void aRunWhoseWriterDiedIsInterrupted()
    {
        QFETCH(QString, change);
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId run = storeRun(*store, someRun(), 1, 3);
        QCOMPARE(store->run(run)->status, RunStatus::Running);
        runSql(folder.library(), "UPDATE runs SET " + change.toStdString());
        QCOMPARE(store->run(run)->status, RunStatus::Interrupted);
        QCOMPARE(store->sessions()->at(0).runs.at(0).status, RunStatus::Interrupted);
        QCOMPARE(store->steps(run)->size(), 3U);
        // A run that was closed keeps its status whoever wrote it.
        QVERIFY_RESULT(store->finishRun(run, RunStatus::Finished, StopReason::EndToken, {}));
        QCOMPARE(store->run(run)->status, RunStatus::Finished);
    }

    void severalConnectionsMayWriteAtOnce()
    {
        const TemporaryFolder folder;
        constexpr int writers = 4;
        constexpr std::int64_t batches = 30;
        std::vector<std::string> failures(writers);
        std::vector<RunId> runs(writers);
        std::vector<std::thread> threads;
        for (std::size_t w = 0; w < writers; ++w)
            threads.emplace_back([&, w] {
                // All make the file, or find that another has just made it.
                auto store = SessionStore::open(folder.library());
                if (!store) {
                    failures[w] = store.error().message;
                    return;
                }
                const auto run = (*store)->createRun(someRun(), someTokens());
                if (!run) {
                    failures[w] = run.error().message;
                    return;
                }
                runs[w] = *run;
                for (std::int64_t b = 0; b < batches; ++b)
                    if (const auto done =
                            (*store)->appendSteps(*run, randomRecords(w, 5 * b, 5 * b + 5));
                        !done)
                        failures[w] = done.error().message;
            });
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(failures, std::vector<std::string>(writers));
        const auto store = openStore(folder);
        QCOMPARE(store->sessions()->size(), static_cast<std::size_t>(writers));
        for (std::size_t w = 0; w < writers; ++w)
            QCOMPARE(
                firstDifference(store->steps(runs[w]).value(), randomRecords(w, 0, 5 * batches)),
                std::string());
    }

    void aProbeMadeLaterIsKeptWithItsStep()
    {
        const TemporaryFolder folder;
        const auto store = openStore(folder);
        const RunId parent = storeRun(*store, someRun(), 1, 5);
        RunInfo fork = someRun();
        fork.origin = ForkOrigin{parent, StepIndex{3}, "fed something else"};
        const auto child = store->createRun(fork, someTokens());
        QVERIFY_RESULT(child);
        QVERIFY_RESULT(store->appendSteps(*child, randomRecords(2, 3, 6)));

        const MixtureProbe own{0.125F, 0.25F, 0.5F, 0.0625F};
        const MixtureProbe shared{0.375F, 0.25F, 0.5F, 0.0625F};
        const auto before = store->steps(*child);
        QVERIFY_RESULT(store->setProbe(*child, StepIndex{4}, own));
        QVERIFY_RESULT(store->setProbe(*child, StepIndex{1}, shared)); // the parent's
        const auto after = store->steps(*child);
        for (std::size_t i = 0; i < after->size(); ++i) {
            StepRecord expected = (*before)[i];
            if (i == 4)
                expected.probe = own;
            if (i == 1)
                expected.probe = shared;
            QCOMPARE(firstDifference((*after)[i], expected), std::string());
        }
        QCOMPARE(store->steps(parent)->at(1).probe, std::optional(shared));
        QVERIFY(store->steps(parent)->at(4).probe != std::optional(own)); // the parent's own step 4

        const auto missing = store->setProbe(*child, StepIndex{6}, own);
        QVERIFY(!missing);
        QCOMPARE(missing.error().code, ErrorCode::NotFound);
        QVERIFY(missing.error().message.find("step 6 of run") != std::string::npos);
    }

    void readingDoesNotWaitForAWriter()
    {
        const TemporaryFolder folder;
        const auto writer = openStore(folder);
        const RunId run = storeRun(*writer, someRun(), 1, 5);
        const auto reader = SessionStore::open(folder.library(), SessionStore::Access::ReadOnly);
        QVERIFY_RESULT(reader);
        QVERIFY((*reader)->readOnly());
        QCOMPARE((*reader)->notice(), std::string());
        QCOMPARE((*reader)->stepCount(run).value(), 5);
        QVERIFY_RESULT(writer->appendSteps(run, randomRecords(1, 5, 9)));
        QCOMPARE((*reader)->stepCount(run).value(), 9);
        const auto refused = (*reader)->createSession("x");
        QVERIFY(!refused);
        QCOMPARE(refused.error().message, "The library '" + folder.library().string() +
                                              "' is open for reading only; nothing can be stored "
                                              "in it.");
    }
};

QTEST_GUILESS_MAIN(SessionStoreTest)
#include "tst_sessionstore.moc"
