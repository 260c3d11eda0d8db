// `halftone-cli train` from a recipe to a model that the other commands take, stopped, killed and
// gone on with.
#include "cliprocess.h"
#include "store/trainingstore.h"

#include <csignal>

using namespace halftone;
using namespace halftone::test;

class TestCliTrain : public QObject
{
    Q_OBJECT

    /// Writes a recipe that takes a second or two; returns its path.
    static QString recipe(const Cli& cli, const QByteArray& more = R"("steps": 60)",
                          const QByteArray& name = "recipe.json", int hidden = 32);
    static QStringList train(const QString& recipe, const QString& folder,
                             const QStringList& more = {});
    /// Begins a training and returns when it has a checkpoint.
    static void begin(QProcess& process, const Cli& cli, const QString& file,
                      const QString& folder);

private Q_SLOTS:
    void whatIsTrainedAnswers();
    void progressIsALineOfJson();
    void ctrlCAndKillLoseNothing_data();
    void ctrlCAndKillLoseNothing();
    void mistakesAreNamed_data();
    void mistakesAreNamed();
    void aCheckpointOfAnotherShapeIsRefused();
    void theLibraryKeepsTheCurvesUnlessToldNotTo();
    void aTrainingThatGoesOnKeepsItsRow_data();
    void aTrainingThatGoesOnKeepsItsRow();
    void mistakesLeaveNoTrainingBehind();
};

QString TestCliTrain::recipe(const Cli& cli, const QByteArray& more, const QByteArray& name,
                             int hidden)
{
    const QString file = cli.path(QString::fromUtf8(name));
    writeFile(file, R"({"name": "small", "model": {"hidden": )" + QByteArray::number(hidden) +
                        R"(, "layers": 1, "heads": 2, "intermediate": 64, "context": 64},
                         "data": [{"task": "sums", "max_difficulty": 2}],
                         "batch_tokens": 512, "row_tokens": 32, "checkpoint_steps": 10,
                         "optimizer": {"rate": 0.01, "warmup_steps": 5}, )" +
                        more + "}");
    return file;
}

QStringList TestCliTrain::train(const QString& recipe, const QString& folder,
                                const QStringList& more)
{
    return QStringList{"train", recipe, "--out", folder} + more;
}

void TestCliTrain::begin(QProcess& process, const Cli& cli, const QString& file,
                         const QString& folder)
{
    cli.start(process, train(file, folder, {"--json", "--every", "1"}));
    QByteArray seen;
    while (!seen.contains("\"step\":15,")) {
        QVERIFY2(process.waitForReadyRead(60000), process.readAllStandardError().constData());
        seen += process.readAllStandardOutput();
    }
}

void TestCliTrain::whatIsTrainedAnswers()
{
    const Cli cli;
    const QString folder = cli.path("small");
    const CliResult trained = cli.run(train(recipe(cli, R"("steps": 150)"), folder));
    COMPARE_DONE(trained);
    QVERIFY2(trained.out.startsWith("150 steps, "), trained.out.constData());
    const CliResult run = cli.run({"run", "--model", folder, "--prompt", "3 + 4 sum <think>",
                                   "--temperature", "0", "--json", "--max-steps", "8"});
    COMPARE_DONE(run);
    QVERIFY(readFile(folder + "/README.md").contains("# small"));
}

void TestCliTrain::progressIsALineOfJson()
{
    const Cli cli;
    const CliResult trained = cli.run(
        train(recipe(cli, R"("steps": 25)"), cli.path("small"), {"--json", "--every", "10"}));
    COMPARE_DONE(trained);
    const QList<QByteArray> lines = trained.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 3); // 10, 20 and the last
    const QJsonObject last = QJsonDocument::fromJson(lines.last()).object();
    QCOMPARE(last["step"].toInt(), 25);
    QVERIFY(last["loss_nats"].toDouble() > 0);
    QVERIFY(last["tokens_per_s"].toDouble() > 0);
}

