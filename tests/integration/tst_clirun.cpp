// halftone-cli run and demo on the built-in models: what they print, store and do when stopped.
#include "cliprocess.h"

#include <QRegularExpression>
#include <QTest>

#include <csignal>

using namespace halftone::test;

namespace {

const QString walk =
    QStringLiteral("diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>");
const QString sum = QStringLiteral("7 + 5 + 9 + 4 sum <think>");

bool catchesInterrupt(pid_t pid)
{
    for (const QByteArray& line : readFile(QStringLiteral("/proc/%1/status").arg(pid)).split('\n'))
        if (line.startsWith("SigCgt:"))
            return (line.mid(7).trimmed().toULongLong(nullptr, 16) & (1ULL << (SIGINT - 1))) != 0;
    return false;
}

} // namespace

class TestCliRun : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void jsonHoldsWhatScriptsRelyOn();
    void theRunIsStoredStepByStep();
    void withoutJsonTheTextComesAlone();
    void mixturesAreShownWithTheirWeights();
    void temperatureZeroIsGreedy();
    void stopTextsEndTheRun();
    void equalSeedsGiveEqualSteps();
    void promptsComeFromFilesAndStandardInput();
    void promptIdsNeedNoTokenizer();
    void runsCanBeAddedToASession();
    void aGroupIsOneSessionOfSeeds();
    void noStoreLeavesNoLibrary();
    void aPromptThatCannotBeFedLeavesNoRun_data();
    void aPromptThatCannotBeFedLeavesNoRun();
    void brokenModelsExitWithThree_data();
    void brokenModelsExitWithThree();
    void ctrlCKeepsTheRun_data();
    void ctrlCKeepsTheRun();
    void aSecondCtrlCQuitsAtOnce();
    void aReaderThatLeavesStopsTheRun();
    void killedRunsReadAsInterrupted();
    void demoPrintsAnAlignedTraceOfBothModes();

private:
    /// Arguments of a run that takes minutes.
    [[nodiscard]] QStringList endlessRun(const Cli&) const;
    /// The same, at its first tokens.
    void startEndlessRun(QProcess&, const Cli&) const;
};

void TestCliRun::jsonHoldsWhatScriptsRelyOn()
{
    const Cli cli;
    const CliResult result =
        cli.run({"run", "--prompt", sum, "--temperature", "0", "--seed", "5", "--json"});
    COMPARE_DONE(result);
    const QJsonObject run = result.object();
    QCOMPARE(run["session"].toInteger(), 1);
    QCOMPARE(run["run"].toInteger(), 1);
    QCOMPARE(run["status"].toString(), "finished");
    QCOMPARE(run["stop_reason"].toString(), "end-token");
    QCOMPARE(run["seed"].toInteger(), 5);
    QCOMPARE(run["prompt_ids"].toArray(), (QJsonArray{1, 17, 8, 15, 8, 19, 8, 14, 9, 3}));
    // 7, 7 + 5 = 2, + 9 = 1, + 4 = 5 (modulo 10).
    QCOMPARE(run["thinking"].toString().trimmed(), "7 2 1 5");
    QVERIFY(run["answer"].toString().contains("5"));
    QVERIFY(run["text"].toString().contains("7 2 1 5 </think> 5"));
    QVERIFY(run["steps"].toInteger() >= 6);
    QVERIFY(run["timings"]["prefill_tokens_per_s"].toDouble() > 0);
    QVERIFY(run["timings"]["decode_tokens_per_s"].toDouble() > 0);
}

void TestCliRun::theRunIsStoredStepByStep()
{
    const Cli cli;
    const QJsonObject run = cli.run({"run", "--prompt", walk, "--mode", "soft", "--json"}).object();
    const CliResult shown =
        cli.run({"show", QString::number(run["run"].toInteger()), "--steps", "--json"});
    COMPARE_DONE(shown);
    const QByteArrayList lines = shown.out.trimmed().split('\n');
    QCOMPARE(lines.size(), static_cast<int>(run["steps"].toInteger()));
    const QJsonObject first = QJsonDocument::fromJson(lines.front()).object();
    QCOMPARE(first["step"].toInteger(), 0);
    QCOMPARE(first["position"].toInteger(), run["prompt_ids"].toArray().size());
    QCOMPARE(first["phase"].toString(), "think");
    QCOMPARE(first["mode"].toString(), "soft");
    const QJsonArray sessions = cli.run({"sessions", "--json"}).array();
    QCOMPARE(sessions[0]["runs"][0]["status"].toString(), "finished");
    QCOMPARE(sessions[0]["runs"][0]["steps"].toInteger(), run["steps"].toInteger());
}

