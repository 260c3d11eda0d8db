// What the kernels promise beyond right numbers: a row has the same bits whoever is computed with
// it.
#include "loadedmodel.h"
#include "qverifyresult.h"
#include "tinymodel.h"

#include <QTemporaryDir>
#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

std::vector<int> someIds(int count, int vocabulary)
{
    std::vector<int> ids;
    for (int i = 0; i < count; ++i)
        ids.push_back((i * i * 7 + i * 3 + 1) % vocabulary);
    return ids;
}

} // namespace

class TestCpuModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aPromptHasTheBitsOfItsTokensOneByOne_data()
    {
        QTest::addColumn<int>("threads");
        QTest::newRow("one thread") << 1;
        QTest::newRow("three threads") << 3;
    }

    void aPromptHasTheBitsOfItsTokensOneByOne()
    {
        QFETCH(int, threads);
        const QTemporaryDir folder;
        writeTinyModel(folder.path().toStdString(),
                       R"({"model_type": "mistral", "vocab_size": 37, "hidden_size": 24,)"
                       R"( "num_hidden_layers": 3, "num_attention_heads": 6,)"
                       R"( "num_key_value_heads": 2, "intermediate_size": 40,)"
                       R"( "max_position_embeddings": 1024, "sliding_window": 200})");
        const auto one = loadModel(folder.path().toStdString(), {.device = "cpu", .threads = 1});
        const auto several =
            loadModel(folder.path().toStdString(), {.device = "cpu", .threads = threads});
        QVERIFY_RESULT(one);
        QVERIFY_RESULT(several);
        // More than the rows that go through the layers together.
        const std::vector<int> ids = someIds(300, 37);
        const auto tokens = feedInParts(**one, ids, std::vector<std::size_t>(ids.size(), 1));
        QVERIFY_RESULT(tokens);
        QVERIFY(feedInParts(**several, ids, {300}).value() == *tokens);
        QVERIFY(feedInParts(**several, ids, {7, 270, 1, 22}).value() == *tokens);
    }

    void oneThreadAndTwoGiveTheSameDecodeBits()
    {
        // Large enough that matrices and heads are shared among threads.
        const QTemporaryDir folder;
        const std::string json =
            R"({"model_type": "llama", "vocab_size": 1100, "hidden_size": 512,)"
            R"( "num_hidden_layers": 1, "num_attention_heads": 8, "intermediate_size": 1100,)"
            R"( "max_position_embeddings": 1024, "tie_word_embeddings": true})";
        writeTinyModel(folder.path().toStdString(), json);
        const std::vector<int> ids = someIds(40, 1100);
        const std::vector<std::size_t> oneByOne(40, 1);
        std::vector<std::vector<float>> results;
        for (const int threads : {1, 2, 1}) {
            const auto model =
                loadModel(folder.path().toStdString(), {.device = "cpu", .threads = threads});
            QVERIFY_RESULT(model);
            QCOMPARE((*model)->identity().threads, threads);
            const auto logits = feedInParts(**model, ids, oneByOne);
            QVERIFY_RESULT(logits);
            results.push_back(*logits);
        }
        QVERIFY(results[0] == results[1]);
        QVERIFY(results[0] == results[2]);
    }
};

QTEST_GUILESS_MAIN(TestCpuModel)
#include "tst_cpumodel.moc"