void TestCliTrain::ctrlCAndKillLoseNothing_data()
{
    QTest::addColumn<int>("signal");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("SIGINT") << SIGINT << 130;
    QTest::newRow("SIGTERM") << SIGTERM << 130;
    QTest::newRow("SIGKILL") << SIGKILL << -1;
}

void TestCliTrain::ctrlCAndKillLoseNothing()
{
    QFETCH(int, signal);
    QFETCH(int, exitCode);
    const Cli cli;
    const QString file = recipe(cli, R"("steps": 150)");
    QProcess process;
    begin(process, cli, file, cli.path("halves"));
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
    const CliResult stopped = Cli::result(process);
    QCOMPARE(stopped.exitCode, exitCode);
    COMPARE_FAILURE(cli.run(train(file, cli.path("halves"))), 3, "--resume");

    COMPARE_DONE(cli.run(train(file, cli.path("halves"), {"--resume"})));
    COMPARE_DONE(cli.run(train(file, cli.path("whole"))));
    QVERIFY(readFile(cli.path("halves/model.safetensors")) ==
            readFile(cli.path("whole/model.safetensors")));
}

void TestCliTrain::mistakesAreNamed_data()
{
    QTest::addColumn<QByteArray>("more");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("out of range") << QByteArray(R"("steps": 0)") << QByteArray("'steps' should be");
    QTest::newRow("unknown key") << QByteArray(R"("stepz": 3)") << QByteArray("stepz");
    QTest::newRow("no such model")
        << QByteArray(R"("stage": "latent", "from": "nowhere", "model": {})")
        << QByteArray("leave 'model'");
    QTest::newRow("malformed") << QByteArray(R"("steps": )") << QByteArray("recipe.json");
}

void TestCliTrain::mistakesAreNamed()
{
    QFETCH(QByteArray, more);
    QFETCH(QByteArray, message);
    const Cli cli;
    COMPARE_FAILURE(cli.run(train(recipe(cli, more), cli.path("out"))), 3, message);
    QVERIFY(!std::filesystem::exists(cli.path("out").toStdString()));
    COMPARE_FAILURE(cli.run(train(cli.path("none.json"), cli.path("out"))), 3, "none.json");
}

void TestCliTrain::aCheckpointOfAnotherShapeIsRefused()
{
    const Cli cli;
    for (const auto& [name, hidden] : {std::pair("narrow", 32), std::pair("wide", 48)}) {
        QProcess process;
        begin(process, cli, recipe(cli, R"("steps": 4000)", QByteArray(name) + ".json", hidden),
              cli.path(name));
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QCOMPARE(Cli::result(process).exitCode, 130);
    }
    const QByteArray wide = readFile(cli.path("wide/training-state.safetensors"));
    QVERIFY(!wide.isEmpty());
    writeFile(cli.path("narrow/training-state.safetensors"), wide);
    COMPARE_FAILURE(cli.run(train(cli.path("narrow.json"), cli.path("narrow"), {"--resume"})), 3,
                    "training-state.safetensors");
    QCOMPARE(readFile(cli.path("narrow/training-state.safetensors")), wide);
}