void TestCliRun::withoutJsonTheTextComesAlone()
{
    const Cli cli;
    const CliResult result = cli.run({"run", "--prompt", sum, "--temperature", "0"});
    COMPARE_DONE(result);
    QVERIFY2(result.out.startsWith("7 2 1 5 </think> 5"), result.out);
    QVERIFY(result.out.endsWith('\n'));
}

void TestCliRun::mixturesAreShownWithTheirWeights()
{
    const Cli cli;
    const CliResult result = cli.run({"run", "--prompt", walk, "--mode", "soft", "--temperature",
                                      "1", "--max-topk", "2", "--max-steps", "3"});
    COMPARE_DONE(result);
    // bern leads to diff and to femp: about one half each.
    QVERIFY2(result.out.contains("diff 0.") && result.out.contains("femp 0."), result.out);
    QVERIFY2(result.out.contains('{') && result.out.contains(" + "), result.out);
}

void TestCliRun::temperatureZeroIsGreedy()
{
    const Cli cli;
    QByteArray first;
    for (const char* seed : {"1", "2", "3"}) {
        const CliResult result =
            cli.run({"run", "--prompt", walk, "--temperature", "0", "--seed", seed});
        COMPARE_DONE(result);
        if (first.isEmpty())
            first = result.out;
        QCOMPARE(result.out, first);
    }
    const CliResult steps = cli.run({"show", "last", "--steps", "--json"});
    for (const QByteArray& line : steps.out.trimmed().split('\n')) {
        const QJsonObject step = QJsonDocument::fromJson(line).object();
        QCOMPARE(step["sampled"].toInteger(), step["candidates"][0]["id"].toInteger());
    }
}

void TestCliRun::stopTextsEndTheRun()
{
    const Cli cli;
    // The option takes one text a time, so that the prompt may stand after it.
    const CliResult result = cli.run({"run", "--temperature", "0", "--json", "--stop", "no such",
                                      "--stop", "2 1", "--prompt", sum});
    COMPARE_DONE(result);
    const QJsonObject run = result.object();
    QCOMPARE(run["stop_reason"].toString(), "stop-text");
    QCOMPARE(run["text"].toString().trimmed(), "7 2 1");
    COMPARE_FAILURE(cli.run({"run", "--stop", "", "--prompt", sum}), 2, "A stop text is empty");
}

void TestCliRun::equalSeedsGiveEqualSteps()
{
    const Cli cli;
    const QStringList arguments{"run",    "--prompt",      walk, "--seed", "11",
                                "--json", "--temperature", "1.5"};
    const auto stepsOf = [&](const CliResult& result) {
        QList<QJsonObject> steps;
        const QString run = QString::number(result.object()["run"].toInteger());
        for (const QByteArray& line :
             cli.run({"show", run, "--steps", "--json"}).out.trimmed().split('\n')) {
            QJsonObject step = QJsonDocument::fromJson(line).object();
            // Times are a machine's, not the run's.
            for (const QString& key : step.keys())
                if (key.contains("times") || key.endsWith("_ns"))
                    step.remove(key);
            steps.append(step);
        }
        return steps;
    };
    const auto first = stepsOf(cli.run(arguments));
    QVERIFY(!first.isEmpty());
    QCOMPARE(stepsOf(cli.run(arguments)), first);
}

