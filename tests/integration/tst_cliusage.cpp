// halftone-cli's manners before it does anything: help, versions, wrong usage.
#include "badparameters.h"
#include "base/version.h"
#include "cliprocess.h"
#include "reasoning/modes.h"

#include <QTest>

#include <set>

using namespace halftone::test;

class TestCliUsage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void versionIsTheProgramsVersion();
    void helpListsEverySubcommand();
    void everySubcommandExplainsItself_data();
    void everySubcommandExplainsItself();
    void helpOfRunShowsEachParameterWithRangeAndDefault();
    void everyParameterOutOfItsRangeIsRefused_data();
    void everyParameterOutOfItsRangeIsRefused();
    void wrongUsageExitsWithTwoAndASentence_data();
    void wrongUsageExitsWithTwoAndASentence();
    void aClosedStandardOutputIsReported();
    void aFullStandardOutputExitsWithFour_data();
    void aFullStandardOutputExitsWithFour();
    void aReaderThatLeavesEarlyIsToldNothing();
    void modesListsWhatCanBeSet();

private:
    Cli m_cli;
    std::set<QString> m_refused; // parameters
};

void TestCliUsage::versionIsTheProgramsVersion()
{
    const CliResult result = m_cli.run({"--version"});
    COMPARE_DONE(result);
    QCOMPARE(result.out, "halftone " + QByteArray(halftone::programVersion().data()) + "\n");
}

void TestCliUsage::helpListsEverySubcommand()
{
    const CliResult result = m_cli.run({"--help"});
    COMPARE_DONE(result);
    for (const char* command : {"run", "demo", "tokenize", "logits", "score", "sessions", "show",
                                "replay", "export", "bench", "modes", "tasks"})
        QVERIFY2(result.out.contains("\n  " + QByteArray(command) + " "), command);
    QVERIFY(result.out.simplified().contains("130 stopped by the user"));
}

void TestCliUsage::everySubcommandExplainsItself_data()
{
    QTest::addColumn<QString>("command");
    for (const char* command : {"run", "demo", "tokenize", "logits", "score", "sessions", "show",
                                "replay", "export", "bench", "modes", "tasks"})
        QTest::newRow(command) << QString::fromUtf8(command);
}

void TestCliUsage::everySubcommandExplainsItself()
{
    QFETCH(QString, command);
    const CliResult result = m_cli.run({command, "--help"});
    COMPARE_DONE(result);
    QVERIFY2(result.out.contains("Usage: halftone-cli " + command.toUtf8()), result.out);
    for (const QByteArray& line : result.out.split('\n'))
        QVERIFY2(line.size() <= 110, line);
}

void TestCliUsage::helpOfRunShowsEachParameterWithRangeAndDefault()
{
    const CliResult result = m_cli.run({"run", "--help"});
    COMPARE_DONE(result);
    const QByteArray words = result.out.simplified();
    for (const halftone::Mode& mode : halftone::modes())
        for (const halftone::ParameterSpec& spec : mode.parameters)
            QVERIFY2(words.contains("--" + QByteArray::fromStdString(spec.name) + " "),
                     spec.name.c_str());
    QVERIFY(words.contains("0 to 1, default 0.95"));
    QVERIFY(words.contains("default as --top-p"));
    QVERIFY(words.contains("Parameters of mode soft"));
}

void TestCliUsage::everyParameterOutOfItsRangeIsRefused_data()
{
    QTest::addColumn<QString>("mode");
    for (const halftone::Mode& mode : halftone::modes())
        QTest::newRow(mode.name.c_str()) << QString::fromStdString(mode.name);
}

/// Those that other modes have too are the same option, so that the first of them is enough.
void TestCliUsage::everyParameterOutOfItsRangeIsRefused()
{
    QFETCH(QString, mode);
    for (const halftone::ParameterSpec& spec : halftone::findMode(mode.toStdString())->parameters) {
        if (!m_refused.insert(QString::fromStdString(spec.name)).second)
            continue;
        for (const std::string& bad : badTexts(spec)) {
            if (bad == "inf" || bad == "-inf") // as nan
                continue;
            const CliResult result =
                m_cli.run({"run", "--prompt", "a", "--mode", mode,
                           QString::fromStdString("--" + spec.name + "=" + bad)});
            QCOMPARE(result.out, QByteArray());
            COMPARE_FAILURE(
                result, 2,
                QByteArray::fromStdString(spec.name + " was given as '" + bad + "'; it must be "));
            if (isNumber(spec))
                QVERIFY2(
                    result.err.contains(QByteArray::fromStdString(
                        halftone::toText(spec.minimum) + " to " + halftone::toText(spec.maximum))),
                    result.err.constData());
        }
    }
}

