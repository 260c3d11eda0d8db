// Plans of several data sets over the built-in starter.
#include "engine/engine.h"
#include "eval/planrun.h"
#include "qverifyresult.h"
#include "testrun.h"

#include <QTest>

#include <algorithm>
#include <fstream>

using namespace halftone;
using namespace halftone::test;

namespace {

/// Two data sets of two and of one question.
const char* const twoSets = R"({"name": "both", "data": [{"task": "walks", "count": 2},
    {"file": "sums.jsonl"}], "seeds": [1, 2], "defaults": {"max_steps": 8},
    "settings": [{"name": "greedy", "parameters": {"temperature": 0}}]})";

} // namespace

class PlanRunTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const auto engine = Engine::load(std::filesystem::path(HALFTONE_TEST_MODELS) / "starter",
                                         {.device = "cpu", .threads = 1});
        QVERIFY_RESULT(engine);
        m_engine = *engine;
    }

    void everyDataSetIsAnEvaluationAndProgressCountsTheSamplesOfAll()
    {
        const TemporaryFolder folder;
        std::vector<std::uint64_t> seen;
        const auto done = evaluateAll(requests(folder, false), [&](const Progress& progress) {
            QCOMPARE(progress.total, 6U);
            seen.push_back(progress.done);
        });
        QVERIFY_RESULT(done);
        QCOMPARE(done->size(), 2U);
        QVERIFY(std::is_sorted(seen.begin(), seen.end()));
        QCOMPARE(seen.front(), 0U);
        QVERIFY(std::find(seen.begin(), seen.end(), 4U) != seen.end()); // the second one's begin
        QCOMPARE(namesAndSamples(folder),
                 (std::vector<std::string>{"both: sums.jsonl 2", "both: walks 4"}));
    }

    void whatIsResumedGoesOnInItsDataSetAndThoseBehindAreBegun()
    {
        const TemporaryFolder folder;
        CancelToken cancel;
        cancel.cancel();
        const auto stopped = evaluateAll(requests(folder, false), {}, cancel);
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
        QVERIFY(!std::filesystem::exists(folder.library())); // before the first sample

        CancelToken later;
        QVERIFY(!evaluateAll(
            requests(folder, false),
            [&](const Progress& progress) {
                if (progress.done >= 1)
                    later.cancel();
            },
            later));
        QCOMPARE(namesAndSamples(folder).size(), 1U);
        const auto resumed = evaluateAll(requests(folder, true));
        QVERIFY_RESULT(resumed);
        QCOMPARE(resumed->front(), EvaluationId{1});
        QCOMPARE(namesAndSamples(folder),
                 (std::vector<std::string>{"both: sums.jsonl 2", "both: walks 4"}));
    }

    void allAreCheckedBeforeTheFirstIsBegun()
    {
        const TemporaryFolder folder;
        auto asked = requests(folder, false);
        for (int i = 0; i < 5000; ++i)
            asked.back().items.items.back().prompt += " 1";
        QVERIFY(!evaluateAll(std::move(asked)));
        QVERIFY(!std::filesystem::exists(folder.library()));
    }

    void aDataSetThatIsMissingIsNamed()
    {
        const TemporaryFolder folder;
        auto plan =
            evaluationPlanFromJson(R"({"data": "gone.jsonl", "settings": [{"name": "a"}]})");
        QVERIFY_RESULT(plan);
        const auto none = requestsFor({*plan}, folder.library(), false);
        QVERIFY(!none);
        QVERIFY2(none.error().message.find("gone.jsonl") != std::string::npos,
                 none.error().message.c_str());
    }

private:
    std::vector<EvaluationRequest> requests(const TemporaryFolder& folder, bool resume) const
    {
        const auto place = folder.library().parent_path();
        std::ofstream(place / "plan.json") << twoSets;
        std::ofstream(place / "sums.jsonl")
            << R"({"id": "one", "prompt": "2 + 3 sum <think>", "answer": "5"})" << '\n';
        auto asked =
            requestsFor(readPlans(place / "plan.json").value(), folder.library(), resume).value();
        for (EvaluationRequest& request : asked)
            request.engine = m_engine;
        return asked;
    }

    /// Newest first.
    static std::vector<std::string> namesAndSamples(const TemporaryFolder& folder)
    {
        const auto store =
            EvaluationStore::open(folder.library(), SessionStore::Access::ReadOnly).value();
        const auto all = store->evaluations();
        std::vector<std::string> said;
        for (const EvaluationInfo& info : all.value())
            said.push_back(info.name + ' ' + std::to_string(info.samplesDone));
        return said;
    }

    std::shared_ptr<const Engine> m_engine;
};

QTEST_GUILESS_MAIN(PlanRunTest)
#include "tst_planrun.moc"
