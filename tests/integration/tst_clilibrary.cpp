// Commands that read the library: sessions, show, replay, export. They load no model, and this
// test makes the stored runs itself.
#include "cliprocess.h"
#include "qverifyresult.h"
#include "reasoning/runsettings.h"
#include "store/sessionstore.h"

#include <QTest>

#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

/// "one", " two", and half a character.
std::shared_ptr<const TokenTable> threeTokens()
{
    return std::make_shared<const TokenTable>(
        std::vector<std::string>{"one", " two", "\xE2\x82", "</think>"}, "");
}

RunInfo runInfo(SessionId session, const std::string& mode)
{
    RunSettings settings;
    settings.mode = mode;
    settings.seed = 7;
    RunInfo info;
    info.session = session;
    info.mode = mode;
    info.seed = 7;
    info.settings = toJson(settings);
    info.prompt = "count";
    info.promptIds = {TokenId{0}, TokenId{1}};
    info.programVersion = "0.0.1";
    info.startedMs = 1'700'000'000'000;
    info.model.name = "toy";
    info.model.path = "/nowhere/toy";
    info.model.fingerprint = "00ff00ff00ff00ff00ff00ff00ff00ff";
    info.model.architecture = "LlamaForCausalLM";
    info.model.vocabularySize = 4;
    info.model.weightType = "f32";
    info.model.device = "cpu";
    return info;
}

StepRecord tokenStep(std::int64_t step, TokenId id)
{
    StepRecord record;
    record.step = StepIndex{step};
    record.position = Position{step + 2};
    record.mode = "discrete";
    record.input = StepInput::token(id);
    record.sampled = id;
    record.entropy = 0.25;
    record.varentropy = 0.125;
    record.pMax = 0.75;
    record.candidates = {{id, 0.75F, 1.0F, 0.0F}};
    return record;
}

StepRecord mixtureStep(std::int64_t step)
{
    StepRecord record = tokenStep(step, TokenId{0});
    record.phase = Phase::Think;
    record.mode = "soft";
    record.input.kind = InputKind::Mixture;
    record.input.ids = {TokenId{0}, TokenId{1}};
    record.input.weights = {0.75F, 0.25F};
    record.mixtureEntropy = 0.5623351446188083;
    record.candidates = {{TokenId{0}, 0.75F, 0.75F, 0.75F}, {TokenId{1}, 0.25F, 0.25F, 0.25F}};
    return record;
}

} // namespace

class TestCliLibrary : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void withoutALibraryThereAreNoSessions();
    void sessionsListsRunsWithTheirStatus();
    void sessionsCanBeSearched();
    void bytesThatAreNoTextAreShownInJson();
    void showGivesAReadableSummary();
    void showStepsAsJsonHasOneLineAStep();
    void showStepsAsTextAlignsItsColumns();
    void replayWithoutAModelPrintsTheStoredNumbers();
    void lastIsTheNewestRun();
    void exportWritesEachFormat_data();
    void exportWritesEachFormat();
    void exportLeavesAnOlderFileWholeWhenItFails();
    void aFullStandardOutputExitsWithFour_data();
    void aFullStandardOutputExitsWithFour();
    void whatCannotBeReadExitsWithThree_data();
    void whatCannotBeReadExitsWithThree();
    void noneOfThemLoadsLibtorch_data();
    void noneOfThemLoadsLibtorch();
    void controlCharactersOfATraceDoNotReachTheTerminal();
    void anotherProgramLeavesTheLogOfAnOpenLibrary();

private:
    void makeLibrary();

    Cli m_cli;
    std::int64_t m_discrete = 0;
    std::int64_t m_soft = 0;
    std::int64_t m_session = 0;
};

void TestCliLibrary::initTestCase()
{
    makeLibrary();
}