void TestCliUsage::wrongUsageExitsWithTwoAndASentence_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("part");

    const auto row = [](const char* name, const QStringList& arguments, const char* part) {
        QTest::newRow(name) << arguments << QByteArray(part);
    };
    row("nothing", {}, "subcommand is required");
    row("an unknown command", {"fly"}, "fly");
    row("an unknown option", {"run", "--prompt", "a", "--wings"}, "--wings");
    row("no prompt", {"run"}, "Give one of --prompt, --prompt-file or --prompt-ids.");
    row("two prompts", {"run", "--prompt", "a", "--prompt-ids", "1"},
        "Give only one of --prompt, --prompt-file or --prompt-ids.");
    row("ids that are no numbers", {"run", "--prompt-ids", "1,two"},
        "--prompt-ids takes token ids from 0 up, as in 1,2,3, not 'two'.");
    row("ids below zero", {"run", "--prompt-ids=-1"}, "not '-1'");
    row("ids too large", {"run", "--prompt-ids", "4294967296"}, "not '4294967296'");
    row("no ids at all", {"run", "--prompt-ids", " , "}, "holds none");
    row("an unknown mode", {"run", "--prompt", "a", "--mode", "liquid"}, "liquid");
    row("a parameter of another mode", {"run", "--prompt", "a", "--max-topk", "3"},
        "--max-topk is a parameter of the modes soft, ");
    row("a parameter out of range", {"run", "--prompt", "a", "--temperature", "-1"}, "temperature");
    row("a parameter that is no number", {"run", "--prompt", "a", "--top-p", "most"}, "most");
    row("a parameter that is NaN", {"run", "--prompt", "a", "--top-p", "nan"}, "top-p");
    row("no steps", {"run", "--prompt", "a", "--max-steps", "0"}, "steps");
    row("no candidates", {"run", "--prompt", "a", "--candidates", "0"}, "candidates");
    row("a seed that is no number", {"run", "--prompt", "a", "--seed", "today"}, "seed");
    row("an unknown start", {"run", "--prompt", "a", "--start", "end"},
        "it must be auto, think or answer");
    row("an unknown device", {"run", "--prompt", "a", "--device", "abacus"}, "abacus");
    row("no threads", {"run", "--prompt", "a", "--threads", "0"}, "--threads");
    row("a session and a name", {"run", "--prompt", "a", "--session", "1", "--name", "x"},
        "--session adds to a session and --name names a new one");
    row("a name for what is not stored", {"run", "--prompt", "a", "--no-store", "--name", "x"},
        "--no-store keeps nothing");
    row("a run that is no number", {"show", "third"}, "RUN is a run's number");
    row("no run", {"show"}, "run is required");
    row("an unknown format", {"export", "1", "--format", "pdf", "--out", "x"}, "pdf");
    row("no file", {"export", "1", "--format", "csv"}, "--out is required");
    row("a file of no known kind", {"logits", "--ids", "1", "--out", "x.txt"},
        "--out takes a name that ends in .npy or .json");
    row("a text and a file", {"tokenize", "--text", "a", "--file", "b"},
        "Give only one of --text or --file.");
    row("a tokenizer and a model", {"tokenize", "--text", "a", "--model", "b", "--tokenizer", "c"},
        "--model");
    row("a model for stored numbers", {"replay", "1", "--model", "b"},
        "--model and --partner go with --verify");
}

void TestCliUsage::wrongUsageExitsWithTwoAndASentence()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, part);
    const CliResult result = m_cli.run(arguments);
    QCOMPARE(result.out, QByteArray());
    COMPARE_FAILURE(result, 2, part);
    QVERIFY(!QFile::exists(m_cli.library()));
}

void TestCliUsage::aClosedStandardOutputIsReported()
{
    COMPARE_FAILURE(m_cli.shell("\"$@\" >&-", {"--help"}), 4, "Standard output cannot be written");
}

void TestCliUsage::aFullStandardOutputExitsWithFour_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("help") << QStringList{"--help"};
    QTest::newRow("modes") << QStringList{"modes"};
    QTest::newRow("modes as JSON") << QStringList{"modes", "--json"};
    QTest::newRow("sessions as JSON") << QStringList{"sessions", "--json"};
    QTest::newRow("tokens as JSON") << QStringList{"tokenize", "--text", "7", "--json"};
}

void TestCliUsage::aFullStandardOutputExitsWithFour()
{
    QFETCH(QStringList, arguments);
    COMPARE_FAILURE(m_cli.shell("\"$@\" > /dev/full", arguments), 4,
                    "Standard output cannot be written: No space left");
}

void TestCliUsage::aReaderThatLeavesEarlyIsToldNothing()
{
    // The reader is gone before a byte is written.
    const CliResult result =
        m_cli.shell("{ sleep 0.2; \"$@\"; echo $? >&2; } | true", {"modes", "--json"});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.err, QByteArray("4\n"));
}

void TestCliUsage::modesListsWhatCanBeSet()
{
    const CliResult result = m_cli.run({"modes", "--json"});
    COMPARE_DONE(result);
    const QJsonArray all = result.array();
    QCOMPARE(all.size(), static_cast<int>(halftone::modes().size()));
    for (qsizetype i = 0; i < all.size(); ++i) {
        const halftone::Mode& mode = halftone::modes()[static_cast<std::size_t>(i)];
        QCOMPARE(all[i]["name"].toString().toStdString(), mode.name);
        QCOMPARE(all[i]["parameters"].toArray().size(), static_cast<int>(mode.parameters.size()));
    }
    QCOMPARE(all[0]["parameters"][0]["name"].toString(), "temperature");
    QCOMPARE(all[0]["parameters"][0]["type"].toString(), "real");
    QCOMPARE(all[0]["parameters"][0]["minimum"].toDouble(), 0);

    const CliResult text = m_cli.run({"modes"});
    COMPARE_DONE(text);
    QVERIFY(text.out.contains("    --max-topk  ("));
}

QTEST_GUILESS_MAIN(TestCliUsage)
#include "tst_cliusage.moc"