void TestCliRun::promptsComeFromFilesAndStandardInput()
{
    const Cli cli;
    const QString file = cli.path("prompt.txt");
    writeFile(file, sum.toUtf8());
    const QStringList rest{"--temperature", "0", "--no-store"};
    const CliResult written = cli.run(QStringList{"run", "--prompt", sum} + rest);
    COMPARE_DONE(written);
    QCOMPARE(cli.run(QStringList{"run", "--prompt-file", file} + rest).out, written.out);
    QCOMPARE(cli.run(QStringList{"run", "--prompt-file", "-"} + rest, sum.toUtf8()).out,
             written.out);
}

void TestCliRun::promptIdsNeedNoTokenizer()
{
    const Cli cli;
    const QString folder = cli.path("mute");
    QVERIFY(QDir().mkpath(folder));
    for (const char* file : {"config.json", "model.safetensors"})
        QVERIFY(QFile::copy(testModel("starter") + "/" + file, folder + "/" + file));
    const CliResult result = cli.run({"run", "--model", folder, "--prompt-ids", "1,17,8,15,9,3",
                                      "--temperature", "0", "--max-steps", "2"});
    COMPARE_DONE(result);
    // Ids for words: 17 is "7", 12 is "2".
    QCOMPARE(result.out, "[17] [12]\n");
    COMPARE_FAILURE(cli.run({"run", "--model", folder, "--prompt", "7"}), 3, "tokenizer");
}

void TestCliRun::runsCanBeAddedToASession()
{
    const Cli cli;
    const QStringList rest{"--prompt", sum, "--max-steps", "2", "--json"};
    const QJsonObject first = cli.run(QStringList{"run", "--name", "Sums"} + rest).object();
    const QString session = QString::number(first["session"].toInteger());
    const QJsonObject second = cli.run(QStringList{"run", "--session", session} + rest).object();
    QCOMPARE(second["session"], first["session"]);
    QVERIFY(second["run"] != first["run"]);
    QVERIFY(cli.run(QStringList{"run"} + rest).object()["session"] != first["session"]);
    const QJsonArray sessions = cli.run({"sessions", "--json", "--search", "Sums"}).array();
    QCOMPARE(sessions.size(), 1);
    QCOMPARE(sessions[0]["name"].toString(), "Sums");
    QCOMPARE(sessions[0]["runs"].toArray().size(), 2);
}

void TestCliRun::aGroupIsOneSessionOfSeeds()
{
    const Cli cli;
    const QStringList arguments{"run",    "--prompt", walk,          "--mode", "gumbel",
                                "--seed", "5",        "--max-steps", "4",      "--json"};
    const CliResult result = cli.run(arguments + QStringList{"--group", "3"});
    COMPARE_DONE(result);
    const QJsonObject group = result.object();
    const QJsonArray runs = group["runs"].toArray();
    QCOMPARE(runs.size(), 3);
    qint64 steps = 0;
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(runs[i]["seed"].toInteger(), 5 + i);
        QCOMPARE(runs[i]["session"].toInteger(), group["session"].toInteger());
        steps += runs[i]["steps"].toInteger();
    }
    QCOMPARE(group["together"]["steps"].toInteger(), steps);
    QVERIFY(group["together"]["seconds"].toDouble() > 0);
    QVERIFY(group["together"]["decode_tokens_per_s"].toDouble() > 0);

    const QJsonArray stored = cli.run({"sessions", "--json"}).array();
    QCOMPARE(stored.size(), 1);
    QCOMPARE(stored[0]["runs"].toArray().size(), 3);
    // Each is what it would be alone.
    const QJsonObject alone = cli.run(QStringList(arguments).replaceInStrings("5", "7")).object();
    QCOMPARE(alone["text"].toString(), runs[2]["text"].toString());
}

void TestCliRun::noStoreLeavesNoLibrary()
{
    const Cli cli;
    const CliResult result =
        cli.run({"run", "--prompt", sum, "--max-steps", "2", "--no-store", "--json"});
    COMPARE_DONE(result);
    QVERIFY(result.object().contains("run"));
    QVERIFY(result.object()["run"].isNull());
    QVERIFY(result.object()["session"].isNull());
    QVERIFY(!QFile::exists(cli.library()));
}