void TestCliLibrary::makeLibrary()
{
    const auto store = SessionStore::open(m_cli.library().toStdString());
    QVERIFY_RESULT(store);
    const auto session = (*store)->createSession("Counting");
    QVERIFY_RESULT(session);
    m_session = session->value;

    const auto discrete = (*store)->createRun(runInfo(*session, "discrete"), *threeTokens());
    QVERIFY_RESULT(discrete);
    m_discrete = discrete->value;
    const std::vector<StepRecord> tokens{tokenStep(0, TokenId{0}), tokenStep(1, TokenId{1}),
                                         tokenStep(2, TokenId{2})};
    QVERIFY_RESULT((*store)->appendSteps(*discrete, tokens));
    QVERIFY_RESULT((*store)->finishRun(*discrete, RunStatus::Stopped, StopReason::User, {}));

    const auto soft = (*store)->createRun(runInfo(*session, "soft"), *threeTokens());
    QVERIFY_RESULT(soft);
    m_soft = soft->value;
    std::vector<StepRecord> mixtures{mixtureStep(0), mixtureStep(1)};
    mixtures.back().stop = StopReason::MaxSteps;
    QVERIFY_RESULT((*store)->appendSteps(*soft, mixtures));
    QVERIFY_RESULT((*store)->finishRun(*soft, RunStatus::Finished, StopReason::MaxSteps,
                                       RunTimings{2, 1'000'000, 2, 4'000'000}));
}

void TestCliLibrary::withoutALibraryThereAreNoSessions()
{
    const Cli fresh;
    const CliResult json = fresh.run({"sessions", "--json"});
    COMPARE_DONE(json);
    QCOMPARE(json.out, "[]\n");
    const CliResult text = fresh.run({"sessions"});
    COMPARE_DONE(text);
    QVERIFY(text.out.startsWith("No sessions in "));
    QVERIFY(!QFile::exists(fresh.library()));
}

void TestCliLibrary::sessionsListsRunsWithTheirStatus()
{
    const CliResult result = m_cli.run({"sessions", "--json"});
    COMPARE_DONE(result);
    const QJsonArray sessions = result.array();
    QCOMPARE(sessions.size(), 1);
    QCOMPARE(sessions[0]["session"].toInteger(), m_session);
    QCOMPARE(sessions[0]["name"].toString(), "Counting");
    const QJsonArray runs = sessions[0]["runs"].toArray();
    QCOMPARE(runs.size(), 2);
    QCOMPARE(runs[0]["run"].toInteger(), m_discrete);
    QCOMPARE(runs[0]["status"].toString(), "stopped");
    QCOMPARE(runs[0]["steps"].toInteger(), 3);
    QCOMPARE(runs[1]["run"].toInteger(), m_soft);
    QCOMPARE(runs[1]["status"].toString(), "finished");
    QCOMPARE(runs[1]["stop_reason"].toString(), "max-steps");
    QVERIFY(runs[1]["parent"].isNull());

    const CliResult text = m_cli.run({"sessions"});
    COMPARE_DONE(text);
    QVERIFY2(text.out.contains("soft  toy  seed 7"), text.out);
}

void TestCliLibrary::sessionsCanBeSearched()
{
    QCOMPARE(m_cli.run({"sessions", "--json", "--search", "count"}).array().size(), 1);
    QCOMPARE(m_cli.run({"sessions", "--json", "--search", "dance"}).array().size(), 0);
    QCOMPARE(m_cli.run({"sessions", "--json", "--bin"}).array().size(), 0);
}

void TestCliLibrary::bytesThatAreNoTextAreShownInJson()
{
    const Cli cli;
    const auto store = SessionStore::open(cli.library().toStdString());
    QVERIFY_RESULT(store);
    const auto session = (*store)->createSession("\xE2\x82 \xE2\x82\xAC");
    QVERIFY_RESULT(session);
    RunInfo info = runInfo(*session, "discrete");
    info.model.name = "to\xFFy";
    const auto run = (*store)->createRun(info, *threeTokens());
    QVERIFY_RESULT(run);
    QVERIFY_RESULT((*store)->appendSteps(*run, std::vector{tokenStep(0, TokenId{2})}));

    const CliResult sessions = cli.run({"sessions", "--json"});
    COMPARE_DONE(sessions);
    QCOMPARE(sessions.array().at(0)["name"].toString(), QString::fromUtf8("<0xE2><0x82> €"));
    QCOMPARE(sessions.array().at(0)["runs"][0]["model"].toString(), "to<0xFF>y");
    const CliResult shown = cli.run({"show", "last", "--json"});
    COMPARE_DONE(shown);
    QCOMPARE(shown.object().value("model")["name"].toString(), "to<0xFF>y");
    const CliResult steps = cli.run({"show", "last", "--steps", "--json"});
    COMPARE_DONE(steps);
    QCOMPARE(steps.object()["text"].toString(), "<0xE2><0x82>");
}

