// halftone-cli tokenize, logits and score: numbers for other programs, against those of the
// models' own golden files.
#include "cliprocess.h"
#include "shareddata.h"

#include <QTest>

#include <cmath>
#include <cstring>

using namespace halftone::test;

namespace {

struct Array
{
    QList<qint64> shape;
    QList<float> values;
};

/// A .npy file of version 1.0 with little-endian float32, written apart from the program's own.
Array readNpy(const QString& path)
{
    const QByteArray bytes = readFile(path);
    Array array;
    if (!bytes.startsWith("\x93NUMPY\x01") || bytes.size() < 10)
        return array;
    const int length =
        static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
    const QByteArray header = bytes.mid(10, length);
    if (!header.contains("'descr': '<f4'") || !header.contains("'fortran_order': False"))
        return array;
    const qsizetype open = header.indexOf('(');
    const QByteArray shape = header.mid(open + 1, header.indexOf(')') - open - 1);
    for (const QByteArray& extent : shape.split(','))
        if (!extent.trimmed().isEmpty())
            array.shape.append(extent.trimmed().toLongLong());
    const QByteArray data = bytes.mid(10 + length);
    array.values.resize(data.size() / 4);
    std::memcpy(array.values.data(), data.constData(),
                static_cast<std::size_t>(data.size()) / 4 * 4);
    return array;
}

QJsonArray goldenCases(const QString& model)
{
    return QJsonDocument::fromJson(readFile(testModel(model) + "/golden_logits.json"))
        .object()["cases"]
        .toArray();
}

QString idsText(const QJsonArray& ids)
{
    QStringList words;
    for (const QJsonValue& id : ids)
        words.append(QString::number(id.toInteger()));
    return words.join(',');
}

/// ln softmax(logits)[id] in float64.
double logProbability(const QList<float>& logits, qsizetype id)
{
    double largest = double{logits[0]};
    for (const float logit : logits)
        largest = std::max(largest, double{logit});
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(double{logit} - largest);
    return double{logits[id]} - largest - std::log(sum);
}

} // namespace

class TestCliNumbers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tokenizePrintsIdsAndPieces();
    void tokenizeLeavesSpecialTokensOutWhenAsked();
    void piecesThatAreNoTextAreShownAsBytes();
    void tokenizeRefusesWhatIsNoTokenizer();
    void textThatHasNoTokensIsRefused();
    void logitsAgreeWithTheGoldenOnes_data();
    void logitsAgreeWithTheGoldenOnes();
    void logitsOfAllPositionsHoldThoseOfTheLast();
    void logitsAsJsonAreTheSameNumbers();
    void logitsNeedNoTokenizerWhenIdsAreGiven();
    void logitsOfIdsThatAreNotThereExitWithTwo();
    void scoresAreTheLogProbabilitiesOfTheNextIds();
    void longTextsAreScoredInParts();
    void aTextOfOneTokenHasNoScore();
    void aFullStandardOutputExitsWithFour();
    void quantizeMakesWeightsThatOtherCommandsCompute();

private:
    Cli m_cli;
};

void TestCliNumbers::tokenizePrintsIdsAndPieces()
{
    const CliResult result =
        m_cli.run({"tokenize", "--text", "7 + 5 + 9 + 4 sum <think>", "--json"});
    COMPARE_DONE(result);
    QCOMPARE(result.object()["ids"].toArray(), (QJsonArray{1, 17, 8, 15, 8, 19, 8, 14, 9, 3}));
    QCOMPARE(result.object()["pieces"].toArray(),
             (QJsonArray{"<s>", "7", "+", "5", "+", "9", "+", "4", "sum", "<think>"}));
    QCOMPARE(result.object()["bytes"][1].toString(), "37");

    const CliResult text = m_cli.run({"tokenize", "--text", "7 sum"});
    COMPARE_DONE(text);
    QCOMPARE(text.out, "1\t<s>\n17\t7\n9\tsum\n");
}