void TestCliRun::aPromptThatCannotBeFedLeavesNoRun_data()
{
    QTest::addColumn<QString>("ids");
    QTest::addColumn<QByteArray>("part");
    QTest::newRow("an id outside the vocabulary") << "1,68" << QByteArray("68");
    QStringList many;
    for (int i = 0; i < 300; ++i)
        many.append("1");
    QTest::newRow("longer than the context") << many.join(',') << QByteArray("256");
}

void TestCliRun::aPromptThatCannotBeFedLeavesNoRun()
{
    QFETCH(QString, ids);
    QFETCH(QByteArray, part);
    const Cli cli;
    const CliResult result = cli.run({"run", "--prompt-ids", ids, "--json"});
    QCOMPARE(result.out, QByteArray());
    COMPARE_FAILURE(result, 2, part);
    QCOMPARE(cli.run({"sessions", "--json"}).out, "[]\n");
}

void TestCliRun::brokenModelsExitWithThree_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QByteArray>("part");
    const QByteArray weights = readFile(testModel("starter") + "/model.safetensors");
    QTest::newRow("no config") << "config.json" << QByteArray() << QByteArray("config.json");
    QTest::newRow("another architecture")
        << "config.json" << QByteArray(R"({"architectures": ["BertModel"], "model_type": "bert"})")
        << QByteArray("Bert");
    QTest::newRow("truncated weights") << "model.safetensors" << weights.left(weights.size() / 2)
                                       << QByteArray("model.safetensors");
    QTest::newRow("weights that are no numbers")
        << "model.safetensors" << weights.chopped(4) + QByteArray::fromHex("0000c07f")
        << QByteArray("logits that are not numbers");
    QTest::newRow("a tokenizer that is none")
        << "tokenizer.json" << QByteArray("{}") << QByteArray("tokenizer.json");
}

void TestCliRun::brokenModelsExitWithThree()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, content);
    QFETCH(QByteArray, part);
    const Cli cli;
    const QString folder = cli.path("broken");
    for (const char* whole : {"config.json", "model.safetensors", "tokenizer.json"})
        writeFile(folder + "/" + whole, readFile(testModel("starter") + "/" + whole));
    if (content.isEmpty())
        QVERIFY(QFile::remove(folder + "/" + file));
    else
        writeFile(folder + "/" + file, content);
    const CliResult result = cli.run({"run", "--model", folder, "--prompt", sum});
    QCOMPARE(result.out, QByteArray());
    COMPARE_FAILURE(result, 3, part);
}

QStringList TestCliRun::endlessRun(const Cli& cli) const
{
    return {"run",          "--model",     endlessModel(cli), "--prompt",  walk,
            "--ignore-end", "--max-steps", "190000",          "--threads", "1"};
}

void TestCliRun::startEndlessRun(QProcess& process, const Cli& cli) const
{
    cli.start(process, endlessRun(cli));
    // Tokens come: it is past loading and prefill.
    while (process.bytesAvailable() < 200)
        QVERIFY(process.waitForReadyRead(60000));
}

void TestCliRun::ctrlCKeepsTheRun_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGINT") << SIGINT;
    QTest::newRow("SIGTERM") << SIGTERM;
}

void TestCliRun::ctrlCKeepsTheRun()
{
    QFETCH(int, signal);
    const Cli cli;
    QProcess process;
    startEndlessRun(process, cli);
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
    const CliResult result = Cli::result(process);
    QCOMPARE(result.exitCode, 130);
    QCOMPARE(result.err, QByteArray());
    QVERIFY(result.out.endsWith('\n'));
    const QJsonObject run = cli.run({"sessions", "--json"}).array().at(0)["runs"][0].toObject();
    QCOMPARE(run["status"].toString(), "stopped");
    QCOMPARE(run["stop_reason"].toString(), "user");
    // Each token that was printed is stored: a word and a blank.
    QCOMPARE(run["steps"].toInteger(), result.out.simplified().count(' ') + 1);
}

