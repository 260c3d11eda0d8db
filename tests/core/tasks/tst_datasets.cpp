// The published files, where they are at hand, and small ones of every shape.
#include "qverifyresult.h"
#include "shareddata.h"
#include "tasks/answers.h"
#include "tasks/datasets.h"
#include "tasks/generators.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

using namespace halftone;

namespace {

/// What a model that knew the answer would write for this set.
std::string written(AnswerRule rule, const std::string& answer)
{
    switch (rule) {
    case AnswerRule::Hashes:
        return "So it is.\n#### " + answer;
    case AnswerRule::Boxed:
        return "So it is $\\boxed{" + answer + "}$.";
    case AnswerRule::LastWord:
        return "So it is " + answer + ".";
    default:
        return answer;
    }
}

std::map<int, int> perDifficulty(const TaskSet& set)
{
    std::map<int, int> counts;
    for (const TaskItem& item : set.items)
        ++counts[item.difficulty];
    return counts;
}

std::multiset<std::string> sorted(const QJsonArray& names)
{
    std::multiset<std::string> all;
    for (const QJsonValue& name : names)
        all.insert(name.toString().toStdString());
    return all;
}

} // namespace

class tst_Datasets : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void gsm8kIsReadAsPublished();
    void coconutsTextOfGsm8kIsReadAsPublished();
    void math500IsReadAsPublished();
    void prosQaIsReadAsPublished();
    void optimalNodesAreThoseThatTheAuthorsPublished();
    void smallFilesOfEveryShapeAreRead_data();
    void smallFilesOfEveryShapeAreRead();
    void strategyQuestionsHaveFactsAndSteps();
    void countdownsGetAReference();
    void levelsOfMathAreDifficulties();
    void whatTasksMakeWritesIsReadBackEqual_data();
    void whatTasksMakeWritesIsReadBackEqual();
    void whatIsWrongIsSaidWithItsPlace_data();
    void whatIsWrongIsSaidWithItsPlace();
    void cutFilesAreRefused_data();
    void cutFilesAreRefused();
    void aMissingFileIsNamed();

private:
    std::filesystem::path file(const QByteArray& content);
    void everyReferencePasses(const TaskSet&);

    QTemporaryDir m_folder;
};

std::filesystem::path tst_Datasets::file(const QByteArray& content)
{
    QFile out(m_folder.filePath(QStringLiteral("set.json")));
    if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
        qFatal("the test's file cannot be written");
    return out.fileName().toStdString();
}

void tst_Datasets::everyReferencePasses(const TaskSet& set)
{
    std::set<std::string> ids;
    for (const TaskItem& item : set.items) {
        QVERIFY2(checkAnswer(item, set.rule, written(set.rule, item.answer)).right,
                 item.answer.c_str());
        QVERIFY(!item.prompt.empty());
        QVERIFY(ids.insert(item.id).second);
    }
}

void tst_Datasets::gsm8kIsReadAsPublished()
{
    const std::filesystem::path path = SHARED_DATA("datasets/gsm8k_test.jsonl");
    const auto set = readTasks(path);
    QVERIFY_RESULT(set);
    QCOMPARE(set->name, std::string("gsm8k_test"));
    QCOMPARE(set->items.size(), 1319U);
    QCOMPARE(set->rule, AnswerRule::Hashes);
    QCOMPARE(set->items[0].id, std::string("gsm8k_test-000000"));
    QCOMPARE(set->items[0].answer, std::string("18"));
    QCOMPARE(set->items[0].difficulty, 2);
    QCOMPARE(set->items[0].chain,
             std::string("Janet sells 16 - 3 - 4 = 9 duck eggs a day.\nShe makes 9 * 2 = $18 every "
                         "day at the farmer’s market."));
    everyReferencePasses(*set);
}

void tst_Datasets::coconutsTextOfGsm8kIsReadAsPublished()
{
    const std::filesystem::path path = SHARED_DATA("datasets/gsm8k_aug_valid.txt");
    const auto set = readTasks(path);
    QVERIFY_RESULT(set);
    QCOMPARE(set->items.size(), 500U);
    QCOMPARE(set->rule, AnswerRule::Hashes);
    QCOMPARE(set->items[0].chain, std::string("<<4-2=2>> <<2/.5=4>> <<12/4=3>> <<100*3=300>>"));
    QCOMPARE(set->items[0].answer, std::string("300"));
    QCOMPARE(set->items[0].difficulty, 4);
    everyReferencePasses(*set);
}

