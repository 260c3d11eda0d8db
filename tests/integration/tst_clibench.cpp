// halftone-cli bench: what it measures, and what its JSON says.
#include "cliprocess.h"

#include <QFile>
#include <QTest>

using namespace halftone::test;

namespace {

// Few samples of short runs: whether figures are there, not whether they are good.
const QStringList brief = {"--threads", "1",         "--rounds", "1",        "--seconds",
                           "0",         "--prefill", "8",        "--steps",  "16",
                           "--batch",   "1,3",       "--json",   "--context"};

QStringList contextsOf(const QJsonObject& bench)
{
    QStringList contexts;
    for (const QJsonValue& context : bench["decode"]["contexts"].toArray())
        contexts.append(QString::number(context["context"].toInteger()));
    return contexts;
}

/// The median lies between its quartiles, and none is nonsense.
bool hasSpread(const QJsonValue& figures, const QString& name)
{
    const double low = figures[name + "_low"].toDouble();
    const double middle = figures[name].toDouble();
    return low > 0 && low <= middle && middle <= figures[name + "_high"].toDouble();
}

} // namespace

class TestCliBench : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void measuresEachPart();
    void measuresTheFirstContextInEveryPart();
    void measuresOnlyThePartsThatAreNamed();
    void quickCanBeChangedByOtherOptions();
    void saysWhatTheContextHasNoRoomFor();
    void refusesWhenNothingFitsTheContext();
    void refusesUnknownPartsAndEmptyBatches();
    void measuresWeightsOfTheTypeThatIsNamed();
    void refusesUnknownTypesAndShapes();

private:
    Cli m_cli;
};

void TestCliBench::measuresEachPart()
{
    const CliResult result = m_cli.run(QStringList{"bench"} + brief + QStringList{"0"});
    COMPARE_DONE(result);
    const QJsonObject bench = result.object();
    QCOMPARE(bench["model"].toString(), "starter");
    QCOMPARE(bench["type"].toString(), "f32");
    QCOMPARE(bench["threads"].toInteger(), 1);
    // 1,058,432 parameters, a tied table among them, whose 68 rows are packed as 80.
    const qint64 bytes = 4 * (1'058'432 + 12 * 128);
    QCOMPARE(bench["weight_bytes_per_token"].toInteger(), bytes);

    const QJsonValue prefill = bench["prefill"];
    QCOMPARE(prefill["tokens"].toInteger(), 8);
    QVERIFY(hasSpread(prefill, "tokens_per_s"));

    const QJsonValue decode = bench["decode"];
    QCOMPARE(decode["context"].toInteger(), 0);
    QCOMPARE(decode["steps"].toInteger(), 16);
    for (const char* name : {"tokens_per_s", "share_of_stream", "soft_step_time"})
        QVERIFY2(hasSpread(decode, name), name);
    for (const QJsonValue& positive :
         {bench["stream_gb_per_s"], decode["with_recording_tokens_per_s"],
          decode["without_recording_tokens_per_s"], decode["cpu_us_per_step"],
          decode["with_recording_cpu_us_per_step"], decode["phases_us"]["forward"],
          decode["phases_us"]["logits"], decode["phases_us"]["decide"],
          decode["with_recording_phases_us"]["record"], decode["soft_tokens_per_s"],
          decode["recording_runs"], decode["close_library_ms"]})
        QVERIFY(positive.toDouble() > 0);
    QVERIFY(decode["recording_share"].toDouble() < 1);
    QVERIFY(decode["recording_steps"].toInteger() >= 16);
    QVERIFY(qFuzzyCompare(decode["gb_per_s"].toDouble(),
                          1e-9 * static_cast<double>(bytes) * decode["tokens_per_s"].toDouble()));

    const QJsonArray batch = bench["batch"].toArray();
    QCOMPARE(batch.size(), 2);
    QCOMPARE(batch[0]["step_time"].toDouble(), 1.0);
    QCOMPARE(batch[1]["sequences"].toInteger(), 3);
    QVERIFY(hasSpread(batch[1], "tokens_per_s"));
    const QJsonArray probes = bench["probes"].toArray();
    QCOMPARE(probes.size(), 1);
    QCOMPARE(probes[0]["vectors"].toInteger(), 3);
    QVERIFY(hasSpread(probes[0], "step_time"));

    // 4 layers of keys and values [4 heads, 32] in float32, for one token before the 16 steps.
    QCOMPARE(bench["memory"]["kv_cache_bytes_per_token"].toInteger(), 4 * 2 * 4 * 32 * 4);
    QCOMPARE(bench["memory"]["kv_cache_bytes"].toInteger(), 17 * 4 * 2 * 4 * 32 * 4);
    // The probe's own 512 MiB are not counted.
    const qint64 peak = bench["memory"]["peak_bytes"].toInteger();
    QVERIFY2(peak > 4 * 1'058'432 && peak < 500'000'000, qPrintable(QString::number(peak)));

    // Nothing is left behind, and nothing went to the user's library.
    QVERIFY(!QFile::exists(m_cli.library()));
}