void TestCliNumbers::tokenizeLeavesSpecialTokensOutWhenAsked()
{
    const QString file = m_cli.path("text.txt");
    writeFile(file, "7 sum");
    const CliResult result =
        m_cli.run({"tokenize", "--tokenizer", testModel("starter") + "/tokenizer.json", "--file",
                   file, "--no-special", "--json"});
    COMPARE_DONE(result);
    QCOMPARE(result.object()["ids"].toArray(), (QJsonArray{17, 9}));
}

void TestCliNumbers::piecesThatAreNoTextAreShownAsBytes()
{
    const auto folder = SHARED_DATA("tokenizers/gpt2");
    const CliResult result = m_cli.run(
        {"tokenize", "--tokenizer", QString::fromStdString((folder / "tokenizer.json").string()),
         "--text", QString::fromUtf8("\xF0\x9F\xA6\x94"), "--json"});
    COMPARE_DONE(result);
    QByteArray bytes;
    const QJsonArray pieces = result.object()["pieces"].toArray();
    QVERIFY(pieces.size() > 1);
    for (qsizetype i = 0; i < pieces.size(); ++i) {
        const QByteArray own =
            QByteArray::fromHex(result.object()["bytes"][i].toString().toLatin1());
        QByteArray shown;
        for (const char byte : own)
            shown += "<0x" + QByteArray(1, byte).toHex().toUpper() + ">";
        QCOMPARE(pieces[i].toString().toUtf8(), shown);
        bytes += own;
    }
    QCOMPARE(bytes, QByteArray("\xF0\x9F\xA6\x94"));
}

void TestCliNumbers::tokenizeRefusesWhatIsNoTokenizer()
{
    const QString file = m_cli.path("none.json");
    writeFile(file, "{\"version\": ");
    COMPARE_FAILURE(m_cli.run({"tokenize", "--tokenizer", file, "--text", "a"}), 3, "none.json");
    COMPARE_FAILURE(m_cli.run({"tokenize", "--tokenizer", "absent.json", "--text", "a"}), 3,
                    "absent.json");
}

void TestCliNumbers::textThatHasNoTokensIsRefused()
{
    const QString file = m_cli.path("letters.json");
    writeFile(file, R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}})");
    const CliResult result =
        m_cli.run({"tokenize", "--tokenizer", file, "--text", "abc", "--json"});
    QCOMPARE(result.out, QByteArray());
    COMPARE_FAILURE(result, 3, "letters.json: 'c' has no token, and there is none for unknown");
}

void TestCliNumbers::logitsAgreeWithTheGoldenOnes_data()
{
    QTest::addColumn<QString>("model");
    QTest::newRow("starter") << "starter";
    QTest::newRow("starter-soft") << "starter-soft";
}

void TestCliNumbers::logitsAgreeWithTheGoldenOnes()
{
    QFETCH(QString, model);
    const QJsonArray cases = goldenCases(model);
    QVERIFY(!cases.isEmpty());
    for (const QJsonValue& golden : cases) {
        const QString file = m_cli.path("golden.npy");
        COMPARE_DONE(m_cli.run(
            {"logits", "--model", model, "--text", golden["text"].toString(), "--out", file}));
        const Array logits = readNpy(file);
        const QJsonArray expected = golden["logits_last"].toArray();
        QCOMPARE(logits.shape, QList<qint64>{expected.size()});
        double low = 0;
        double high = 0;
        for (const QJsonValue& value : expected) {
            low = std::min(low, value.toDouble());
            high = std::max(high, value.toDouble());
        }
        for (qsizetype i = 0; i < expected.size(); ++i)
            QVERIFY(std::abs(double{logits.values[i]} - expected[i].toDouble()) <=
                    1e-4 * (high - low));
    }
}