void tst_Datasets::math500IsReadAsPublished()
{
    const std::filesystem::path path = SHARED_DATA("datasets/math500.json");
    const auto set = readTasks(path);
    QVERIFY_RESULT(set);
    QCOMPARE(set->items.size(), 500U);
    QCOMPARE(set->rule, AnswerRule::Boxed);
    QVERIFY(set->items[0].prompt.starts_with("Convert the point $(0,3)$"));
    everyReferencePasses(*set);
    // Of answers that are written differently, those that are the same, all of them.
    std::set<std::string> same;
    for (const TaskItem& a : set->items)
        for (const TaskItem& b : set->items)
            if (a.answer < b.answer && sameAnswer(set->rule, a.answer, b.answer))
                same.insert(a.answer + " = " + b.answer);
    const std::set<std::string> known{R"(10,\!080 = 10080)",
                                      R"(120 = 120^\circ)",
                                      R"(15 = 15\mbox{ cm}^2)",
                                      R"(2 \sqrt{5} = 2\sqrt{5})",
                                      R"(30 = 30^\circ)",
                                      R"(36 = 36^\circ)",
                                      R"(36 = \$36)",
                                      R"(36^\circ = \$36)",
                                      R"(5 = x=5)",
                                      R"(90 = 90^\circ)",
                                      R"(\frac14 = \frac{1}{4})"};
    QCOMPARE(same, known);
}

void tst_Datasets::prosQaIsReadAsPublished()
{
    const std::filesystem::path path = SHARED_DATA("datasets/prosqa_valid.json");
    const auto set = readTasks(path);
    QVERIFY_RESULT(set);
    QCOMPARE(set->items.size(), 300U);
    QCOMPARE(set->rule, AnswerRule::LastWord);
    // As many hops as the authors' steps.
    QCOMPARE(perDifficulty(*set), (std::map<int, int>{{3, 124}, {4, 133}, {5, 36}, {6, 7}}));
    QCOMPARE(set->items[0].answer, std::string("lempus"));
    QCOMPARE(set->items[0].chain,
             std::string("Tom is a terpus. Every terpus is a brimpus. Every brimpus is a lempus."));
    everyReferencePasses(*set);
    for (const TaskItem& item : set->items)
        QVERIFY(!checkAnswer(item, set->rule, "Tom is a nothingpus.").right);
}

void tst_Datasets::optimalNodesAreThoseThatTheAuthorsPublished()
{
    const std::filesystem::path path = SHARED_DATA("datasets/prosqa_valid_graph.json");
    const auto set = readTasks(path);
    QVERIFY_RESULT(set);
    QCOMPARE(set->items.size(), 257U);
    QFile json(QString::fromStdString(path.string()));
    QVERIFY(json.open(QIODevice::ReadOnly));
    const QJsonArray records = QJsonDocument::fromJson(json.readAll()).array();
    for (std::size_t i = 0; i < set->items.size(); ++i) {
        const QJsonObject record = records[static_cast<qsizetype>(i)].toObject();
        const QJsonObject neighbours = record[QStringLiteral("neighbor_k")].toObject();
        const QJsonArray symbols = record[QStringLiteral("idx_to_symbol")].toArray();
        const auto& optimal = set->items[i].optimal;
        QCOMPARE(std::size_t(neighbours.size()), optimal.size());
        for (std::size_t hop = 0; hop < optimal.size(); ++hop) {
            QJsonArray names;
            for (const QJsonValue& node : neighbours[QString::number(hop)].toArray())
                names.append(symbols[node.toInt()]);
            QCOMPARE(std::multiset<std::string>(optimal[hop].begin(), optimal[hop].end()),
                     sorted(names));
            for (const std::string& name : optimal[hop])
                QVERIFY(std::ranges::count(set->items[i].frontier[hop], name) == 1);
        }
    }
}