void TestCliLibrary::showGivesAReadableSummary()
{
    const CliResult result = m_cli.run({"show", QString::number(m_soft)});
    COMPARE_DONE(result);
    for (const char* part :
         {"finished (max-steps)", "mode        soft, seed 7", "model       toy, LlamaForCausalLM",
          "steps       2", "prompt      count", "thinking    oneone",
          "decode      2 tokens in 4.0 ms, 500 tokens/s", "2023-11-14 22:13:20 +0000"})
        QVERIFY2(result.out.contains(part), result.out);

    const CliResult json = m_cli.run({"show", QString::number(m_soft), "--json"});
    COMPARE_DONE(json);
    QCOMPARE(json.out.count('\n'), 1);
    QVERIFY(!json.object().isEmpty());
}

void TestCliLibrary::showStepsAsJsonHasOneLineAStep()
{
    const CliResult result = m_cli.run({"show", QString::number(m_soft), "--steps", "--json"});
    COMPARE_DONE(result);
    const QByteArrayList lines = result.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 2);
    const QJsonObject step = QJsonDocument::fromJson(lines[1]).object();
    QCOMPARE(step["step"].toInteger(), 1);
    QCOMPARE(step["position"].toInteger(), 3);
    QCOMPARE(step["phase"].toString(), "think");
    QCOMPARE(step["mode"].toString(), "soft");
    QCOMPARE(step["input"]["kind"].toString(), "mixture");
    QCOMPARE(step["input"]["ids"].toArray(), (QJsonArray{0, 1}));
    QCOMPARE(step["input"]["weights"].toArray(), (QJsonArray{0.75, 0.25}));
    QCOMPARE(step["sampled"].toInteger(), 0);
    QCOMPARE(step["entropy"].toDouble(), 0.25);
    QCOMPARE(step["mixture_entropy"].toDouble(), 0.5623351446188083);
    QCOMPARE(step["varentropy"].toDouble(), 0.125);
    QCOMPARE(step["p_max"].toDouble(), 0.75);
    const QJsonObject second = step["candidates"][1].toObject();
    QCOMPARE(second["id"].toInteger(), 1);
    QCOMPARE(second["raw"].toDouble(), 0.25);
    QCOMPARE(second["filtered"].toDouble(), 0.25);
    QCOMPARE(second["mixture"].toDouble(), 0.25);
    QVERIFY(step["events"].isArray());
}

void TestCliLibrary::showStepsAsTextAlignsItsColumns()
{
    const CliResult result = m_cli.run({"show", QString::number(m_discrete), "--steps"});
    COMPARE_DONE(result);
    const QStringList lines = QString::fromUtf8(result.out).split('\n');
    QCOMPARE(lines.size(), 5);
    const qsizetype column = lines[0].indexOf("phase");
    QCOMPARE(lines[1].mid(column, 6), "answer");
    QCOMPARE(lines[2].mid(column, 6), "answer");
    QVERIFY(lines[2].contains("␣two"));
    QVERIFY(lines[3].contains("<0xE2><0x82>"));

    const CliResult soft = m_cli.run({"show", QString::number(m_soft), "--steps"});
    QVERIFY2(soft.out.contains("one 0.75 + ␣two 0.25"), soft.out);
    QVERIFY2(soft.out.contains("[stop: max-steps]"), soft.out);
}

void TestCliLibrary::replayWithoutAModelPrintsTheStoredNumbers()
{
    const QString run = QString::number(m_soft);
    const CliResult result = m_cli.run({"replay", run});
    COMPARE_DONE(result);
    QVERIFY(result.out.startsWith(m_cli.run({"show", run, "--steps"}).out));
    QVERIFY(result.out.endsWith("oneone\n"));
    QCOMPARE(m_cli.run({"replay", run, "--json"}).out,
             m_cli.run({"show", run, "--steps", "--json"}).out);
}