void TestCliNumbers::logitsOfAllPositionsHoldThoseOfTheLast()
{
    const QString ids = idsText(goldenCases("starter").at(0)["ids"].toArray());
    const qsizetype count = ids.count(',') + 1;
    COMPARE_DONE(m_cli.run({"logits", "--ids", ids, "--all", "--out", m_cli.path("all.npy")}));
    COMPARE_DONE(m_cli.run({"logits", "--ids", ids, "--out", m_cli.path("last.npy")}));
    const Array all = readNpy(m_cli.path("all.npy"));
    const Array last = readNpy(m_cli.path("last.npy"));
    QCOMPARE(all.shape, (QList<qint64>{count, 68}));
    QCOMPARE(last.shape, QList<qint64>{68});
    for (qsizetype i = 0; i < 68; ++i)
        QVERIFY(std::abs(all.values[(count - 1) * 68 + i] - last.values[i]) <= 1e-4F);
}

void TestCliNumbers::logitsAsJsonAreTheSameNumbers()
{
    const QStringList arguments{"logits", "--ids", "1,17,8", "--all", "--out"};
    COMPARE_DONE(m_cli.run(arguments + QStringList{m_cli.path("x.npy")}));
    COMPARE_DONE(m_cli.run(arguments + QStringList{m_cli.path("x.json")}));
    const CliResult printed = m_cli.run(arguments + QStringList{"-"});
    COMPARE_DONE(printed);
    QCOMPARE(printed.out, readFile(m_cli.path("x.json")));
    const Array npy = readNpy(m_cli.path("x.npy"));
    const QJsonArray rows = printed.array();
    QCOMPARE(rows.size(), 3);
    for (qsizetype row = 0; row < 3; ++row) {
        QCOMPARE(rows[row].toArray().size(), 68);
        for (qsizetype i = 0; i < 68; ++i)
            QCOMPARE(static_cast<float>(rows.at(row)[i].toDouble()), npy.values[row * 68 + i]);
    }
}

void TestCliNumbers::logitsNeedNoTokenizerWhenIdsAreGiven()
{
    const auto folder = SHARED_DATA("models/tiny-llama-bf16");
    const QString model = QString::fromStdString(folder.string());
    COMPARE_DONE(
        m_cli.run({"logits", "--model", model, "--ids", "1,2,3", "--out", m_cli.path("mute.npy")}));
    QVERIFY(!readNpy(m_cli.path("mute.npy")).values.isEmpty());
    COMPARE_FAILURE(m_cli.run({"logits", "--model", model, "--text", "a", "--out", "x.npy"}), 3,
                    "tokenizer");
}

void TestCliNumbers::logitsOfIdsThatAreNotThereExitWithTwo()
{
    COMPARE_FAILURE(m_cli.run({"logits", "--ids", "1,68", "--out", m_cli.path("bad.npy")}), 2,
                    "68");
    QVERIFY(!QFile::exists(m_cli.path("bad.npy")));
}

void TestCliNumbers::scoresAreTheLogProbabilitiesOfTheNextIds()
{
    const QString text = "7 + 5 + 9 + 4 sum <think> 7 2 1 5 </think> 5";
    const CliResult result = m_cli.run({"score", "--text", text, "--json"});
    COMPARE_DONE(result);
    const QJsonObject score = result.object();
    const QJsonArray ids = score["ids"].toArray();
    const QJsonArray values = score["log_probabilities"].toArray();
    QCOMPARE(values.size(), ids.size());
    QVERIFY(values[0].isNull());
    QCOMPARE(score["unit"].toString(), "nats");
    QCOMPARE(score["scored_tokens"].toInteger(), ids.size() - 1);

    COMPARE_DONE(
        m_cli.run({"logits", "--ids", idsText(ids), "--all", "--out", m_cli.path("score.npy")}));
    const Array logits = readNpy(m_cli.path("score.npy"));
    double sum = 0;
    for (qsizetype i = 1; i < ids.size(); ++i) {
        const double expected =
            logProbability(logits.values.mid((i - 1) * 68, 68), ids[i].toInteger());
        QVERIFY(std::abs(values[i].toDouble() - expected) < 1e-4);
        sum += expected;
    }
    const double mean = sum / static_cast<double>(ids.size() - 1);
    QVERIFY(std::abs(score["sum"].toDouble() - sum) < 1e-3);
    QVERIFY(std::abs(score["mean"].toDouble() - mean) < 1e-4);
    QVERIFY(std::abs(score["perplexity"].toDouble() / std::exp(-mean) - 1) < 1e-4);

    const CliResult table = m_cli.run({"score", "--text", text});
    COMPARE_DONE(table);
    QVERIFY(table.out.contains("nats over 15 tokens"));
}