void tst_Datasets::smallFilesOfEveryShapeAreRead_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QByteArray>("named"); // the format, when it is said
    QTest::addColumn<AnswerRule>("rule");
    QTest::addColumn<QByteArray>("answer"); // of the last item
    using enum AnswerRule;
    const QByteArray gsm =
        R"({"question": "How many?", "answer": "9 * 2 = <<9*2=18>>18\n#### 18"})";
    QTest::newRow("lines") << gsm + "\n\r\n" + gsm + "\r\n"
                           << QByteArray() << Hashes << QByteArray("18");
    QTest::newRow("a list") << "[" + gsm + ",\n" + gsm + "\n]\n"
                            << QByteArray() << Hashes << QByteArray("18");
    QTest::newRow("brackets in texts")
        << QByteArray(R"([{"question": "a ] } \" {", "answer": "[[{ #### 1"}])") << QByteArray()
        << Hashes << QByteArray("1");
    QTest::newRow("said") << gsm << QByteArray("gsm8k") << Hashes << QByteArray("18");
    QTest::newRow("augmented") << QByteArray("How?||<<1+1=2>> #### 2\nWhy?|| #### 1,000\n")
                               << QByteArray() << Hashes << QByteArray("1000");
    QTest::newRow("math") << QByteArray(R"({"problem": "x?", "answer": "\\frac{1}{2}"})")
                          << QByteArray() << Boxed << QByteArray("\\frac{1}{2}");
    QTest::newRow("math, answer in the solution")
        << QByteArray(R"({"problem": "x?", "solution": "So \\boxed{7}.", "level": "Level 5"})")
        << QByteArray() << Boxed << QByteArray("7");
    QTest::newRow("strategy") << QByteArray(
                                     R"([{"qid": "a", "question": "Is it?", "answer": false}])")
                              << QByteArray() << YesNo << QByteArray("no");
    QTest::newRow("countdown") << QByteArray(R"({"nums": [3, 3, 8, 8], "target": 24})")
                               << QByteArray() << Expression << QByteArray("8 / (3 - (8 / 3))");
    QTest::newRow("prosqa")
        << QByteArray(
               R"([{"question": "Is Max a b or c?", "answer": "Max is a b.", "steps": ["Max is a b."],
            "idx_to_symbol": ["Max", "b", "c"], "edges": [[0, 1]], "root": 0, "target": 1, "neg_target": 2}])")
        << QByteArray() << LastWord << QByteArray("b");
}

void tst_Datasets::smallFilesOfEveryShapeAreRead()
{
    QFETCH(QByteArray, content);
    QFETCH(QByteArray, named);
    QFETCH(AnswerRule, rule);
    QFETCH(QByteArray, answer);
    const auto set = readTasks(file(content), datasetFormat(named.toStdString()));
    QVERIFY_RESULT(set);
    QCOMPARE(set->rule, rule);
    QCOMPARE(QByteArray::fromStdString(set->items.back().answer), answer);
    QCOMPARE(set->name, std::string("set"));
    everyReferencePasses(*set);
}

void tst_Datasets::strategyQuestionsHaveFactsAndSteps()
{
    const auto set = readTasks(file(
        R"([{"question": "Is it?", "answer": true, "facts": ["A.", "B."], "decomposition": ["x", "y", "z"]}])"));
    QVERIFY_RESULT(set);
    QCOMPARE(set->items[0].chain, std::string("A. B."));
    QCOMPARE(set->items[0].difficulty, 3);
    QVERIFY(checkAnswer(set->items[0], set->rule, "Yes.").right);
}

void tst_Datasets::countdownsGetAReference()
{
    const auto set = readTasks(file(R"({"nums": [19, 36, 55, 7], "target": 65})"));
    QVERIFY_RESULT(set);
    const TaskItem& item = set->items[0];
    QVERIFY(item.prompt.starts_with("Using the numbers [19, 36, 55, 7], create an equation that "
                                    "equals 65."));
    QVERIFY(checkAnswer(item, set->rule, "<answer> 55 + 36 - 7 - 19 </answer>").right);
    QVERIFY(!checkAnswer(item, set->rule, "<answer> 55 + 7 + 3 </answer>").right);
    QVERIFY(!checkAnswer(item, set->rule, "<answer> 55 + 36 - 7 - 18 </answer>").right);
}

