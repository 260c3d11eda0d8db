#include "reasoning/runsettings.h"

#include "qverifyresult.h"
#include "reasoning/modes.h"

#include <QTest>

#include <limits>

using namespace halftone;

namespace {

RunSettings unusual()
{
    RunSettings settings;
    settings.mode = "soft";
    settings.seed = std::numeric_limits<std::uint64_t>::max();
    settings.maxSteps = 1'000'000'000;
    settings.candidates = 1000;
    settings.start = StartPhase::Think;
    settings.ignoreEnd = true;
    settings.stop = {"\n\n", "“é”"};
    settings.parameters = {{"temperature", 0.1},
                           {"top-k", std::int64_t{7}},
                           {"min-p", 1.0 / 3},
                           {"cold-stop-inject", std::string("\n\n“So”: \"é\"")}};
    return settings;
}

QByteArray modeNames()
{
    QByteArrayList names;
    for (const Mode& mode : modes())
        names << QByteArray::fromStdString(mode.name);
    return names.join(", ");
}

QByteArray parameterNames()
{
    QByteArrayList names;
    for (const ParameterSpec& spec : findMode("discrete")->parameters)
        names << QByteArray::fromStdString(spec.name);
    return names.join("; ");
}

} // namespace

class tst_RunSettings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void comeBackEqualFromJson_data();
    void comeBackEqualFromJson();
    void writeDocumentedKeys();
    void takeDefaultsForAbsentKeys();
    void areCompletedWithEveryParameter();
    void areRefused_data();
    void areRefused();
    void areRefusedAsJson_data();
    void areRefusedAsJson();
    void nameTheirStartPhases();
};

void tst_RunSettings::comeBackEqualFromJson_data()
{
    QTest::addColumn<bool>("complete");
    QTest::newRow("as given") << false;
    QTest::newRow("completed") << true;
}

void tst_RunSettings::comeBackEqualFromJson()
{
    QFETCH(bool, complete);
    RunSettings settings = unusual();
    if (complete) {
        const auto completed = completeSettings(settings);
        QVERIFY_RESULT(completed);
        settings = *completed;
    }
    const auto read = runSettingsFromJson(toJson(settings));
    QVERIFY_RESULT(read);
    QCOMPARE(read->mode, settings.mode);
    QCOMPARE(read->seed, settings.seed);
    QCOMPARE(read->maxSteps, settings.maxSteps);
    QCOMPARE(read->candidates, settings.candidates);
    QCOMPARE(read->start, settings.start);
    QCOMPARE(read->ignoreEnd, settings.ignoreEnd);
    QCOMPARE(read->stop, settings.stop);
    QVERIFY(read->parameters == settings.parameters);
    QCOMPARE(toJson(*read), toJson(settings));
}

void tst_RunSettings::writeDocumentedKeys()
{
    RunSettings settings;
    settings.parameters = {{"temperature", 1.0}};
    QCOMPARE(QByteArray::fromStdString(toJson(settings)),
             QByteArray(R"({"mode":"discrete","seed":0,"max_steps":256,"candidates":32,)"
                        R"("start":"auto","ignore_end":false,"parameters":{"temperature":1.0}})"));
}

void tst_RunSettings::takeDefaultsForAbsentKeys()
{
    const auto read = runSettingsFromJson("{}");
    QVERIFY_RESULT(read);
    QCOMPARE(toJson(*read), toJson(RunSettings{}));
}

void tst_RunSettings::areCompletedWithEveryParameter()
{
    RunSettings settings;
    settings.mode = "soft";
    settings.parameters = {{"temperature", 0.3}};
    const auto complete = completeSettings(settings);
    QVERIFY_RESULT(complete);
    QCOMPARE(realOf(complete->parameters, "temperature"), 0.3);
    QCOMPARE(realOf(complete->parameters, "answer-temperature"), 0.3);
    QCOMPARE(integerOf(complete->parameters, "max-topk"), 10);
    QCOMPARE(complete->maxSteps, settings.maxSteps);
    // Completing again changes nothing.
    const auto again = completeSettings(*complete);
    QVERIFY_RESULT(again);
    QCOMPARE(toJson(*again), toJson(*complete));
}