void TestCliRun::aSecondCtrlCQuitsAtOnce()
{
    const Cli cli;
    QProcess process;
    // It waits for its prompt, and the first signal finds it there.
    cli.start(process, {"run", "--prompt-file", "-"});
    QVERIFY(process.waitForStarted());
    const auto pid = static_cast<pid_t>(process.processId());
    // Until the program has its handler a signal would simply kill it.
    QTRY_VERIFY(catchesInterrupt(pid));
    QCOMPARE(::kill(pid, SIGINT), 0);
    const CliResult result = Cli::result(process);
    QCOMPARE(result.exitCode, 130);

    QProcess stopped;
    startEndlessRun(stopped, cli);
    const auto second = static_cast<pid_t>(stopped.processId());
    // Both are pending when it goes on, and a pending signal is only one; so send two kinds.
    QCOMPARE(::kill(second, SIGSTOP), 0);
    QCOMPARE(::kill(second, SIGINT), 0);
    QCOMPARE(::kill(second, SIGTERM), 0);
    QCOMPARE(::kill(second, SIGCONT), 0);
    QCOMPARE(Cli::result(stopped).exitCode, 130);
    QTRY_COMPARE(cli.run({"sessions", "--json"}).array().at(0)["runs"][0]["status"].toString(),
                 "interrupted");
}

void TestCliRun::aReaderThatLeavesStopsTheRun()
{
    const Cli cli;
    const CliResult result = cli.shell("\"$@\" | head -c 200", endlessRun(cli));
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.err, QByteArray());
    QCOMPARE(result.out.size(), 200);
    QCOMPARE(cli.run({"sessions", "--json"}).array().at(0)["runs"][0]["status"].toString(),
             "stopped");
}

void TestCliRun::killedRunsReadAsInterrupted()
{
    const Cli cli;
    QProcess process;
    startEndlessRun(process, cli);
    // Long enough for a batch to be stored.
    QTRY_VERIFY_WITH_TIMEOUT(
        !cli.run({"sessions", "--json"}).array().isEmpty() &&
            cli.run({"sessions", "--json"}).array().at(0)["runs"][0]["steps"].toInteger() > 0,
        60000);
    QCOMPARE(cli.run({"sessions", "--json"}).array().at(0)["runs"][0]["status"].toString(),
             "running");
    process.kill();
    QVERIFY(process.waitForFinished());
    const QJsonObject run = cli.run({"sessions", "--json"}).array().at(0)["runs"][0].toObject();
    QCOMPARE(run["status"].toString(), "interrupted");
    const CliResult steps = cli.run({"show", "last", "--steps", "--json"});
    COMPARE_DONE(steps);
    QCOMPARE(steps.out.count('\n'), run["steps"].toInteger());
}

void TestCliRun::demoPrintsAnAlignedTraceOfBothModes()
{
    const Cli cli;
    const CliResult result = cli.run({"demo"});
    COMPARE_DONE(result);
    const QString text = QString::fromUtf8(result.out);
    QVERIFY(text.contains("Mode discrete:") && text.contains("Mode soft:"));
    const QStringList lines = text.split('\n');
    qsizetype column = -1;
    int steps = 0;
    for (const QString& line : lines) {
        if (line.contains("phase"))
            column = line.indexOf("phase");
        else if (column >= 0 && line.startsWith("     ")) {
            const QString phase = line.mid(column, 6).trimmed();
            QVERIFY2(phase == "think" || phase == "answer", qPrintable(line));
            ++steps;
        }
    }
    QVERIFY(steps >= 6);
    // The fork: two components of nearly one half.
    static const QRegularExpression fork(
        "diff 0\\.[3-6]\\d \\+ femp 0\\.[3-6]|femp 0\\.[3-6]\\d \\+ diff 0\\.[3-6]");
    QVERIFY2(text.contains(fork), qPrintable(text));
    QVERIFY(text.contains("Stored as runs 1 and 2 of session 1 in " + cli.library()));
    const QJsonArray runs = cli.run({"sessions", "--json"}).array().at(0)["runs"].toArray();
    QCOMPARE(runs.size(), 2);
    QCOMPARE(runs[0]["mode"].toString(), "discrete");
    QCOMPARE(runs[1]["mode"].toString(), "soft");

    const Cli other;
    COMPARE_DONE(other.run({"demo", "--no-store"}));
    QVERIFY(!QFile::exists(other.library()));
}

QTEST_GUILESS_MAIN(TestCliRun)
#include "tst_clirun.moc"
