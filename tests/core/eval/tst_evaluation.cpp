// Evaluations of the built-in starter: that a sample is the run that it would be alone, and that
// what was stored is never run again.
#include "engine/engine.h"
#include "eval/evaluation.h"
#include "eval/items.h"
#include "faultydisk.h"
#include "qverifyresult.h"
#include "testrun.h"

#include <QTest>

#include <map>

using namespace halftone;
using namespace halftone::test;

namespace {

TaskItem sum(const std::string& id, const std::string& terms, const std::string& answer)
{
    TaskItem item;
    item.id = id;
    item.prompt = terms + " sum <think>";
    item.answer = answer;
    return item;
}

TaskSet someSums()
{
    TaskSet set;
    set.items = {sum("one", "7 + 5 + 9 + 4", "5"), sum("two", "2 + 3", "5"),
                 sum("three", "8 + 8 + 8", "4"), sum("wrong", "1 + 1", "9")};
    return set;
}

const std::string twoSettings =
    R"({"name": "sums", "data": "d", "batch": 3, "seeds": [5, 6], "defaults": {"max_steps": 12},
        "settings": [{"name": "greedy", "parameters": {"temperature": 0}},
                     {"name": "soft", "mode": "soft"}]})";

std::map<SampleKey, RunId> runsOf(const std::vector<StoredSample>& samples)
{
    std::map<SampleKey, RunId> runs;
    for (const StoredSample& sample : samples)
        if (sample.outcome)
            runs[sample.key] = sample.run;
    return runs;
}

} // namespace

class EvaluationTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        FaultyDisk::install();
        const auto engine = Engine::load(std::filesystem::path(HALFTONE_TEST_MODELS) / "starter",
                                         {.device = "cpu", .threads = 1});
        QVERIFY_RESULT(engine);
        m_engine = *engine;
    }

    void everySampleIsTheRunThatItWouldBeAlone()
    {
        const TemporaryFolder folder;
        const std::string plan =
            R"({"data": "d", "seeds": [3, 4], "defaults": {"max_steps": 10}, "settings": [
                {"name": "sampled", "parameters": {"temperature": 1.5}},
                {"name": "soft", "mode": "soft"}, {"name": "gumbel", "mode": "gumbel"},
                {"name": "latent", "mode": "latent", "parameters": {"latent-steps": 3}},
                {"name": "swi", "mode": "swi"}]})";
        const auto id = evaluate(request(plan, folder));
        QVERIFY_RESULT(id);
        const auto samples = samplesOf(*id, folder);
        QCOMPARE(samples.size(), 4U * 5 * 2);
        const auto store = SessionStore::open(folder.library()).value();
        for (const StoredSample& sample : samples) {
            const RunInfo info = store->run(sample.run).value();
            QCOMPARE(info.status, RunStatus::Finished);
            QVERIFY(!info.origin);
            const auto alone =
                m_engine->createSession(runSettingsFromJson(info.settings).value()).value();
            QVERIFY_RESULT(alone->prefill(info.promptIds));
            while (!alone->finished())
                QVERIFY_RESULT(alone->step());
            const auto stored = store->steps(sample.run).value();
            QCOMPARE(stored.size(), alone->steps().size());
            for (std::size_t i = 0; i < stored.size(); ++i)
                QCOMPARE(describeDifference(stored[i], alone->steps()[i]), std::string());
        }
    }

    void answersAreJudged()
    {
        const TemporaryFolder folder;
        const auto id = evaluate(request(twoSettings, folder));
        QVERIFY_RESULT(id);
        for (const StoredSample& sample : samplesOf(*id, folder)) {
            QVERIFY(sample.outcome);
            if (sample.key.setting == "greedy") {
                QCOMPARE(sample.outcome->correct, sample.key.item != "wrong");
                QCOMPARE(sample.outcome->answerTokens, 1);
                QCOMPARE(sample.outcome->thinkTokens, sample.key.item == "one"     ? 4
                                                      : sample.key.item == "three" ? 3
                                                                                   : 2);
            }
        }
    }

    void whatWasCancelledGoesOnAndNothingIsRunTwice()
    {
        const TemporaryFolder folder;
        CancelToken cancel;
        const auto stopped = evaluate(
            request(twoSettings, folder),
            [&](const Progress& progress) {
                if (progress.done >= 5)
                    cancel.cancel();
            },
            cancel);
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
        const auto before = runsOf(samplesOf(EvaluationId{1}, folder));
        QVERIFY(before.size() >= 5 && before.size() < 16);

        // Killed between the end of a run and the look at it: the run is not run again either.
        runSql(folder.library(), "UPDATE samples SET correct = NULL WHERE run = " +
                                     std::to_string(before.begin()->second.value));
        auto again = request(twoSettings, folder);
        again.resume = true;
        again.plan.batch = 16;
        const auto resumed = evaluate(again);
        QVERIFY_RESULT(resumed);
        QCOMPARE(resumed->value, 1);
        const auto after = runsOf(samplesOf(*resumed, folder));
        QCOMPARE(after.size(), 16U);
        for (const auto& [key, run] : before)
            QCOMPARE(after.at(key), run);

        QVERIFY_RESULT(evaluate(again));
        QCOMPARE(runsOf(samplesOf(*resumed, folder)), after);
    }

    void theOneThatIsNamedGoesOnThoughANewerOneIsOfThePlan()
    {
        const TemporaryFolder folder;
        CancelToken cancel;
        QVERIFY(!evaluate(
            request(twoSettings, folder),
            [&](const Progress& progress) {
                if (progress.done >= 1)
                    cancel.cancel();
            },
            cancel));
        QCOMPARE(evaluate(request(twoSettings, folder)).value().value, 2);
        auto again = request(twoSettings, folder);
        again.resume = true;
        again.resumed = EvaluationId{1};
        QCOMPARE(evaluate(again).value().value, 1);
        QCOMPARE(runsOf(samplesOf(EvaluationId{1}, folder)).size(), 16U);
    }

    void ofAPlanWithSeveralDataSetsThoseNotBegunAreBegun()
    {
        const TemporaryFolder folder;
        auto asked = request(twoSettings, folder);
        QCOMPARE(evaluate(asked).value().value, 1); // an earlier one of this very plan
        asked.resume = true;
        asked.after = EvaluationId{1}; // the data set before it was begun later
        QCOMPARE(evaluate(asked).value().value, 2);
        QCOMPARE(evaluate(asked).value().value, 2);
    }

    void aFullDiskEndsItWithASentenceAndNothingIsLost()
    {
        const TemporaryFolder folder;
        const std::string plan = R"({"data": "d", "seeds": {"count": 50}, "batch": 8, "defaults":
            {"max_steps": 12}, "settings": [{"name": "sampled"}]})";
        FaultyDisk::failAfter(600'000);
        const auto failed = evaluate(request(plan, folder));
        FaultyDisk::repair();
        QVERIFY(!failed);
        QCOMPARE(failed.error().code, ErrorCode::DiskFull);
        QVERIFY2(failed.error().message.find(folder.library().string()) != std::string::npos,
                 failed.error().message.c_str());
        const auto before = runsOf(samplesOf(EvaluationId{1}, folder));
        QVERIFY(!before.empty() && before.size() < 200);

        auto again = request(plan, folder);
        again.resume = true;
        QVERIFY_RESULT(evaluate(again));
        const auto after = runsOf(samplesOf(EvaluationId{1}, folder));
        QCOMPARE(after.size(), 200U);
        for (const auto& [key, run] : before)
            QCOMPARE(after.at(key), run);
    }

    void anotherPlanOrOtherItemsAreNotGoneOnWith()
    {
        const TemporaryFolder folder;
        auto none = request(twoSettings, folder);
        none.resume = true;
        const auto absent = evaluate(none);
        QVERIFY(!absent);
        QCOMPARE(absent.error().code, ErrorCode::NotFound);
        QVERIFY_RESULT(evaluate(request(twoSettings, folder)));
        auto changed = request(twoSettings, folder);
        changed.resume = true;
        changed.items.items[0].answer = "6";
        const auto refused = evaluate(changed);
        QVERIFY(!refused);
        QCOMPARE(refused.error().message, "The items have changed since evaluation 1 was begun, so "
                                          "it cannot be gone on with; begin a new one.");
    }

    void thinkingIsSwitchedOnAndOff()
    {
        const TemporaryFolder folder;
        auto asked = request(R"({"data": "d", "defaults": {"max_steps": 6}, "settings": [
                {"name": "on", "thinking": true}, {"name": "off", "thinking": false}]})",
                             folder);
        asked.items.items.resize(1);
        asked.items.items[0].prompt = "2 + 3 sum"; // no <think>
        const auto id = evaluate(asked);
        QVERIFY_RESULT(id);
        const auto store = SessionStore::open(folder.library()).value();
        for (const StoredSample& sample : samplesOf(*id, folder)) {
            const RunInfo info = store->run(sample.run).value();
            const bool on = sample.key.setting == "on";
            QCOMPARE(info.prompt, on ? "2 + 3 sum <think>" : "2 + 3 sum <think> </think>");
            QCOMPARE(info.promptIds, m_engine->encodePrompt(info.prompt).value());
            QCOMPARE(sample.outcome->thinkTokens > 0, on);
        }
    }

    void whatCannotBeFedIsFoundBeforeAnythingIsRun()
    {
        const TemporaryFolder folder;
        auto asked = request(twoSettings, folder);
        for (int i = 0; i < 5000; ++i)
            asked.items.items.back().prompt += " 1";
        const auto refused = evaluate(asked);
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.starts_with("The prompt of item 'wrong' in setting "
                                                     "'greedy' has 5"),
                 refused.error().message.c_str());
        auto partnerless = request(R"({"data": "d", "settings": [{"name": "two", "mode":
                                       "speculative"}]})",
                                   folder);
        const auto alone = evaluate(partnerless);
        QVERIFY(!alone);
        QVERIFY2(alone.error().message.find("takes turns") != std::string::npos,
                 alone.error().message.c_str());
        QVERIFY(!std::filesystem::exists(folder.library()));
    }

private:
    EvaluationRequest request(const std::string& plan, const TemporaryFolder& folder) const
    {
        EvaluationRequest asked;
        asked.engine = m_engine;
        asked.plan = evaluationPlanFromJson(plan).value();
        asked.items = someSums();
        asked.library = folder.library();
        return asked;
    }

    static std::vector<StoredSample> samplesOf(EvaluationId id, const TemporaryFolder& folder)
    {
        return EvaluationStore::open(folder.library(), SessionStore::Access::ReadOnly)
            .value()
            ->samples(id)
            .value();
    }

    std::shared_ptr<const Engine> m_engine;
};

QTEST_GUILESS_MAIN(EvaluationTest)
#include "tst_evaluation.moc"