void tst_RunSettings::areRefused_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("sentence");
    QTest::newRow("mode") << QByteArray(R"({"mode": "sfot"})")
                          << "There is no mode 'sfot'; the modes are: " + modeNames() + ".";
    QTest::newRow("no steps") << QByteArray(R"({"max_steps": 0})")
                              << QByteArray("The largest number of steps was given as 0; it must "
                                            "be a whole number from 1 to 1000000000.");
    QTest::newRow("no candidates") << QByteArray(R"({"candidates": -5})")
                                   << QByteArray("The number of candidates was given as -5; it "
                                                 "must be a whole number from 1 to 1000.");
    QTest::newRow("a parameter") << QByteArray(R"({"parameters": {"temperature": -1}})")
                                 << QByteArray("temperature was given as '-1'; it must be a "
                                               "number from 0 to 10.");
    QTest::newRow("an empty stop text")
        << QByteArray(R"({"stop": ["a", ""]})")
        << QByteArray("A stop text is empty; it must have one character at least.");
    QTest::newRow("another mode's parameter")
        << QByteArray(R"({"parameters": {"max-topk": 3}})")
        << "There is no parameter 'max-topk' in this mode; it has: " + parameterNames() + ".";
}

void tst_RunSettings::areRefused()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, sentence);
    const auto read = runSettingsFromJson(json.toStdString());
    QVERIFY_RESULT(read);
    const auto complete = completeSettings(*read);
    QVERIFY(!complete);
    QCOMPARE(complete.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(QByteArray::fromStdString(complete.error().message), sentence);
}

void tst_RunSettings::areRefusedAsJson_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("words"); // in the sentence
    const auto row = [](const char* json, const char* words) {
        QTest::newRow(json) << QByteArray(json) << QByteArray(words);
    };
    row("", "not valid JSON");
    row("{", "not valid JSON");
    row("{\"mode\": \"\xff\"}", "not valid JSON");
    row("[]", "a JSON array");
    row("3", "a JSON number");
    row(R"({"mode": 3})", "mode = 3; it must be the name of a mode");
    row(R"({"seed": -1})", "seed = -1; it must be a whole number from 0");
    row(R"({"seed": 1.5})", "seed = 1.5");
    row(R"({"seed": 18446744073709551616})", "seed = 1.8");
    row(R"({"max_steps": 2000000000})", "max_steps = 2000000000");
    row(R"({"max_steps": "many"})", "max_steps = \"many\"");
    row(R"({"candidates": 1e3})", "candidates = 1000.0");
    row(R"({"start": "later"})", "'later'; it must be auto, think or answer");
    row(R"({"start": 1})", "start = 1");
    row(R"({"ignore_end": 1})", "ignore_end = 1; it must be true or false");
    row(R"({"stop": "x"})", "stop = \"x\"; it must be a list of texts");
    row(R"({"stop": ["x", 1]})", "stop = [\"x\",1]");
    row(R"({"parameters": []})", "parameters = []; it must be an object");
    row(R"({"parameters": {"top-k": null}})", "parameter top-k = null");
    row(R"({"parameters": {"top-k": 9223372036854775808}})",
        "parameter top-k = 9223372036854775808");
    row(R"({"colour": 1})", "a key 'colour'");
}

void tst_RunSettings::areRefusedAsJson()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, words);
    const auto read = runSettingsFromJson(json.toStdString());
    QVERIFY(!read);
    QVERIFY2(read.error().message.find(words.toStdString()) != std::string::npos,
             read.error().message.c_str());
}

void tst_RunSettings::nameTheirStartPhases()
{
    for (const StartPhase start : {StartPhase::Auto, StartPhase::Think, StartPhase::Answer}) {
        const auto parsed = parseStartPhase(name(start));
        QVERIFY_RESULT(parsed);
        QCOMPARE(*parsed, start);
    }
    QVERIFY(!parseStartPhase("Auto"));
}

QTEST_GUILESS_MAIN(tst_RunSettings)
#include "tst_runsettings.moc"