void TestCliBench::measuresTheFirstContextInEveryPart()
{
    const CliResult result = m_cli.run(QStringList{"bench", "--model", endlessModel(m_cli)} +
                                       brief + QStringList{"300,20"});
    COMPARE_DONE(result);
    const QJsonObject bench = result.object();
    QCOMPARE(contextsOf(bench), (QStringList{"20", "300"}));
    QCOMPARE(bench["decode"]["context"].toInteger(), 20);
    QCOMPARE(bench["decode"]["tokens_per_s"], bench["decode"]["contexts"][0]["tokens_per_s"]);
    QCOMPARE(bench["memory"]["kv_cache_tokens"].toInteger(), 316);
}

void TestCliBench::measuresOnlyThePartsThatAreNamed()
{
    const CliResult result =
        m_cli.run(QStringList{"bench", "--parts", "prefill,batch"} + brief + QStringList{"0"});
    COMPARE_DONE(result);
    QStringList keys = result.object().keys();
    for (const char* absent : {"decode", "probes", "stream_gb_per_s"})
        QVERIFY2(!keys.contains(QLatin1String(absent)), absent);
    for (const char* present : {"prefill", "batch", "memory"})
        QVERIFY2(keys.contains(QLatin1String(present)), present);
}

void TestCliBench::quickCanBeChangedByOtherOptions()
{
    const CliResult result = m_cli.run({"bench", "--rounds", "1", "--parts", "prefill", "--quick",
                                        "--prefill", "4,2", "--threads", "1", "--json"});
    COMPARE_DONE(result);
    const QJsonObject bench = result.object();
    QCOMPARE(bench["rounds"].toInteger(), 1);
    QCOMPARE(bench["prefill"]["lengths"].toArray().size(), 2);
    QCOMPARE(bench["prefill"]["lengths"][1]["tokens"].toInteger(), 4);
}

void TestCliBench::saysWhatTheContextHasNoRoomFor()
{
    const CliResult json = m_cli.run({"bench", "--parts", "prefill,decode", "--rounds", "1",
                                      "--seconds", "0", "--threads", "1", "--json"});
    COMPARE_DONE(json);
    QCOMPARE(QJsonValue(json.object()["prefill"])["no_room_for"].toArray(),
             (QJsonArray{512, 2048}));
    QCOMPARE(QJsonValue(json.object()["decode"])["no_room_for"].toArray(),
             (QJsonArray{1024, 4096}));

    const CliResult text = m_cli.run({"bench", "--parts", "prefill,decode", "--rounds", "1",
                                      "--seconds", "0", "--threads", "1"});
    COMPARE_DONE(text);
    QVERIFY(text.out.contains(
        "not measured: prefill of 512, 2048 tokens; the context of starter is 256\n"));
    QVERIFY(text.out.contains(
        "not measured: 64 steps after 1024, 4096 tokens; the context of starter is 256\n"));
}

void TestCliBench::refusesWhenNothingFitsTheContext()
{
    COMPARE_FAILURE(m_cli.run({"bench", "--context", "200", "--steps", "100"}), 2,
                    "200 prompt tokens and 100 steps do not fit the context of starter, which is "
                    "256.");
    COMPARE_FAILURE(m_cli.run({"bench", "--prefill", "300,400"}), 2,
                    "300 prompt tokens do not fit the context of starter, which is 256.");
    COMPARE_FAILURE(m_cli.run({"bench", "--steps", "256"}), 2,
                    "1 prompt token and 256 steps do not fit");
}

void TestCliBench::refusesUnknownPartsAndEmptyBatches()
{
    COMPARE_FAILURE(m_cli.run({"bench", "--parts", "encode"}), 2, "encode");
    COMPARE_FAILURE(m_cli.run({"bench", "--batch", "0"}), 2, "--batch");
}

void TestCliBench::measuresWeightsOfTheTypeThatIsNamed()
{
    const QStringList arguments =
        QStringList{"bench", "--parts", "decode"} + brief + QStringList{"0", "--type"};
    const CliResult result = m_cli.run(arguments + QStringList{"q8_0"});
    COMPARE_DONE(result);
    const QJsonObject bench = result.object();
    QCOMPARE(bench["type"].toString(), "q8_0");
    // 34 bytes for 32 weights; norms stay in float32.
    const double perWeight = bench["weight_bytes_per_token"].toDouble() / (1'058'432 + 12 * 128);
    QVERIFY2(perWeight > 34.0 / 32 && perWeight < 1.01 * 34.0 / 32,
             qPrintable(QString::number(perWeight)));
}

void TestCliBench::refusesUnknownTypesAndShapes()
{
    COMPARE_FAILURE(m_cli.run({"bench", "--type", "q5_1"}), 2, "q5_1");
    COMPARE_FAILURE(m_cli.run({"bench", "--synthetic", "gpt-2"}), 2, "gpt-2");
    COMPARE_FAILURE(m_cli.run({"bench", "--synthetic", "1.5b", "--model", "starter"}), 2,
                    "--synthetic");
}

QTEST_GUILESS_MAIN(TestCliBench)
#include "tst_clibench.moc"