void tst_Datasets::levelsOfMathAreDifficulties()
{
    const auto set = readTasks(file(R"({"problem": "a", "answer": "1", "level": 3}
{"problem": "b", "answer": "2", "level": "Level 5"}
{"problem": "c", "answer": "3", "level": "Level ?"}
{"problem": "d", "answer": "4"})"));
    QVERIFY_RESULT(set);
    QCOMPARE(perDifficulty(*set), (std::map<int, int>{{0, 2}, {3, 1}, {5, 1}}));
}

void tst_Datasets::whatTasksMakeWritesIsReadBackEqual_data()
{
    QTest::addColumn<std::string>("task");
    QTest::addColumn<qint64>("count");
    for (const GeneratedTask& task : generatedTasks())
        QTest::newRow(task.name.c_str()) << task.name << qint64{20};
    QTest::newRow("nothing") << std::string("graph") << qint64{0};
}

void tst_Datasets::whatTasksMakeWritesIsReadBackEqual()
{
    QFETCH(std::string, task);
    QFETCH(qint64, count);
    const auto set = generate({.task = task, .count = count, .split = Split::Test, .options = {}});
    QVERIFY_RESULT(set);
    std::ostringstream out;
    writeTasks(out, *set);
    const auto back = readTasks(file(QByteArray::fromStdString(out.str())));
    QVERIFY_RESULT(back);
    QVERIFY(*back == *set);
    if (count > 0)
        everyReferencePasses(*back);
}

void tst_Datasets::whatIsWrongIsSaidWithItsPlace_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QByteArray>("part");
    const auto row = [](const char* name, const char* content, const char* part) {
        QTest::newRow(name) << QByteArray(content) << QByteArray(part);
    };
    const QByteArray good = "{\"question\": \"a\", \"answer\": \"#### 1\"}\n";
    row("empty", "", "holds no questions");
    row("an empty list", " [ ] ", "holds no questions");
    row("binary", "\x01\x02\xff", "is not valid JSON");
    row("a number", "42", "should hold a JSON object, and holds 42");
    row("of numbers", "[1, 2]", "line 1: the list should hold objects, and holds '1, 2]'");
    row("unknown", R"({"a": 1})", "line 1: the record is none of a data set that Halftone reads");
    row("an item without an answer", "{\"prompt\": \"a\", \"answer\": \"b\"}\n{\"prompt\": \"a\"}",
        "line 2: the record has no \"answer\"");
    row("a comma too many", "[{\"a\": 1},\n]", "line 2: an object should follow the comma");
    row("no comma", "[{\"a\": 1}\n{}]", "line 2: a comma or ] should follow the object");
    row("more", "[{\"a\": 1}]\nx", "line 2: something follows the list");
    row("not UTF-8", "How?\xff||#### 2", "line 1: the record is not UTF-8");
    row("no bars", "A?||#### 1\nB? #### 2", "line 2: the record has no || between");
    row("no question", " ||#### 1", "has no question before ||");
    row("ProsQA of another target",
        R"([{"question": "?", "answer": "Max is a c.", "steps": [], "idx_to_symbol": ["Max", "b"],
        "edges": [[0, 1]], "root": 0, "target": 1, "neg_target": 1}])",
        "has the answer 'Max is a c.', and its target is 'b'");
    row("ProsQA without a way",
        R"([{"question": "?", "answer": "b.", "steps": [], "idx_to_symbol": ["Max", "b"],
        "edges": [[1, 0]], "root": 0, "target": 1, "neg_target": 1}])",
        "has edges by which its target is not reached");
    row("ProsQA beyond its nodes",
        R"([{"question": "?", "answer": "b.", "steps": [], "idx_to_symbol": ["Max", "b"],
        "edges": [[0, 2]], "root": 0, "target": 1, "neg_target": 1}])",
        "as \"edges\", which should be a list of at most 10000 pairs of whole numbers from 0 to 1");
    row("ProsQA with a huge index",
        R"([{"question": "?", "answer": "b.", "steps": [], "idx_to_symbol": ["Max", "b"],
        "edges": [], "root": 18446744073709551615, "target": 1, "neg_target": 1}])",
        "as \"root\", which should be a whole number from 0 to 1");
    row("MATH of two messages",
        R"([{"prompt": [{"value": "a"}, {"value": "b"}], "final_answer": "1"}])",
        "should be a text or a list of one message");
    row("MATH without a prompt", R"([{"final_answer": "1"}])", "neither \"problem\" nor");
    row("countdown of text", R"({"nums": "1 2", "target": 3})",
        "as \"nums\", which should be a list");
    row("countdown beyond reach", R"({"nums": [1, 1], "target": 99})",
        "asks for 99 from 1, 1, which cannot be reached");
    row("countdown of none", R"({"nums": [], "target": 9})", "from nothing, which cannot be");
    row("another version", R"({"format": "halftone-tasks", "version": 2})",
        "has 2 as \"version\", which should be a whole number from 1 to 1");
    row("another rule",
        R"({"format": "halftone-tasks", "version": 1, "name": "a", "difficulty_unit": "b", "rule": "c"})",
        "has the rule \"c\", which is none");
    QTest::newRow("no answer") << good + R"({"question": "a", "answer": "one"})"
                               << QByteArray(
                                      "line 2: the record has no number after #### in 'one'");
    QTest::newRow("nothing asked") << good + "\n" + R"({"answer": "#### 1"})"
                                   << QByteArray("line 3: the record has no \"question\"");
    QTest::newRow("an empty question")
        << good + R"({"question": "", "answer": "#### 1"})"
        << QByteArray("has \"\" as \"question\", which should be a text that is not empty");
    QTest::newRow("deep") << QByteArray(1000, '[') << QByteArray("the list should hold objects");
    QTest::newRow("deep within") << "{\"a\": " + QByteArray(100'000, '[')
                                 << QByteArray("nests more than 64 brackets");
    QTest::newRow("a long record")
        << "{\"question\": \"" + QByteArray(2 << 20, 'a') + "\", \"answer\": \"#### 1\"}"
        << QByteArray("line 1: the record is longer than 1 MiB");
    QTest::newRow("twice the same id")
        << QByteArray(
               R"({"format": "halftone-tasks", "version": 1, "name": "a", "difficulty_unit": "b", "rule": "boxed"}
{"id": "1", "prompt": "a", "answer": "b"}
{"id": "1", "prompt": "c", "answer": "d"})")
        << QByteArray("line 3: the record has the id \"1\" of an earlier one");
}

void tst_Datasets::whatIsWrongIsSaidWithItsPlace()
{
    QFETCH(QByteArray, content);
    QFETCH(QByteArray, part);
    const auto set = readTasks(file(content));
    QVERIFY(!set);
    QCOMPARE(set.error().code, ErrorCode::InvalidInput);
    const QByteArray message = QByteArray::fromStdString(set.error().message);
    QVERIFY2(message.contains(part), message.constData());
    QVERIFY2(message.contains("set.json"), message.constData());
    QVERIFY(message.endsWith('.'));
}

void tst_Datasets::cutFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("a list") << QByteArray(
        R"([{"question": "a", "answer": "#### 1"}, {"question": "b", "answer": "#### 2"}])");
    QTest::newRow("an object") << QByteArray(R"({"question": "a", "answer": "#### 1"})");
}

void tst_Datasets::cutFilesAreRefused()
{
    QFETCH(QByteArray, content);
    QVERIFY_RESULT(readTasks(file(content)));
    for (qsizetype size = 0; size < content.size(); ++size)
        QVERIFY2(!readTasks(file(content.left(size))), content.left(size).constData());
}

void tst_Datasets::aMissingFileIsNamed()
{
    const auto set = readTasks("/nowhere/set.jsonl");
    QVERIFY(!set);
    QCOMPARE(set.error().code, ErrorCode::NotFound);
    QCOMPARE(set.error().message, std::string("/nowhere/set.jsonl does not exist."));
}

QTEST_GUILESS_MAIN(tst_Datasets)
#include "tst_datasets.moc"