void TestCliLibrary::lastIsTheNewestRun()
{
    QCOMPARE(m_cli.run({"show", "last"}).out, m_cli.run({"show", QString::number(m_soft)}).out);
}

void TestCliLibrary::exportWritesEachFormat_data()
{
    QTest::addColumn<QString>("format");
    for (const char* format : {"csv", "json", "jsonl"})
        QTest::newRow(format) << QString::fromUtf8(format);
}

void TestCliLibrary::exportWritesEachFormat()
{
    QFETCH(QString, format);
    const QString run = QString::number(m_soft);
    const QString file = m_cli.path("out." + format);
    COMPARE_DONE(m_cli.run({"export", run, "--format", format, "--out", file}));
    const CliResult printed = m_cli.run({"export", run, "--format", format, "--out", "-"});
    COMPARE_DONE(printed);
    QCOMPARE(readFile(file), printed.out);
    if (format == "csv")
        // Lines of a comment with the run's settings may come first; then a header and two steps.
        QVERIFY(printed.out.count('\n') >= 3);
    else if (format == "json")
        QVERIFY(!printed.object().isEmpty());
    else
        QCOMPARE(printed.out, m_cli.run({"show", run, "--steps", "--json"}).out);
}

void TestCliLibrary::exportLeavesAnOlderFileWholeWhenItFails()
{
    const QString folder = m_cli.path("exports");
    writeFile(folder + "/old.csv", "old");
    COMPARE_FAILURE(m_cli.run({"export", "99", "--format", "csv", "--out", folder + "/old.csv"}), 3,
                    "99");
    QCOMPARE(readFile(folder + "/old.csv"), "old");
    COMPARE_FAILURE(m_cli.run({"export", "last", "--format", "csv", "--out", folder}), 3,
                    "is a folder; name a file in it.");
    COMPARE_FAILURE(
        m_cli.run({"export", "last", "--format", "csv", "--out", m_cli.path("gone/x.csv")}), 3,
        "gone/x.csv");
    COMPARE_FAILURE(m_cli.run({"export", "last", "--format", "csv", "--out", "/dev/full"}), 4,
                    "/dev/full");
    QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList{"old.csv"});
}

void TestCliLibrary::aFullStandardOutputExitsWithFour_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("sessions") << QStringList{"sessions", "--json"};
    QTest::newRow("show") << QStringList{"show", "last", "--json"};
    QTest::newRow("show steps") << QStringList{"show", "last", "--steps", "--json"};
    QTest::newRow("replay") << QStringList{"replay", "last", "--json"};
    QTest::newRow("export") << QStringList{"export", "last", "--format", "json", "--out", "-"};
}

void TestCliLibrary::aFullStandardOutputExitsWithFour()
{
    QFETCH(QStringList, arguments);
    COMPARE_FAILURE(m_cli.shell("\"$@\" > /dev/full", arguments), 4,
                    "Standard output cannot be written: No space left");
}

void TestCliLibrary::whatCannotBeReadExitsWithThree_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("part");
    const QString text = m_cli.path("text.sqlite");
    writeFile(
        text,
        QByteArray("this is no database, but long enough to look like a header").repeated(20));

    const auto row = [](const char* name, const QStringList& arguments, const QString& part) {
        QTest::newRow(name) << arguments << part.toUtf8();
    };
    row("no such run", {"show", "99"}, "99");
    row("no such library", {"sessions", "--db", m_cli.path("absent.sqlite")}, "absent.sqlite");
    row("a library that is none", {"sessions", "--db", text}, text);
    row("a run of a library that is none", {"replay", "1", "--db", text}, text);
    row("a session that is not there", {"run", "--prompt", "a", "--session", "99"},
        "There is no session 99 in ");
    row("a model that is not there", {"run", "--prompt", "a", "--model", "absent"},
        "There is no model folder absent, and no built-in model of that name.");
    row("a prompt file that is not there", {"run", "--prompt-file", "absent.txt"},
        "absent.txt cannot be read: No such file or directory.");
    row("a prompt file that is a folder", {"run", "--prompt-file", "."},
        ". cannot be read: Is a directory.");
    row("a prompt file without an end", {"run", "--prompt-file", "/dev/zero"},
        "/dev/zero holds more than the 64 MiB that a text may have.");
    row("a run whose model is gone", {"replay", "last", "--verify"},
        "is no longer at /nowhere/toy; name its folder with --model.");
}