void TestCliNumbers::longTextsAreScoredInParts()
{
    // Past one part of 32 rows, and not a multiple of it.
    QStringList ids;
    for (int i = 0; i < 75; ++i)
        ids.append(QString::number(6 + i % 62));
    const CliResult result = m_cli.run({"score", "--ids", ids.join(','), "--json"});
    COMPARE_DONE(result);
    const QJsonArray values = result.object()["log_probabilities"].toArray();
    QCOMPARE(values.size(), 75);
    COMPARE_DONE(
        m_cli.run({"logits", "--ids", ids.join(','), "--all", "--out", m_cli.path("long.npy")}));
    const Array logits = readNpy(m_cli.path("long.npy"));
    for (const qsizetype i : {1, 31, 32, 33, 64, 65, 74})
        QVERIFY(std::abs(values[i].toDouble() - logProbability(logits.values.mid((i - 1) * 68, 68),
                                                               ids[i].toInt())) < 1e-4);
}

void TestCliNumbers::aTextOfOneTokenHasNoScore()
{
    COMPARE_FAILURE(m_cli.run({"score", "--ids", "1"}), 2, "has no log-probability");
}

void TestCliNumbers::aFullStandardOutputExitsWithFour()
{
    for (const QStringList& arguments :
         {QStringList{"score", "--ids", "1,17,8", "--json"},
          QStringList{"logits", "--ids", "1,17,8", "--all", "--out", "-"},
          QStringList{"run", "--prompt", "7", "--max-steps", "1", "--no-store", "--json"}})
        COMPARE_FAILURE(m_cli.shell("\"$@\" > /dev/full", arguments), 4,
                        "Standard output cannot be written: No space left");
}

void TestCliNumbers::quantizeMakesWeightsThatOtherCommandsCompute()
{
    const QString model = endlessModel(m_cli);
    const CliResult made = m_cli.run({"quantize", "--model", model, "--type", "q8_0", "--json"});
    COMPARE_DONE(made);
    const QJsonObject report = made.object();
    QCOMPARE(report["file"].toString(), model + "/halftone-q8_0.safetensors");
    QVERIFY(QFile::exists(report["file"].toString()));
    const QJsonArray tensors = report["tensors"].toArray();
    QCOMPARE(tensors.size(), 29); // the table, and seven matrices of four layers
    for (const QJsonValue& tensor : tensors) {
        QCOMPARE(tensor["type"].toString(), QString("q8_0"));
        const double relative = tensor["relative_rms_error"].toDouble();
        QVERIFY(relative > 1e-3 && relative < 1e-2); // a step of 1/127 of the block's largest
    }
    const auto logits = [&](const QStringList& type) {
        const CliResult result = m_cli.run(
            QStringList{"logits", "--model", model, "--ids", "1,17,8", "--out", "-"} + type);
        return result.exitCode == 0 ? result.array() : QJsonArray();
    };
    const QJsonArray stored = logits({});
    const QJsonArray blocks = logits({"--type", "q8_0"});
    QCOMPARE(stored.size(), 68);
    QCOMPARE(blocks.size(), 68);
    double furthest = 0;
    for (qsizetype i = 0; i < 68; ++i)
        furthest = std::max(furthest, std::abs(stored[i].toDouble() - blocks[i].toDouble()));
    QVERIFY(furthest > 1e-4 && furthest < 1);
    COMPARE_FAILURE(m_cli.run({"quantize", "--model", model, "--type", "f32"}), 2, "already");
    COMPARE_FAILURE(m_cli.run({"quantize", "--model", model}), 2, "--type");
}

QTEST_GUILESS_MAIN(TestCliNumbers)
#include "tst_clinumbers.moc"
