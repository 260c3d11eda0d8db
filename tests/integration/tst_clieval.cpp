// halftone-cli eval as a user calls it: a plan from a file to its report, killed and resumed.
#include "cliprocess.h"

#include <QTest>

using namespace halftone::test;

namespace {

const QByteArray items = R"({"id": "a", "prompt": "7 + 5 + 9 + 4 sum <think>", "answer": "5"}
{"id": "b", "prompt": "2 + 3 sum <think>", "answer": "5", "difficulty": 2}
{"id": "c", "prompt": "8 + 8 + 8 sum <think>", "answer": "4", "difficulty": 3}
)";

/// `seeds` of each of two settings.
QByteArray plan(int seeds, const QByteArray& temperature = "1")
{
    return R"({"name": "sums", "data": "items.jsonl", "batch": 4, "defaults": {"max_steps": 12},
               "seeds": {"count": )" +
           QByteArray::number(seeds) +
           R"(}, "settings": [{"name": "sampled", "parameters": {"temperature": )" + temperature +
           R"(}}, {"name": "soft", "mode": "soft"}]})";
}

} // namespace

class TestCliEval : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        writeFile(m_cli.path("items.jsonl"), items);
        writeFile(m_cli.path("plan.json"), plan(2));
    }

    void aPlanBecomesAReportThatCanBePrintedAgain()
    {
        const QString library = m_cli.path("report.sqlite");
        const CliResult text = m_cli.run({"eval", m_cli.path("plan.json"), "--db", library});
        COMPARE_DONE(text);
        QVERIFY2(text.out.startsWith("Evaluation 1, sums: starter, 12 samples in session 1."),
                 text.out.constData());
        const auto report = [&](const QStringList& form) {
            return m_cli.run(QStringList{"eval", "report", "1", "--db", library} + form);
        };
        QCOMPARE(report({}).out, text.out);
        const CliResult json = report({"--json"});
        COMPARE_DONE(json);
        QCOMPARE(json.object()["settings"].toArray().size(), 2);
        QCOMPARE(json.object()["samples"].toInt(), 12);
        QVERIFY(report({"--csv"}).out.startsWith(
            "evaluation,name,setting,difficulty,items,pass_at_1,"));
        QVERIFY(report({"--latex"}).out.contains("\\begin{tabular}"));
        // Every sample is a run like others.
        const CliResult sessions = m_cli.run({"sessions", "--db", library, "--json"});
        COMPARE_DONE(sessions);
        QVERIFY2(sessions.out.contains("Evaluation: sums"), sessions.out.constData());
        COMPARE_DONE(m_cli.run({"replay", "12", "--verify", "--db", library}));
    }

    void severalDataSetsAreReportedEachOnItsOwn()
    {
        writeFile(m_cli.path("several.json"),
                  R"({"name": "both", "data": ["items.jsonl",
                      {"task": "sums", "count": 4, "min_difficulty": 2, "max_difficulty": 2}],
                      "defaults": {"max_steps": 8, "parameters": {"temperature": 0}},
                      "settings": [{"name": "thinks"}, {"name": "does not", "thinking": false}]})");
        const QString library = m_cli.path("several.sqlite");
        const QStringList arguments{"eval", m_cli.path("several.json"), "--db", library};
        const CliResult text = m_cli.run(arguments);
        COMPARE_DONE(text);
        QVERIFY2(text.out.startsWith("Evaluation 1, both: items.jsonl: starter, 6 samples"),
                 text.out.constData());
        QVERIFY2(
            text.out.contains("\n\nEvaluation 2, both: sums: starter, 8 samples in session 2."),
            text.out.constData());
        QCOMPARE(m_cli.run(QStringList(arguments) << "--resume").out, text.out);
        QCOMPARE(m_cli.run({"eval", "report", "1", "2", "--db", library}).out, text.out);

        const CliResult json = m_cli.run(QStringList(arguments) << "--resume"
                                                                << "--json");
        QCOMPARE(json.out.count('\n'), 2); // an object a line
        const CliResult csv = m_cli.run(QStringList(arguments) << "--resume"
                                                               << "--csv");
        QCOMPARE(csv.out.count("evaluation,name,setting"), 1);
        QVERIFY2(csv.out.contains("\n2,both: sums,thinks,,4,1.0,"), csv.out.constData());
    }

    void whatWasKilledGoesOn()
    {
        writeFile(m_cli.path("plan.json"), plan(200));
        const QString library = m_cli.path("killed.sqlite");
        const QStringList arguments{"eval", m_cli.path("plan.json"), "--db", library, "--json"};
        const auto samplesDone = [&] {
            const CliResult report = m_cli.run({"eval", "report", "1", "--db", library, "--json"});
            return report.object()["samples"].toInt();
        };
        QProcess process;
        m_cli.start(process, arguments);
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(samplesDone() >= 20, 60000);
        process.kill(); // SIGKILL
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitStatus(), QProcess::CrashExit);
        const int before = samplesDone();
        QVERIFY2(before < 1200, "it must be killed before its end");

        const CliResult resumed = m_cli.run(QStringList(arguments) << "--resume");
        COMPARE_DONE(resumed);
        QCOMPARE(resumed.object()["evaluation"].toInt(), 1);
        QCOMPARE(resumed.object()["samples"].toInt(), 1200);
        // All runs but those in the batch that was killed have come to an answer.
        const CliResult sessions = m_cli.run({"sessions", "--db", library, "--json"});
        QCOMPARE(sessions.exitCode, 0);
        const qsizetype interrupted = sessions.out.count("\"interrupted\"");
        QVERIFY2(interrupted <= 4, sessions.out.left(2000).constData());
        const CliResult again = m_cli.run(QStringList(arguments) << "--resume");
        QCOMPARE(again.out, resumed.out);
    }

    void mistakesAreToldInASentence()
    {
        const QString library = m_cli.path("none.sqlite");
        const auto eval = [&](const QStringList& arguments) {
            return m_cli.run(QStringList{"eval"} + arguments + QStringList{"--db", library});
        };
        COMPARE_FAILURE(eval({}), 2, "Name a plan");
        COMPARE_FAILURE(eval({m_cli.path("absent.json")}), 3, "absent.json");
        writeFile(m_cli.path("plan.json"), plan(1, "99"));
        COMPARE_FAILURE(eval({m_cli.path("plan.json")}), 2, "In setting 'sampled': ");
        writeFile(m_cli.path("plan.json"), plan(1));
        writeFile(m_cli.path("items.jsonl"), "{}");
        COMPARE_FAILURE(eval({m_cli.path("plan.json")}), 3,
                        "line 1: the record is none of a data set");
        writeFile(m_cli.path("items.jsonl"), items);
        COMPARE_FAILURE(eval({m_cli.path("plan.json"), "--resume"}), 3, "no evaluation of this");
        COMPARE_FAILURE(m_cli.run({"eval", "report", "7", "--db", library}), 3, "no evaluation 7");
    }

private:
    Cli m_cli;
};

QTEST_GUILESS_MAIN(TestCliEval)
#include "tst_clieval.moc"
