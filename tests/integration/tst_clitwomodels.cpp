// Two models that take turns, and schedules that are not for the model at hand, from the command
// line.
#include "cliprocess.h"

#include <QFile>
#include <QJsonArray>
#include <QTest>

using namespace halftone::test;

namespace {

const QString walk =
    QStringLiteral("diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>");

const QStringList turns{"run",
                        "--mode",
                        "speculative",
                        "--prompt",
                        walk,
                        "--hand-over",
                        "entropy",
                        "--hand-over-entropy",
                        "0.5",
                        "--in-answer",
                        "on",
                        "--ignore-end",
                        "--max-steps",
                        "30",
                        "--temperature",
                        "1.2",
                        "--threads",
                        "1",
                        "--json"};

} // namespace

class TestCliTwoModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyStepSaysWhoDecidedAndTheRunComesOutAgain();
    void refusesWhatDoesNotFitTogether_data();
    void refusesWhatDoesNotFitTogether();
    void aScheduleForAnotherModelIsRefused();
};

void TestCliTwoModels::everyStepSaysWhoDecidedAndTheRunComesOutAgain()
{
    const Cli cli;
    const CliResult run = cli.run(turns + QStringList{"--partner", "starter-soft"});
    COMPARE_DONE(run);
    const QByteArray json = cli.run({"export", "1", "--format", "json", "--out", "-"}).out;
    QVERIFY2(json.contains("\"partner\""), json.left(400).constData());
    QVERIFY(json.contains("\"model\":1") || json.contains("\"model\": 1"));
    const CliResult again = cli.run({"replay", "1", "--verify", "--json"});
    COMPARE_DONE(again);
    QCOMPARE(again.object()["equal"], QJsonValue(true));
    // The wrong folder in the partner's place is named.
    COMPARE_FAILURE(cli.run({"replay", "1", "--verify", "--partner", "starter"}), 3,
                    "is not the partner of run 1");
}

void TestCliTwoModels::refusesWhatDoesNotFitTogether_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("part");
    QTest::newRow("no partner") << turns << QByteArray("name the second one");
    QTest::newRow("a partner for one model alone")
        << QStringList{"run", "--mode", "soft", "--prompt", walk, "--partner", "starter"}
        << QByteArray("soft works with one");
    QTest::newRow("a partner that is not there")
        << turns + QStringList{"--partner", "nowhere"} << QByteArray("no model folder nowhere");
}

void TestCliTwoModels::refusesWhatDoesNotFitTogether()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, part);
    const Cli cli;
    const CliResult result = cli.run(arguments);
    QVERIFY(result.exitCode == 2 || result.exitCode == 3);
    COMPARE_FAILURE(result, result.exitCode, part);
    QVERIFY(!QFile::exists(cli.library()) || cli.run({"sessions", "--json"}).array().isEmpty());
}

void TestCliTwoModels::aScheduleForAnotherModelIsRefused()
{
    const Cli cli;
    const QString path = cli.path("schedule.json");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"model": "0123abcd", "segments": [{"when": {"step": 3}, "mode": "soft"}]})");
    file.close();
    COMPARE_FAILURE(cli.run({"run", "--prompt", walk, "--schedule", path}), 2,
                    "The schedule is for the model with the fingerprint 0123abcd, and starter has");
}

QTEST_GUILESS_MAIN(TestCliTwoModels)
#include "tst_clitwomodels.moc"
