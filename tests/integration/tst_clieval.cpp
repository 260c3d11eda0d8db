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
        QVERIFY(
            report({"--csv"}).out.startsWith("evaluation,name,setting,items,samples,pass_at_1,"));
        QVERIFY(report({"--latex"}).out.contains("\\begin{tabular}"));
        QVERIFY(report({"--csv", "--part", "comparisons"}).out.contains(",sampled,soft,3,"));
        COMPARE_FAILURE(report({"--csv", "--part", "chairs"}), 2, "chairs");
        QVERIFY(report({"--csv", "--part", "comparisons", "--baseline", "sampled"})
                    .out.contains(",soft,sampled,3,"));
        COMPARE_FAILURE(report({"--baseline", "chair"}), 2, "no setting 'chair'");
        // Gone on with, it is reported as its plan says by now.
        writeFile(m_cli.path("plan.json"),
                  plan(2).replace("\"batch\": 4", "\"baseline\": \"sampled\""));
        const CliResult again = m_cli.run({"eval", m_cli.path("plan.json"), "--resume", "--db",
                                           library, "--csv", "--part", "comparisons"});
        COMPARE_DONE(again);
        QVERIFY2(again.out.contains("\n1,sums,soft,sampled,3,"), again.out.constData());
        const CliResult list = m_cli.run({"eval", "list", "--db", library});
        COMPARE_DONE(list);
        QVERIFY2(list.out.startsWith("1  ") && list.out.endsWith("  sums  starter  12 samples  "
                                                                 "session 1\n"),
                 list.out.constData());
        const CliResult listed = m_cli.run({"eval", "list", "--db", library, "--json"});
        QCOMPARE(listed.array()[0].toObject()["samples"].toInt(), 12);
        QVERIFY(listed.array()[0].toObject()["finished"].toBool());
        QCOMPARE(m_cli.run({"eval", "list"}).out, QByteArray()); // a library that is not there yet
        // Every sample is a run like others.
        const CliResult sessions = m_cli.run({"sessions", "--db", library, "--json"});
        COMPARE_DONE(sessions);
        QVERIFY2(sessions.out.contains("Evaluation: sums"), sessions.out.constData());
        COMPARE_DONE(m_cli.run({"replay", "12", "--verify", "--db", library}));
    }

    void aMadeGraphIsMeasuredAndItsReportSaysWhatItLacks()
    {
        writeFile(m_cli.path("walks.json"),
                  R"({"data": {"task": "walks", "count": 6, "forks": false}, "settings":
                      [{"name": "greedy", "max_steps": 12, "parameters": {"temperature": 0}}]})");
        const QString library = m_cli.path("walks.sqlite");
        const CliResult walks =
            m_cli.run({"eval", m_cli.path("walks.json"), "--db", library, "--json"});
        COMPARE_DONE(walks);
        const QJsonValue frontier = walks.object()["settings"][0]["frontier"];
        QCOMPARE(frontier["samples"].toInt(), 6);
        const QJsonValue hop = frontier["hops"][0]; // one way only, and the starter knows it
        QCOMPARE(hop["hop"].toInt(), 1);
        QCOMPARE(hop["fed"]["frontier"]["mean"].toDouble(), 1.0);
        QVERIFY(hop["raw"]["frontier"]["mean"].toDouble() > 0.9);

        // The data of an evaluation may have gone, or be other data by now.
        const QString sums = m_cli.path("sums.sqlite");
        COMPARE_DONE(m_cli.run({"eval", m_cli.path("plan.json"), "--db", sums}));
        const auto report = [&] { return m_cli.run({"eval", "report", "1", "--db", sums}).out; };
        QVERIFY(!report().contains("left out"));
        writeFile(m_cli.path("items.jsonl"), R"({"id": "a", "prompt": "2 + 3", "answer": "5"})");
        QVERIFY2(report().contains("items.jsonl has changed since they were asked."), report());
        QFile::remove(m_cli.path("items.jsonl"));
        QVERIFY2(report().contains("items.jsonl does not exist."), report());
        QVERIFY2(report().contains("12 samples"), report());
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
        QVERIFY2(csv.out.contains("\n2,both: sums,thinks,4,4,1.0,"), csv.out.constData());
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
        const QByteArray listed = m_cli.run({"eval", "list", "--db", library}).out;
        QVERIFY2(listed.contains(QByteArray::number(before) + " of at least "), listed.constData());

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
        COMPARE_FAILURE(eval({m_cli.path("plan.json"), "--model", "/nowhere"}), 3, "/nowhere");
        // The second data set is found wanting before the first is asked.
        writeFile(m_cli.path("cut.jsonl"), items.chopped(20));
        writeFile(m_cli.path("several.json"),
                  R"({"data": ["items.jsonl", "cut.jsonl"], "settings": [{"name": "a"}]})");
        COMPARE_FAILURE(eval({m_cli.path("several.json")}), 3, "cut.jsonl, line 3");
        writeFile(m_cli.path("several.json"),
                  R"({"data": ["items.jsonl", {"task": "chess"}], "settings": [{"name": "a"}]})");
        COMPARE_FAILURE(eval({m_cli.path("several.json")}), 2, "There is no task 'chess'");
        QVERIFY(m_cli.run({"eval", "list", "--db", library, "--json"}).array().isEmpty());
        COMPARE_FAILURE(m_cli.run({"eval", "report", "7", "--db", library}), 3, "no evaluation 7");
    }

private:
    Cli m_cli;
};

QTEST_GUILESS_MAIN(TestCliEval)
#include "tst_clieval.moc"
