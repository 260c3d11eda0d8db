// What the kernels promise beyond right numbers: a row has the same bits whoever is computed with
// it.
#include "loadedmodel.h"
#include "qverifyresult.h"
#include "tinymodel.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>
#include <mutex>

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

    void everyLogitOfAStepIsToldOfOnceWhileItIsMade()
    {
        // More than one block of logits, on two threads.
        constexpr std::size_t vocabulary = 2100;
        const QTemporaryDir folder;
        writeTinyModel(folder.path().toStdString(),
                       R"({"model_type": "llama", "vocab_size": 2100, "hidden_size": 24,)"
                       R"( "num_hidden_layers": 1, "num_attention_heads": 2,)"
                       R"( "intermediate_size": 40, "max_position_embeddings": 64})");
        const auto model = loadModel(folder.path().toStdString(), {.device = "cpu", .threads = 2});
        QVERIFY_RESULT(model);
        const auto first = (*model)->createCache();
        const auto second = (*model)->createCache();
        QVERIFY_RESULT(first);
        QVERIFY_RESULT(second);
        std::vector<float> x(2 * std::size_t{24});
        QVERIFY_RESULT((*model)->embedTokens(tokenIds({4, 5}), x));

        const float none = std::numeric_limits<float>::quiet_NaN();
        std::vector<float> told(2 * vocabulary, none);
        std::mutex mutex;
        int twice = 0;
        const auto made = [&](std::size_t row, std::size_t begin, std::span<const float> part) {
            const std::lock_guard lock(mutex);
            for (std::size_t i = 0; i < part.size(); ++i) {
                float& logit = told.at(row * vocabulary + begin + i);
                twice += std::isnan(logit) ? 0 : 1;
                logit = part[i];
            }
        };
        std::vector<float> logits(vocabulary);
        std::vector<float> hidden(24);
        QVERIFY_RESULT((*model)->forward(std::span(x).first(24), **first, LogitsOf::Last, logits,
                                         hidden, made));
        QVERIFY(std::equal(logits.begin(), logits.end(), told.begin()));
        QVERIFY(std::isnan(told[vocabulary]));

        std::fill(told.begin(), told.end(), none);
        logits.resize(2 * vocabulary);
        hidden.resize(std::size_t{2} * 24);
        KvCache* const caches[] = {first->get(), second->get()};
        QVERIFY_RESULT((*model)->forwardEach(x, caches, logits, hidden, made));
        QVERIFY(told == logits);
        QCOMPARE(twice, 0);
    }
};

QTEST_GUILESS_MAIN(TestCpuModel)
#include "tst_cpumodel.moc"
