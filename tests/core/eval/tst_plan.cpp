// Plans as a person writes them, and what is said of those that cannot be.
#include "eval/items.h"
#include "eval/plan.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace halftone;

namespace {

std::string plan(const std::string& rest)
{
    return R"({"data": "walks.jsonl", )" + rest + "}";
}

std::string setting(const std::string& rest)
{
    return plan(R"("settings": [{"name": "one", )" + rest + "}]");
}

std::vector<std::string> namesOf(const EvaluationPlan& plan)
{
    std::vector<std::string> names;
    for (const EvaluationSetting& setting : plan.settings)
        names.push_back(setting.name);
    return names;
}

} // namespace

class PlanTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatIsAbsentTakesItsDefault()
    {
        const auto read = evaluationPlanFromJson(setting(R"("mode": "soft")"));
        QVERIFY_RESULT(read);
        QVERIFY(read->name == "walks.jsonl" && read->data.file == "walks.jsonl");
        QVERIFY(!read->data.format && !read->rule && read->batch == 16);
        QCOMPARE(read->seeds, std::vector<std::uint64_t>{0});
        QCOMPARE(read->passAt, std::vector<std::int64_t>{1});
        QCOMPARE(realOf(read->settings.at(0).run.parameters, "temperature"), 0.6);
    }

    void aSweepIsASettingForEachCombination()
    {
        const auto read = evaluationPlanFromJson(
            setting(R"("mode": "soft", "sweep": {"top-k": [2, 8], "temperature": [0.5, 1]})"));
        QVERIFY_RESULT(read);
        QCOMPARE(namesOf(*read), (std::vector<std::string>{"one, temperature 0.5, top-k 2",
                                                           "one, temperature 0.5, top-k 8",
                                                           "one, temperature 1, top-k 2",
                                                           "one, temperature 1, top-k 8"}));
        const ParameterValues& last = read->settings.back().run.parameters;
        QCOMPARE(realOf(last, "temperature"), 1.0);
        QCOMPARE(integerOf(last, "top-k"), 8);
    }

    void aSettingHasTheDefaultsUnlessItSaysOtherwise()
    {
        const auto read = evaluationPlanFromJson(plan(
            R"("defaults": {"max_steps": 9, "parameters": {"temperature": 0.25}},
               "settings": [{"name": "a"}, {"name": "b", "max_steps": 5}])"));
        QVERIFY_RESULT(read);
        QCOMPARE(read->settings[0].run.maxSteps, 9);
        QCOMPARE(read->settings[1].run.maxSteps, 5);
        QCOMPARE(realOf(read->settings[1].run.parameters, "temperature"), 0.25);
    }

    void seedsAreAListOrARange()
    {
        const std::string one = R"(, "settings": [{"name": "a"}])";
        QCOMPARE(evaluationPlanFromJson(plan(R"("seeds": [7, 18446744073709551615])" + one))->seeds,
                 (std::vector<std::uint64_t>{7, 18'446'744'073'709'551'615ULL}));
        const auto range = evaluationPlanFromJson(
            plan(R"("seeds": {"first": 3, "count": 2}, "pass_at": [2])" + one));
        QVERIFY_RESULT(range);
        QCOMPARE(range->seeds, (std::vector<std::uint64_t>{3, 4}));
        QCOMPARE(range->passAt, (std::vector<std::int64_t>{1, 2}));
    }

    void thePromptStandsInItsTemplate()
    {
        TaskItem item;
        item.prompt = "1 + 1";
        const auto read = evaluationPlanFromJson(plan(
            R"("settings": [{"name": "a"}, {"name": "b", "system": "Add."},
                {"name": "c", "system": "Add.", "template": "{system} Now {prompt}!"}])"));
        QVERIFY_RESULT(read);
        QCOMPARE(promptOf(read->settings[0], item), "1 + 1");
        QCOMPARE(promptOf(read->settings[1], item), "Add.\n\n1 + 1");
        QCOMPARE(promptOf(read->settings[2], item), "Add. Now 1 + 1!");
    }

    void theOthersAreComparedWithTheBaseline()
    {
        auto read = evaluationPlanFromJson(plan(
            R"("baseline": "a, top-k 4", "settings": [{"name": "a", "sweep": {"top-k": [2, 4]}}])"));
        QVERIFY_RESULT(read);
        QCOMPARE(read->baseline, "a, top-k 4");
        const auto none = compareWith(*read, "a");
        QVERIFY(!none);
        QCOMPARE(none.error().message, "The plan has no setting 'a' to compare the others with.");
        QCOMPARE(read->baseline, "a, top-k 4");
        QVERIFY_RESULT(compareWith(*read, ""));
        QCOMPARE(read->baseline, "");
    }

    void plansThatDifferInTheirBatchAreTheSame()
    {
        const std::string rest = R"("settings": [{"name": "a"}])";
        const auto small = evaluationPlanFromJson(plan(R"("batch": 2, )" + rest));
        const auto large = evaluationPlanFromJson(plan(R"("batch": 64, )" + rest));
        const auto other = evaluationPlanFromJson(plan(R"("seeds": [1], )" + rest));
        QVERIFY(samePlan(small->json, large->json));
        QVERIFY(!samePlan(small->json, other->json));
        const auto compared = evaluationPlanFromJson(plan(R"("baseline": "a", )" + rest));
        QVERIFY(samePlan(small->json, compared->json));
    }

    void dataCanBeAFileOrATask()
    {
        const std::string settings = R"(, "settings": [{"name": "a"}]})";
        const auto file = evaluationPlanFromJson(
            R"({"data": {"file": "gsm8k_test.jsonl", "format": "gsm8k", "items": 5})" + settings);
        QVERIFY_RESULT(file);
        QCOMPARE(file->data.file, "gsm8k_test.jsonl");
        QCOMPARE(file->data.format, DatasetFormat::Gsm8k);
        QCOMPARE(file->items, 5);
        const auto task = evaluationPlanFromJson(
            R"({"data": {"task": "graph", "split": "validation", "seed": 7, "first": 2, "count": 9,
                "min_difficulty": 3, "max_difficulty": 4, "forks": false, "think": false})" +
            settings);
        QVERIFY_RESULT(task);
        QCOMPARE(task->name, "graph");
        const TaskRequest& made = task->data.task;
        QVERIFY(made.task == "graph" && made.split == Split::Validation && made.seed == 7);
        QVERIFY(made.first == 2 && made.count == 9);
        QVERIFY(made.options.leastDifficulty == 3 && made.options.mostDifficulty == 4);
        QVERIFY(!made.options.forks && !made.options.think);
    }

    void aPlanOfSeveralDataSetsIsAPlanForEach()
    {
        const QTemporaryDir folder;
        const auto at = [&](const char* name) { return folder.filePath(name).toStdString(); };
        test::writeText(at("sums.jsonl"), "{}");
        test::writeText(at("plan.json"), R"({"name": "all", "answer": "hashes", "items": 8, "data":
            ["sums.jsonl", "absent.jsonl", {"name": "far", "task": "walks", "answer": "sequence"}],
            "settings": [{"name": "a"}]})");
        const auto plans = readPlans(at("plan.json"));
        QVERIFY_RESULT(plans);
        QCOMPARE(plans->size(), 3U);
        QCOMPARE((*plans)[0].data.file, at("sums.jsonl"));
        QCOMPARE((*plans)[1].data.file, "absent.jsonl"); // not beside the plan: as it stands
        QVERIFY((*plans)[0].rule == AnswerRule::Hashes && (*plans)[0].items == 8);
        QVERIFY((*plans)[2].rule == AnswerRule::Sequence && (*plans)[2].items == 8);
        QCOMPARE((*plans)[2].name, "all: far");
        for (const EvaluationPlan& plan : *plans) {
            const auto stored = evaluationPlanFromJson(plan.json);
            QVERIFY_RESULT(stored);
            QCOMPARE(stored->name, plan.name);
            QCOMPARE(stored->data.file, plan.data.file);
            QCOMPARE(stored->data.task.task, plan.data.task.task);
            QCOMPARE(samePlan(plan.json, plans->front().json), &plan == &plans->front());
        }
    }

    void aPlanThatWasMovedIsTheSame()
    {
        const std::string rest = R"(, "settings": [{"name": "a"}]})";
        const auto text = [&](const std::string& data) {
            return evaluationPlanFromJson(R"({"data": )" + data + rest)->json;
        };
        QVERIFY(samePlan(text(R"("/old/a.jsonl")"), text(R"("/new/a.jsonl")")));
        QVERIFY(samePlan(text(R"("a.jsonl")"), text(R"({"file": "/new/a.jsonl"})")));
        QVERIFY(!samePlan(text(R"("a.jsonl")"), text(R"("b.jsonl")")));
    }

    void whatCannotBeIsRefusedInASentence_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("part");
        const auto row = [](const char* name, const std::string& json, const char* part) {
            QTest::newRow(name) << QByteArray::fromStdString(json) << QByteArray(part);
        };
        const std::string one = R"(, "settings": [{"name": "a"}])";
        row("no JSON", "{", "is not valid JSON");
        row("a list", "[]", "should hold a JSON object");
        row("no settings", plan(R"("name": "x")"), "has no settings");
        row("no data", R"({"settings": [{"name": "a"}]})", "names no data");
        row("unknown key", plan(R"("sedes": [1])" + one), "there is no 'sedes'");
        row("no name", plan(R"("settings": [{"mode": "soft"}])"),
            "Setting 1 of the plan: it has no name");
        row("a name twice", plan(R"("settings": [{"name": "a"}, {"name": "a"}])"),
            "have the name 'a'");
        row("no object", plan(R"("settings": [7])"), "is 7; it must be an object");
        row("out of range", setting(R"("mode": "soft", "parameters": {"temperature": 99})"),
            "In setting 'one': ");
        row("the range itself", setting(R"("mode": "soft", "parameters": {"temperature": 99})"),
            "0 to 10");
        row("in a sweep", setting(R"("mode": "soft", "sweep": {"top-k": [2, -1]})"),
            "In setting 'one, top-k -1': ");
        row("a sweep of nothing", setting(R"("sweep": {"top-k": []})"), "a list of values");
        row("too many",
            setting(R"("sweep": {"top-k": [)" +
                    [] {
                        std::string many = "1";
                        for (int i = 2; i < 1002; ++i)
                            many += "," + std::to_string(i);
                        return many;
                    }() +
                    "]}"),
            "more than 1000 settings");
        row("unknown mode", setting(R"("mode": "quantum")"), "There is no mode 'quantum'");
        row("own seed", setting(R"("seed": 3)"), "the plan's seeds are for all settings");
        row("no slot", setting(R"("template": "no slot")"), "a text that holds {prompt}");
        row("lost system", setting(R"("system": "s", "template": "{prompt}")"), "holds {system}");
        row("thinking", setting(R"("thinking": "on")"), "true or false");
        row("rule", plan(R"("answer": "best")" + one), "one of last-word, hashes, boxed");
        row("no such baseline", plan(R"("baseline": "b")" + one),
            "'baseline' should be the name of a setting, a swept one's with its values, and is");
        row("batch", plan(R"("batch": 0)" + one), "a whole number from 1 to 256");
        row("negative", plan(R"("items": -4)" + one),
            "'items' should be a whole number from 1 to 1000000, and is -4");
        row("no seed", plan(R"("seeds": [])" + one), "a list of different whole numbers");
        row("a seed twice", plan(R"("seeds": [1, 1])" + one), "a list of different whole numbers");
        row("endless", plan(R"("seeds": {"count": 1e300})" + one), "is {\"count\":1e+300}");
        row("no file", R"({"data": "")" + one + "}", "The plan's data: should be an object");
        row("a number of files", R"({"data": 3)" + one + "}", "should be an object, and is 3");
        row("a list of nothing", R"({"data": [])" + one + "}", "names no data");
        row("data without a name", R"({"data": {"items": 3})" + one + "}",
            "names neither a 'file' nor a 'task'");
        row("a format that there is not", R"({"data": {"file": "a", "format": "xml"})" + one + "}",
            "'format' should be one of halftone, items, gsm8k");
        row("a file's split", R"({"data": {"file": "a", "split": "test"})" + one + "}",
            "there is no 'split'");
        row("a split that there is not", R"({"data": {"task": "sums", "split": "all"})" + one + "}",
            "'split' should be one of train, validation, test");
        row("too many questions", R"({"data": {"task": "sums", "count": 100001})" + one + "}",
            "'count' should be a whole number from 1 to 100000,");
        row("several sets in one", R"({"data": ["a", "b"])" + one + "}", "2 data sets");
        row("k beyond the seeds", plan(R"("pass_at": [2])" + one), "which is 1");
    }
    void whatCannotBeIsRefusedInASentence()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, part);
        const auto read = evaluationPlanFromJson(json.toStdString());
        QVERIFY(!read);
        QVERIFY2(read.error().message.find(part.toStdString()) != std::string::npos,
                 read.error().message.c_str());
        QVERIFY(read.error().message.ends_with('.'));
    }

    void thoseThatComeAlongCanBeRun_data()
    {
        QTest::addColumn<QString>("file");
        const QDir folder(QStringLiteral(HALFTONE_RESOURCES "/plans"));
        for (const QString& name : folder.entryList(QDir::Files))
            QTest::newRow(qPrintable(name)) << folder.filePath(name);
    }
    void thoseThatComeAlongCanBeRun()
    {
        QFETCH(QString, file);
        const auto plans = readPlans(file.toStdString());
        QVERIFY_RESULT(plans);
        for (const EvaluationPlan& one : *plans) {
            const auto items = itemsOf(one);
            QVERIFY_RESULT(items);
            QCOMPARE(items->items.size(), 1000U);
        }
    }
};

QTEST_GUILESS_MAIN(PlanTest)
#include "tst_plan.moc"
