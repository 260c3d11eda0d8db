// halftone-cli tasks: sets made, written, read again and answered.
#include "cliprocess.h"

using namespace halftone::test;

class TestCliTasks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listsTasksAndFormats();
    void makesTheSameQuestionsFromTheSameSeed();
    void whatIsMadeIsJudged();
    void answersAreReadFromStandardInput();
    void helpAndErrorsAreThoseOfTheInnerCommand();
    void wrongUsageExitsWithTwo_data();
    void wrongUsageExitsWithTwo();
    void unreadableFilesExitWithThree_data();
    void unreadableFilesExitWithThree();
    void aFullDiskExitsWithFour();

private:
    Cli m_cli;
};

void TestCliTasks::listsTasksAndFormats()
{
    const CliResult text = m_cli.run({"tasks", "list"});
    COMPARE_DONE(text);
    for (const char* name :
         {"graph", "walks", "sums", "arithmetic", "permutation", "inversion", "countdown", "recall",
          "gsm8k", "gsm8k-aug", "prosqa", "math", "strategyqa"})
        QVERIFY2(text.out.contains("\n  " + QByteArray(name) + ": "), name);
    const CliResult json = m_cli.run({"tasks", "list", "--json"});
    COMPARE_DONE(json);
    const QJsonArray tasks = json.array();
    QCOMPARE(tasks[0]["name"].toString(), QStringLiteral("graph"));
    QCOMPARE(tasks[0]["difficulty_unit"].toString(), QStringLiteral("hops"));
}

void TestCliTasks::makesTheSameQuestionsFromTheSameSeed()
{
    const QStringList make{"tasks", "make", "graph", "--seed", "3", "--json"};
    const CliResult ten = m_cli.run(make + QStringList{"--count", "10"});
    COMPARE_DONE(ten);
    QCOMPARE(ten.out.count('\n'), 11);
    const CliResult last = m_cli.run(make + QStringList{"--count", "1", "--first", "9"});
    COMPARE_DONE(last);
    QCOMPARE(last.out.split('\n')[1], ten.out.split('\n')[10]);
    QVERIFY(last.out.contains("\"id\":\"graph-test-3-000009\""));
    const CliResult text = m_cli.run({"tasks", "make", "walks", "--count", "2", "--no-think"});
    COMPARE_DONE(text);
    QVERIFY(text.out.startsWith("walks-test-1-000000 ("));
    QVERIFY(!text.out.contains("<think>"));
}

void TestCliTasks::whatIsMadeIsJudged()
{
    const QString set = m_cli.path(QStringLiteral("set.jsonl"));
    COMPARE_DONE(m_cli.run({"tasks", "make", "graph", "--count", "3", "--min-difficulty", "2",
                            "--max-difficulty", "2", "--out", set}));
    const CliResult plain = m_cli.run({"tasks", "check", set});
    COMPARE_DONE(plain);
    QCOMPARE(plain.out, QByteArray("graph: 3 items; answers are read as last-word\n"
                                   "  2 hops: 3 items\n"));

    // The first right, the second wrong, none to the third.
    const QList<QByteArray> lines = readFile(set).split('\n');
    const auto reference = [&](int i) {
        return QJsonDocument::fromJson(lines[i]).object()["answer"].toString().toUtf8();
    };
    const QString answers = m_cli.path(QStringLiteral("answers.jsonl"));
    writeFile(answers, R"({"id": "graph-test-1-000000", "text": "So it is a )" + reference(1) +
                           ".\"}\n" + R"({"id": "graph-test-1-000001", "text": "nothing"})");
    const CliResult judged = m_cli.run({"tasks", "check", set, "--answers", answers, "--json"});
    COMPARE_DONE(judged);
    const QJsonObject report = judged.object();
    QCOMPARE(report["items"].toInt(), 3);
    QCOMPARE(report["readable"].toInt(), 2);
    QCOMPARE(report["right"].toInt(), 1);
    QCOMPARE(report["by_difficulty"][0]["right"].toInt(), 1);
    QCOMPARE(report["answers"][0]["right"].toBool(), true);
    QCOMPARE(report["answers"][1]["answer"].toString(), QStringLiteral("nothing"));
    QVERIFY(report["answers"][2]["answer"].isNull());
    const CliResult text = m_cli.run({"tasks", "check", set, "--answers", answers});
    QVERIFY2(text.out.startsWith("graph: 1 of 3 right, 1 without an answer;"), text.out);
}

