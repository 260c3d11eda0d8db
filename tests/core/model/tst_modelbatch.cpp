// Several generations in one pass over the weights: each to the bit what it is alone.
#include "loadedmodel.h"
#include "qverifyresult.h"
#include "tinymodel.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <cstring>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr std::size_t vocabulary = 37;
constexpr std::size_t hiddenSize = 24;
constexpr int contextLength = 64;

QString config(const QString& type, const QString& more = {}, std::size_t width = hiddenSize)
{
    return QString(R"({"model_type": "%1", "vocab_size": 37, "hidden_size": %3, )"
                   R"("num_hidden_layers": 3, "num_attention_heads": 6, "intermediate_size": 40, )"
                   R"("num_key_value_heads": 2, "max_position_embeddings": 64, )"
                   R"("rms_norm_eps": 1e-5%2})")
        .arg(type, more)
        .arg(width);
}

void addKindsOfModels()
{
    QTest::addColumn<QString>("json");
    QTest::newRow("Llama") << config("llama");
    QTest::newRow("Llama, biases") << config("llama", R"(, "attention_bias": true)");
    QTest::newRow("Qwen3, q/k norm") << config("qwen3", R"(, "head_dim": 10)");
    QTest::newRow("Mistral, window") << config("mistral", R"(, "sliding_window": 3)");
    // Whose sums matrix products take in another order for one row than for several.
    QTest::newRow("odd width") << config("qwen3", R"(, "head_dim": 10)", 33);
}

bool sameBits(std::span<const float> a, std::span<const float> b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

std::vector<float> rowOf(const LanguageModel& model, int id)
{
    std::vector<float> x(static_cast<std::size_t>(model.identity().embeddingSize));
    const std::vector<TokenId> ids = tokenIds({id});
    return model.embedTokens(ids, x) ? x : std::vector<float>();
}

std::vector<float> rowsOf(const LanguageModel& model, const std::vector<int>& ids)
{
    std::vector<float> x;
    for (const int id : ids) {
        const std::vector<float> row = rowOf(model, id);
        x.insert(x.end(), row.begin(), row.end());
    }
    return x;
}

std::unique_ptr<KvCache> cacheAfter(const LanguageModel& model, const std::vector<int>& ids)
{
    auto cache = model.createCache();
    if (!cache || !feed(model, **cache, ids))
        return nullptr;
    return std::move(*cache);
}

} // namespace

class TestModelBatch : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path folder() const { return m_dir.path().toStdString(); }