void TestCliTrain::theLibraryKeepsTheCurvesUnlessToldNotTo()
{
    const Cli cli;
    const QString file = recipe(cli, R"("steps": 25)");
    COMPARE_DONE(cli.run(train(file, cli.path("unseen"), {"--no-store"})));
    QVERIFY(!std::filesystem::exists(cli.library().toStdString()));
    const CliResult trained = cli.run(train(file, cli.path("small")));
    COMPARE_DONE(trained);
    QVERIFY2(trained.out.endsWith("; training 1\n"), trained.out.constData());
    const auto store = TrainingStore::open(cli.library().toStdString()).value();
    const TrainingInfo info = store->trainings()->at(0);
    QCOMPARE(info.name, "small");
    QCOMPARE(info.stage, "chain");
    QCOMPARE(info.folder, std::filesystem::canonical(cli.path("small").toStdString()).string());
    QCOMPARE(info.status, RunStatus::Finished);
    QCOMPARE(info.state.step, 25);
    QCOMPARE(info.steps, 25);
    QVERIFY(info.state.parameters > 1000 && info.state.threads > 0 && info.state.seconds > 0);
    // The same curve as in the file beside the model, with what it leaves out.
    const std::vector<TrainingPoint> points = store->points(info.id).value();
    const QList<QByteArray> lines = readFile(cli.path("small/training.csv")).trimmed().split('\n');
    QCOMPARE(std::ssize(points), 25);
    QCOMPARE(lines.size(), 26);
    for (qsizetype i = 0; i < 25; ++i) {
        const TrainingPoint& point = points[static_cast<std::size_t>(i)];
        const QList<QByteArray> cells = lines[i + 1].split(',');
        QCOMPARE(point.step, cells[0].toLongLong());
        QCOMPARE(point.tokens, cells[1].toLongLong());
        QCOMPARE(static_cast<float>(point.loss), cells[2].toFloat());
        QCOMPARE(static_cast<float>(point.rate), cells[4].toFloat());
        QVERIFY(point.gradientNorm > 0 && point.tokensPerSecond > 0);
    }
}

void TestCliTrain::aTrainingThatGoesOnKeepsItsRow_data()
{
    QTest::addColumn<int>("signal");
    QTest::addColumn<RunStatus>("status");
    QTest::newRow("SIGINT") << SIGINT << RunStatus::Stopped;
    QTest::newRow("SIGKILL") << SIGKILL << RunStatus::Interrupted;
}

void TestCliTrain::aTrainingThatGoesOnKeepsItsRow()
{
    QFETCH(int, signal);
    QFETCH(RunStatus, status);
    const Cli cli;
    const QString file = recipe(cli, R"("steps": 150)");
    QProcess process;
    begin(process, cli, file, cli.path("halves"));
    ::kill(static_cast<pid_t>(process.processId()), signal);
    process.waitForFinished();
    const auto store = TrainingStore::open(cli.library().toStdString()).value();
    QCOMPARE(store->trainings()->at(0).status, status);
    // Step 15 was seen, so the checkpoint of step 10 was there, and what led to it.
    const std::size_t kept = store->points(TrainingId{1})->size();
    QVERIFY2(kept >= 10, qPrintable(QString::number(kept)));

    COMPARE_DONE(cli.run(train(file, cli.path("halves"), {"--resume"})));
    QCOMPARE(store->trainings()->size(), 1U);
    QCOMPARE(store->trainings()->at(0).status, RunStatus::Finished);
    const std::vector<TrainingPoint> points = store->points(TrainingId{1}).value();
    QCOMPARE(points.size(), 150U);
    for (std::size_t i = 0; i < points.size(); ++i)
        QCOMPARE(points[i].step, static_cast<std::int64_t>(i) + 1);
}

void TestCliTrain::mistakesLeaveNoTrainingBehind()
{
    const Cli cli;
    const QString file = recipe(cli, R"("steps": 12)");
    COMPARE_DONE(cli.run(train(file, cli.path("small"))));
    COMPARE_FAILURE(cli.run(train(file, cli.path("small"))), 3, "--resume");
    COMPARE_FAILURE(cli.run(train(file, cli.path("none"), {"--resume"})), 3, "no training");
    const auto store = TrainingStore::open(cli.library().toStdString()).value();
    QCOMPARE(store->trainings()->size(), 1U);
    writeFile(cli.path("broken.sqlite"), "no library at all");
    COMPARE_FAILURE(cli.run(train(file, cli.path("other"), {"--db", cli.path("broken.sqlite")})), 3,
                    "broken.sqlite");
}

QTEST_GUILESS_MAIN(TestCliTrain)
#include "tst_clitrain.moc"