void TestCliTasks::answersAreReadFromStandardInput()
{
    const QString set = m_cli.path(QStringLiteral("gsm.jsonl"));
    writeFile(set, R"({"question": "How many?", "answer": "#### 1,000"})");
    const CliResult result = m_cli.run({"tasks", "check", set, "--answers", "-", "--json"},
                                       R"({"id": "gsm-000000", "text": "It is\n#### $1000.00"})");
    COMPARE_DONE(result);
    QCOMPARE(result.object()["right"].toInt(), 1);
}

void TestCliTasks::helpAndErrorsAreThoseOfTheInnerCommand()
{
    const CliResult help = m_cli.run({"tasks", "make", "--help"});
    COMPARE_DONE(help);
    QVERIFY2(help.out.contains("Usage: halftone-cli tasks make"), help.out);
    for (const QByteArray& line : help.out.split('\n'))
        QVERIFY2(line.size() <= 110, line);
    COMPARE_FAILURE(m_cli.run({"tasks", "make", "graph", "--wings"}), 2,
                    "'halftone-cli tasks make --help' lists what it takes.");
}

void TestCliTasks::wrongUsageExitsWithTwo_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("part");
    QTest::newRow("nothing") << QStringList{} << QByteArray("subcommand is required");
    QTest::newRow("unknown task") << QStringList{"make", "chess"} << QByteArray("no task 'chess'");
    QTest::newRow("too many") << QStringList{"make", "graph", "--count", "1000001"}
                              << QByteArray("1000001 were asked for");
    QTest::newRow("negative") << QStringList{"make", "graph", "--count=-1"}
                              << QByteArray("-1 were asked for");
    QTest::newRow("unknown split")
        << QStringList{"make", "graph", "--split", "all"} << QByteArray("all");
    QTest::newRow("too difficult") << QStringList{"make", "graph", "--max-difficulty", "99"}
                                   << QByteArray("2 to 99 were asked for");
    QTest::newRow("unknown format")
        << QStringList{"check", "x", "--format", "pdf"} << QByteArray("pdf");
}

void TestCliTasks::wrongUsageExitsWithTwo()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, part);
    const CliResult result = m_cli.run(QStringList{"tasks"} + arguments);
    QCOMPARE(result.out, QByteArray());
    COMPARE_FAILURE(result, 2, part);
}

void TestCliTasks::unreadableFilesExitWithThree_data()
{
    QTest::addColumn<QByteArray>("set");
    QTest::addColumn<QByteArray>("answers");
    QTest::addColumn<QByteArray>("part");
    const QByteArray good = R"({"question": "How many?", "answer": "#### 1"})";
    QTest::newRow("a set of another kind")
        << QByteArray("{}") << QByteArray("") << QByteArray("is none of a data set");
    QTest::newRow("answers of another kind")
        << good << QByteArray("\n{\"id\": 1}") << QByteArray("line 2: an answer is an object");
    QTest::newRow("no JSON") << good << QByteArray("1")
                             << QByteArray("line 1: an answer is an object");
    QTest::newRow("two answers")
        << good
        << QByteArray(
               "{\"id\": \"s-000000\", \"text\": \"\"}\n{\"id\": \"s-000000\", \"text\": \"\"}")
        << QByteArray("line 2: there is an answer to s-000000 already");
    QTest::newRow("to another set")
        << good << QByteArray("{\"id\": \"a\", \"text\": \"\"}")
        << QByteArray("answers 1 question that the set does not have; its ids are like s-000000");
}

void TestCliTasks::unreadableFilesExitWithThree()
{
    QFETCH(QByteArray, set);
    QFETCH(QByteArray, answers);
    QFETCH(QByteArray, part);
    const QString file = m_cli.path(QStringLiteral("s.jsonl"));
    writeFile(file, set);
    COMPARE_FAILURE(m_cli.run({"tasks", "check", file, "--answers", "-"}, answers), 3, part);
}

void TestCliTasks::aFullDiskExitsWithFour()
{
    COMPARE_FAILURE(m_cli.run({"tasks", "make", "graph", "--out", "/dev/full"}), 4,
                    "'/dev/full' could not be written");
}

QTEST_GUILESS_MAIN(TestCliTasks)
#include "tst_clitasks.moc"