private Q_SLOTS:
    void aStepOfManyIsThatOfEachAlone_data() { addKindsOfModels(); }

    void aStepOfManyIsThatOfEachAlone()
    {
        QFETCH(QString, json);
        writeTinyModel(folder(), json.toStdString());
        const auto loaded = loadModel(folder());
        QVERIFY_RESULT(loaded);
        const LanguageModel& model = **loaded;

        // Of different lengths, and more than are multiplied at once.
        const std::vector<std::vector<int>> prompts{
            {1},        {2, 3}, {4, 5, 6}, {7, 8, 9, 10, 11}, {12, 1}, {3, 3, 3},
            {36, 0, 1}, {5},    {6, 7},    {8, 9, 10, 11},    {13}};
        std::vector<std::unique_ptr<KvCache>> together;
        std::vector<KvCache*> caches;
        std::vector<int> fed;
        for (std::size_t b = 0; b < prompts.size(); ++b) {
            together.push_back(cacheAfter(model, prompts[b]));
            QVERIFY(together.back());
            caches.push_back(together.back().get());
            fed.push_back(static_cast<int>(20 + b));
        }
        const auto width = static_cast<std::size_t>(model.identity().embeddingSize);
        std::vector<float> logits(prompts.size() * vocabulary);
        std::vector<float> hidden(prompts.size() * width);
        QVERIFY_RESULT(model.forwardEach(rowsOf(model, fed), caches, logits, hidden));

        for (std::size_t b = 0; b < prompts.size(); ++b) {
            const auto alone = cacheAfter(model, prompts[b]);
            std::vector<float> aloneLogits(vocabulary);
            std::vector<float> aloneHidden(width);
            QVERIFY_RESULT(model.forward(rowOf(model, fed[b]), *alone, LogitsOf::Last, aloneLogits,
                                         aloneHidden));
            const auto row = std::span(logits).subspan(b * vocabulary, vocabulary);
            QVERIFY(sameBits(row, aloneLogits));
            QVERIFY(sameBits(std::span(hidden).subspan(b * width, width), aloneHidden));
            // And what reading it all at once says, which computes many rows of one generation.
            std::vector<int> all = prompts[b];
            all.push_back(fed[b]);
            const auto read = feedInParts(model, all, {all.size()});
            QVERIFY_RESULT(read);
            for (std::size_t i = 0; i < vocabulary; ++i)
                QVERIFY(std::abs(row[i] - (*read)[prompts[b].size() * vocabulary + i]) <= 1e-5);
            QCOMPARE(caches[b]->rows(), alone->rows());
            // What was written to the cache is the same as well.
            const auto next = feed(model, *caches[b], {5});
            const auto nextAlone = feed(model, *alone, {5});
            QVERIFY_RESULT(next);
            QVERIFY(sameBits(*next, *nextAlone));
        }
    }

    void alternativesAreForksAndLeaveTheCacheAsItWas_data() { addKindsOfModels(); }

    void alternativesAreForksAndLeaveTheCacheAsItWas()
    {
        QFETCH(QString, json);
        writeTinyModel(folder(), json.toStdString());
        const auto loaded = loadModel(folder());
        QVERIFY_RESULT(loaded);
        const LanguageModel& model = **loaded;
        const auto cache = cacheAfter(model, {1, 2, 3, 4});
        const std::vector<int> ids{9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
        std::vector<float> logits(ids.size() * vocabulary);
        QVERIFY_RESULT(model.forwardAlternatives(rowsOf(model, ids), *cache, logits));
        QCOMPARE(cache->rows(), 4);
        for (std::size_t b = 0; b < ids.size(); ++b) {
            const auto fork = cache->fork(4);
            QVERIFY_RESULT(fork);
            const auto alone = feed(model, **fork, {ids[b]}, LogitsOf::Last);
            QVERIFY_RESULT(alone);
            QVERIFY(sameBits(std::span(logits).subspan(b * vocabulary, vocabulary), *alone));
        }
        const auto untouched = cacheAfter(model, {1, 2, 3, 4});
        QVERIFY(sameBits(*feed(model, *cache, {5}), *feed(model, *untouched, {5})));
    }

    void aStepThatOneCannotTakeLeavesAllCachesAsTheyWere()
    {
        writeTinyModel(folder(), config("llama").toStdString());
        const auto loaded = loadModel(folder());
        QVERIFY_RESULT(loaded);
        const LanguageModel& model = **loaded;
        const auto ready = cacheAfter(model, {1, 2});
        const auto full = cacheAfter(model, std::vector<int>(contextLength, 3));
        const std::vector<KvCache*> caches{ready.get(), full.get()};
        std::vector<float> logits(2 * vocabulary);
        std::vector<float> hidden(2 * hiddenSize);
        QVERIFY(!model.forwardEach(rowsOf(model, {7, 8}), caches, logits, hidden));
        QVERIFY(!model.forwardAlternatives(rowsOf(model, {7, 8}), *full, logits));
        QCOMPARE(ready->rows(), 2);
        QCOMPARE(full->rows(), contextLength);
        const auto untouched = cacheAfter(model, {1, 2});
        QVERIFY(sameBits(*feed(model, *ready, {5}), *feed(model, *untouched, {5})));
    }

    void aPassOverManyRowsGivesTheLastOnesHiddenState()
    {
        writeTinyModel(folder(), config("llama").toStdString());
        const auto loaded = loadModel(folder());
        QVERIFY_RESULT(loaded);
        const std::vector<float> x = rowsOf(**loaded, {1, 2, 3});
        const auto cache = (*loaded)->createCache();
        std::vector<float> logits(vocabulary);
        std::vector<float> atOnce(hiddenSize);
        QVERIFY_RESULT((*loaded)->forward(x, **cache, LogitsOf::Last, logits, atOnce));

        const auto oneByOne = cacheAfter(**loaded, {1, 2});
        std::vector<float> last(hiddenSize);
        QVERIFY_RESULT(
            (*loaded)->forward(rowOf(**loaded, 3), *oneByOne, LogitsOf::Last, logits, last));
        for (std::size_t i = 0; i < hiddenSize; ++i)
            QVERIFY(std::abs(atOnce[i] - last[i]) <= 1e-5);
    }

    void aMixtureOfAllTokensIsTheTableTimesItsWeights()
    {
        const Weights weights = writeTinyModel(folder(), config("llama").toStdString());
        const auto loaded = loadModel(folder());
        QVERIFY_RESULT(loaded);
        const std::vector<float>& table = weights.at("model.embed_tokens.weight");
        std::vector<float> shares(vocabulary);
        for (std::size_t i = 0; i < vocabulary; ++i)
            shares[i] = static_cast<float>(i + 1) / 703.0F; // sums to 1
        std::vector<float> x(hiddenSize);
        QVERIFY_RESULT((*loaded)->embedDense(shares, x));
        for (std::size_t j = 0; j < hiddenSize; ++j) {
            double expected = 0;
            for (std::size_t i = 0; i < vocabulary; ++i)
                expected += static_cast<double>(shares[i]) * table[i * hiddenSize + j];
            QVERIFY(std::abs(x[j] - expected) <= 1e-6);
        }
    }

    void theNearestTokensOfARowBeginWithItself()
    {
        writeTinyModel(folder(), config("llama").toStdString());
        const auto loaded = loadModel(folder());
        QVERIFY_RESULT(loaded);
        std::vector<float> twice = rowOf(**loaded, 17);
        for (float& value : twice)
            value *= 2; // only the direction counts
        const auto nearest = (*loaded)->nearestTokens(twice, 3);
        QVERIFY_RESULT(nearest);
        QCOMPARE(nearest->size(), std::size_t{3});
        QCOMPARE(nearest->front().id, TokenId{17});
        QVERIFY(std::abs(nearest->front().cosine - 1) <= 1e-6);
        QVERIFY((*nearest)[1].cosine < 1 && (*nearest)[1].cosine >= (*nearest)[2].cosine);
    }

    void wrongSizesAndForeignCachesAreRefused()
    {
        writeTinyModel(folder(), config("llama").toStdString());
        const auto a = loadModel(folder());
        const auto b = loadModel(folder());
        QVERIFY_RESULT(a);
        const auto cache = cacheAfter(**b, {1});
        std::vector<float> logits(vocabulary);
        std::vector<float> hidden(hiddenSize);
        KvCache* foreign = cache.get();
        QVERIFY(!(*a)->forwardEach(rowOf(**a, 1), std::span(&foreign, 1), logits, hidden));
        std::vector<float> half(hiddenSize / 2);
        QVERIFY(!(*b)->forwardEach(half, std::span(&foreign, 1), logits, hidden));
        QVERIFY(!(*b)->forwardAlternatives(half, *cache, logits));
        QCOMPARE(cache->rows(), 1);
    }
};

QTEST_GUILESS_MAIN(TestModelBatch)
#include "tst_modelbatch.moc"