void TestCliLibrary::whatCannotBeReadExitsWithThree()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, part);
    const CliResult result = m_cli.run(arguments);
    QCOMPARE(result.out, QByteArray());
    COMPARE_FAILURE(result, 3, part);
}

void TestCliLibrary::noneOfThemLoadsLibtorch_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("sessions") << QStringList{"sessions"};
    QTest::newRow("show") << QStringList{"show", "last", "--steps", "--json"};
    QTest::newRow("replay") << QStringList{"replay", "last"};
    QTest::newRow("export") << QStringList{"export", "last", "--format", "csv", "--out", "-"};
    QTest::newRow("modes") << QStringList{"modes"};
}

void TestCliLibrary::noneOfThemLoadsLibtorch()
{
    QFETCH(QStringList, arguments);
    // The dynamic linker tells which libraries it loads.
    m_cli.setVariable("LD_DEBUG", "files");
    const CliResult result = m_cli.run(arguments);
    m_cli.setVariable("LD_DEBUG", "");
    QCOMPARE(result.exitCode, 0);
    QVERIFY(result.err.contains("libhalftone-core"));
    QVERIFY(!result.err.contains("libtorch"));
    QVERIFY(!result.err.contains("halftone-torch"));
}

void TestCliLibrary::controlCharactersOfATraceDoNotReachTheTerminal()
{
    const QString library = m_cli.path("rude.sqlite");
    {
        const auto store = SessionStore::open(library.toStdString());
        QVERIFY_RESULT(store);
        const auto session = (*store)->createSession("rude \x1B[2J");
        QVERIFY_RESULT(session);
        RunInfo info = runInfo(*session, "discrete");
        info.prompt = "rude\x1B]0;title\x07";
        const auto run = (*store)->createRun(info, TokenTable({"\x1B[31m", "\xC2\x9B", "x\r"}, ""));
        QVERIFY_RESULT(run);
        const std::vector<StepRecord> steps{tokenStep(0, TokenId{0}), tokenStep(1, TokenId{1}),
                                            tokenStep(2, TokenId{2})};
        QVERIFY_RESULT((*store)->appendSteps(*run, steps));
    }
    for (const QStringList& arguments :
         {QStringList{"sessions"}, QStringList{"show", "1"}, QStringList{"show", "1", "--steps"},
          QStringList{"replay", "1"}}) {
        const CliResult result = m_cli.run(arguments + QStringList{"--db", library});
        QCOMPARE(result.exitCode, 0);
        for (const char control : {'\x1B', '\x07', '\r'})
            QVERIFY2(!result.out.contains(control), qPrintable(arguments.join(' ')));
        QVERIFY2(!result.out.contains("\xC2\x9B"), qPrintable(arguments.join(' ')));
    }
    QVERIFY(m_cli.run({"replay", "1", "--db", library}).out.endsWith("<0x1B>[31m<0x9B>x<0x0D>\n"));
}

/// Opening the library once more and closing it again, as every stored run does, must not give up
/// the locks that tell other programs that it is in use.
void TestCliLibrary::anotherProgramLeavesTheLogOfAnOpenLibrary()
{
    const Cli cli;
    const auto store = SessionStore::open(cli.library().toStdString());
    QVERIFY_RESULT(store);
    QVERIFY_RESULT((*store)->createSession("before"));
    QVERIFY_RESULT(SessionStore::open(cli.library().toStdString()));
    COMPARE_DONE(cli.run({"run", "--prompt", "7 + 5 sum <think>", "--max-steps", "1"}));
    QVERIFY_RESULT((*store)->createSession("after"));
    QCOMPARE((*store)->sessions()->size(), 3U);
    QCOMPARE(SessionStore::open(cli.library().toStdString()).value()->sessions()->size(), 3U);
}

QTEST_GUILESS_MAIN(TestCliLibrary)
#include "tst_clilibrary.moc"
