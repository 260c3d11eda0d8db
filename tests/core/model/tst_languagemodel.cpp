// The numbers: what the program computes against a float64 reference, on random models of every
// kind and on the real ones beside the project.
#include "loadedmodel.h"
#include "qverifyresult.h"
#include "shareddata.h"
#include "tinymodel.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr double tolerance = 1e-4; // of the range of the logits
using Rows = std::vector<ReferenceTransformer::Row>;

/// A config of one family with what all tiny models share, and `more` of its own.
QString tiny(const QString& type, const QString& more = {})
{
    return QString(R"({"model_type": "%1", "vocab_size": 37, "hidden_size": 24, )"
                   R"("num_hidden_layers": 3, "num_attention_heads": 6, "intermediate_size": 40, )"
                   R"("max_position_embeddings": 1024, "rms_norm_eps": 1e-5%2})")
        .arg(type, more);
}

std::vector<int> someIds(std::size_t count, int vocabulary = 37)
{
    std::vector<int> ids(count);
    for (std::size_t i = 0; i < count; ++i)
        ids[i] = static_cast<int>((i * i * 7 + i * 3 + 1) % static_cast<std::size_t>(vocabulary));
    return ids;
}

std::vector<int> intList(const QJsonValue& value)
{
    std::vector<int> list;
    for (const QJsonValue& item : value.toArray())
        list.push_back(item.toInt());
    return list;
}

ReferenceTransformer::Row doubleList(const QJsonValue& value)
{
    ReferenceTransformer::Row list;
    for (const QJsonValue& item : value.toArray())
        list.push_back(item.toDouble());
    return list;
}

bool sameBits(const std::vector<float>& a, const std::vector<float>& b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

} // namespace

class TestLanguageModel : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::filesystem::path folder() const { return m_dir->path().toStdString(); }

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void logitsAgreeWithTheReference_data()
    {
        QTest::addColumn<QString>("config");
        QTest::addColumn<int>("storage");
        const int f32 = static_cast<int>(Storage::F32);
        const QString gqa = R"(, "num_key_value_heads": 2)";
        QTest::newRow("Llama, untied") << tiny("llama") << f32;
        QTest::newRow("Llama, tied") << tiny("llama", R"(, "tie_word_embeddings": true)") << f32;
        QTest::newRow("Llama, grouped heads") << tiny("llama", gqa) << f32;
        QTest::newRow("Llama, one kv head")
            << tiny("llama", R"(, "num_key_value_heads": 1)") << f32;
        QTest::newRow("Llama, all biases")
            << tiny("llama", R"(, "attention_bias": true, "mlp_bias": true)" + gqa) << f32;
        QTest::newRow("Llama, explicit head size")
            << tiny("llama", R"(, "head_dim": 10)" + gqa) << f32;
        QTest::newRow("Llama, another theta")
            << tiny("llama", R"(, "rope_theta": 500000.0)" + gqa) << f32;
        QTest::newRow("Llama, linear rope")
            << tiny("llama", R"(, "rope_scaling": {"type": "linear", "factor": 3.0})") << f32;
        QTest::newRow("Llama, llama3 rope")
            << tiny("llama", R"(, "head_dim": 16, "rope_theta": 100.0, "rope_scaling":)"
                             R"( {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,)"
                             R"( "high_freq_factor": 4.0, "original_max_position_embeddings": 64})")
            << f32;
        QTest::newRow("Llama, yarn rope")
            << tiny("llama", R"(, "head_dim": 16, "rope_scaling": {"rope_type": "yarn",)"
                             R"( "factor": 4.0, "original_max_position_embeddings": 256})")
            << f32;
        QTest::newRow("Llama, yarn rope with its options")
            << tiny("llama", R"(, "head_dim": 16, "rope_parameters": {"rope_type": "yarn",)"
                             R"( "factor": 4.0, "original_max_position_embeddings": 256,)"
                             R"( "attention_factor": 0.8, "beta_fast": 8, "beta_slow": 2,)"
                             R"( "truncate": false, "rope_theta": 300.0})")
            << f32;
        QTest::newRow("Mistral, window")
            << tiny("mistral", R"(, "sliding_window": 5)" + gqa) << f32;
        QTest::newRow("Mistral, a window of one")
            << tiny("mistral", R"(, "sliding_window": 1)" + gqa) << f32;
        QTest::newRow("Mistral, no window")
            << tiny("mistral", R"(, "sliding_window": null)" + gqa) << f32;
        QTest::newRow("Qwen2, biases") << tiny("qwen2", gqa) << f32;
        QTest::newRow("Qwen2, window in the upper layers")
            << tiny("qwen2", R"(, "use_sliding_window": true, "sliding_window": 4,)"
                             R"( "max_window_layers": 1)" +
                                 gqa)
            << f32;
        QTest::newRow("Qwen3, q and k norms") << tiny("qwen3", R"(, "head_dim": 8)" + gqa) << f32;
        QTest::newRow("Qwen3, biases and layer types")
            << tiny("qwen3",
                    R"(, "head_dim": 8, "attention_bias": true, "use_sliding_window": true,)"
                    R"( "sliding_window": 3, "layer_types":)"
                    R"( ["full_attention", "sliding_attention", "full_attention"])" +
                        gqa)
            << f32;
        QTest::newRow("stored in f16") << tiny("qwen2", gqa) << static_cast<int>(Storage::F16);
        QTest::newRow("stored in bf16") << tiny("qwen2", gqa) << static_cast<int>(Storage::BF16);
    }
    void logitsAgreeWithTheReference()
    {
        QFETCH(const QString, config);
        QFETCH(const int, storage);
        const std::string json = config.toStdString();
        const Weights weights =
            writeTinyModel(folder(), json, {.seed = 11, .storage = static_cast<Storage>(storage)});
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        const auto parsed = parseModelConfig(json, "config.json");
        QVERIFY_RESULT(parsed);

        const std::vector<int> ids = someIds(23);
        const Rows expected = ReferenceTransformer(*parsed, weights).logits(ids);
        const auto compare = [&](const std::vector<std::size_t>& parts) {
            const auto found = feedInParts(**model, ids, parts);
            QVERIFY_RESULT(found);
            const double error = relativeError(*found, expected);
            QVERIFY2(error <= tolerance, qPrintable(QString::number(error)));
        };
        compare({23});                            // all at once
        compare(std::vector<std::size_t>(23, 1)); // one by one
        compare({7, 1, 1, 9, 5});                 // behind a cache that is not empty
        const auto cache = (*model)->createCache();
        QVERIFY_RESULT(cache);
        const auto last = feed(**model, **cache, ids, LogitsOf::Last);
        QVERIFY_RESULT(last);
        QVERIFY(relativeError(*last, {expected.back()}) <= tolerance);
    }

    void longPromptsAgreeAcrossBlocksAndGrowth_data()
    {
        QTest::addColumn<QString>("config");
        QTest::newRow("full attention")
            << tiny("qwen3", R"(, "head_dim": 4, "num_key_value_heads": 3)");
        QTest::newRow("sliding window")
            << tiny("mistral", R"(, "sliding_window": 37, "num_key_value_heads": 3)");
    }
    void longPromptsAgreeAcrossBlocksAndGrowth()
    {
        QFETCH(const QString, config);
        const std::string json = config.toStdString();
        const Weights weights = writeTinyModel(folder(), json, {.seed = 5});
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        const auto parsed = parseModelConfig(json, "config.json");
        QVERIFY_RESULT(parsed);
        const std::vector<int> ids = someIds(600);
        const Rows expected = ReferenceTransformer(*parsed, weights).logits(ids);
        // Blocks have 256 rows, and the cache grows by 256.
        for (const auto& parts :
             {std::vector<std::size_t>{600}, std::vector<std::size_t>{255, 1, 1, 256, 87},
              std::vector<std::size_t>(600, 1)}) {
            const auto found = feedInParts(**model, ids, parts);
            QVERIFY_RESULT(found);
            const double error = relativeError(*found, expected);
            QVERIFY2(error <= tolerance, qPrintable(QString::number(error)));
        }
    }

    void aMixtureAgreesWithTheReference()
    {
        const std::string json = tiny("llama").toStdString();
        const Weights weights = writeTinyModel(folder(), json);
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        const ReferenceTransformer reference(*parseModelConfig(json, "config.json"), weights);

        Rows rows = reference.embeddings({1, 2, 3});
        const Rows parts = reference.embeddings({5, 9});
        for (std::size_t i = 0; i < rows[1].size(); ++i)
            rows[1][i] = 0.75 * parts[0][i] + 0.25 * parts[1][i];
        const Rows expected = reference.logits(rows);

        const auto cache = (*model)->createCache();
        QVERIFY_RESULT(cache);
        QVERIFY_RESULT(feed(**model, **cache, {1}));
        std::vector<float> x(24);
        const StepInput mixture{InputKind::Mixture, {TokenId{5}, TokenId{9}}, {0.75F, 0.25F}, {}};
        QVERIFY_RESULT((*model)->embed(mixture, x));
        std::vector<float> logits(37);
        QVERIFY_RESULT((*model)->forward(x, **cache, LogitsOf::Last, logits));
        QVERIFY(relativeError(logits, {expected[1]}) <= tolerance);
        const auto after = feed(**model, **cache, {3});
        QVERIFY_RESULT(after);
        QVERIFY(relativeError(*after, {expected[2]}) <= tolerance);
    }

    void aMixtureIsTheSumOfRowsInTheOrderOfItsIds()
    {
        const Weights weights = writeTinyModel(folder(), tiny("llama").toStdString());
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        const std::vector<float>& table = weights.at("model.embed_tokens.weight");
        const std::vector<TokenId> ids = tokenIds({30, 4, 17});
        const std::vector<float> shares{0.5F, 0.3F, 0.2F};
        std::vector<float> x(24);
        QVERIFY_RESULT((*model)->embed({InputKind::Mixture, ids, shares, {}}, x));
        std::vector<float> expected(24);
        for (std::size_t i = 0; i < 24; ++i) {
            // volatile: each product and each sum is rounded, whatever the compiler would fuse
            volatile float sum = shares[0] * table[ids[0].index() * 24 + i];
            for (std::size_t k = 1; k < 3; ++k) {
                const volatile float product = shares[k] * table[ids[k].index() * 24 + i];
                sum = sum + product;
            }
            expected[i] = sum;
        }
        QVERIFY(sameBits(x, expected));
    }

    void aMixtureOfOneIsTheRowToTheBit()
    {
        Weights weights = writeTinyModel(folder(), tiny("llama").toStdString());
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        for (int id = 0; id < 37; ++id) {
            const auto begin = weights["model.embed_tokens.weight"].begin() + id * 24;
            const std::vector<float> row(begin, begin + 24);
            std::vector<float> x(24, NAN);
            QVERIFY_RESULT((*model)->embed({InputKind::Mixture, {TokenId{id}}, {1.0F}, {}}, x));
            QVERIFY(sameBits(x, row));
            std::fill(x.begin(), x.end(), NAN);
            QVERIFY_RESULT((*model)->embedTokens(tokenIds({id}), x));
            QVERIFY(sameBits(x, row));
        }
    }

    void aZeroKeepsItsSignInAMixtureOfOne()
    {
        const std::string json = tiny("llama").toStdString();
        writeTinyModel(folder(), json);
        // The first value of the embedding table, which lies first, becomes -0.
        std::string bytes = readText(folder() / "model.safetensors");
        std::uint64_t header = 0;
        std::memcpy(&header, bytes.data(), 8);
        const float zero = -0.0F;
        std::memcpy(bytes.data() + 8 + header, &zero, sizeof zero);
        writeText(folder() / "model.safetensors", bytes);
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        std::vector<float> x(24);
        QVERIFY_RESULT((*model)->embed(StepInput::token(TokenId{0}), x));
        QCOMPARE(x[0], 0.0F);
        QVERIFY(std::signbit(x[0]));
    }

    void aHiddenVectorIsFedAsItIs()
    {
        writeTinyModel(folder(), tiny("llama").toStdString());
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        std::vector<float> given(24);
        std::iota(given.begin(), given.end(), -3.5F);
        std::vector<float> x(24);
        QVERIFY_RESULT((*model)->embed({InputKind::Hidden, {}, {}, given}, x));
        QVERIFY(sameBits(x, given));
    }

    void whatCannotBeEmbeddedIsRefused_data()
    {
        QTest::addColumn<QList<int>>("ids");
        QTest::addColumn<int>("weights");
        QTest::addColumn<int>("room");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("beyond the vocabulary")
            << QList<int>{37} << 1 << 24 << "Token id 37 is outside the vocabulary of 37.";
        QTest::newRow("negative") << QList<int>{3, -1} << 2 << 24
                                  << "Token id -1 is outside the vocabulary of 37.";
        QTest::newRow("nothing") << QList<int>{} << 0 << 24
                                 << "A mixture needs a weight for each of its ids, and has 0 ids "
                                    "and 0 weights.";
        QTest::newRow("too few weights")
            << QList<int>{1, 2} << 1 << 24
            << "A mixture needs a weight for each of its ids, and has 2 ids and 1 weights.";
        QTest::newRow("too little room")
            << QList<int>{1} << 1 << 23
            << "An embedding of this model has 24 values, and room was given for 23.";
    }
    void whatCannotBeEmbeddedIsRefused()
    {
        QFETCH(const QList<int>, ids);
        QFETCH(const int, weights);
        QFETCH(const int, room);
        QFETCH(const QString, sentence);
        writeTinyModel(folder(), tiny("llama").toStdString());
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        std::vector<float> x(static_cast<std::size_t>(room));
        const StepInput input{InputKind::Mixture,
                              tokenIds({ids.begin(), ids.end()}),
                              std::vector<float>(static_cast<std::size_t>(weights), 0.5F),
                              {}};
        const auto done = (*model)->embed(input, x);
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(done.error().message), sentence);
    }

    void theMeanNormIsThatOfTheRows()
    {
        const Weights weights = writeTinyModel(folder(), tiny("llama").toStdString());
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        const std::vector<float>& table = weights.at("model.embed_tokens.weight");
        double sum = 0;
        for (std::size_t row = 0; row < 37; ++row) {
            double squares = 0;
            for (std::size_t i = 0; i < 24; ++i)
                squares += std::pow(static_cast<double>(table[row * 24 + i]), 2);
            sum += std::sqrt(squares);
        }
        QVERIFY(std::fabs((*model)->identity().meanEmbeddingNorm - sum / 37) < 1e-6);
    }

    void theSameCallsGiveTheSameBits()
    {
        writeTinyModel(folder(), tiny("qwen2", R"(, "num_key_value_heads": 2)").toStdString());
        const auto model = loadModel(folder());
        QVERIFY_RESULT(model);
        const std::vector<int> ids = someIds(300);
        const std::vector<std::size_t> parts{270, 1, 1, 20, 1, 7};
        const auto first = feedInParts(**model, ids, parts);
        const auto second = feedInParts(**model, ids, parts);
        const auto again = loadModel(folder());
        QVERIFY_RESULT(again);
        const auto third = feedInParts(**again, ids, parts);
        QVERIFY_RESULT(first);
        QVERIFY(sameBits(*first, second.value()));
        QVERIFY(sameBits(*first, third.value()));
    }

    void modelsBesideTheProjectGiveTheirGoldenLogits_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"starter", "starter-soft", "stories260k", "tiny-llama-bf16", "tiny-qwen3"})
            QTest::newRow(name) << name;
    }
    void modelsBesideTheProjectGiveTheirGoldenLogits()
    {
        QFETCH(const QString, name);
        const std::filesystem::path models = SHARED_DATA("models");
        checkGolden(models / name.toStdString());
    }

    void theBuiltInModelsGiveTheirGoldenLogits_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("starter") << "starter";
        QTest::newRow("starter-soft") << "starter-soft";
    }
    void theBuiltInModelsGiveTheirGoldenLogits()
    {
        QFETCH(const QString, name);
        checkGolden(std::filesystem::path(HALFTONE_TEST_MODELS) / name.toStdString());
    }

    void identitiesSayWhatTheModelIs()
    {
        writeTinyModel(
            folder(),
            tiny("mistral", R"(, "sliding_window": 5, "num_key_value_heads": 2)").toStdString(),
            {.storage = Storage::BF16});
        const auto model = loadModel(folder(), {.device = "auto", .threads = 0});
        QVERIFY_RESULT(model);
        const ModelIdentity& identity = (*model)->identity();
        QCOMPARE(identity.name, folder().filename().string());
        QCOMPARE(identity.path, std::filesystem::canonical(folder()).string());
        QCOMPARE(identity.fingerprint, std::string("fingerprint of a test"));
        QCOMPARE(identity.architecture, std::string("MistralForCausalLM"));
        QCOMPARE(identity.vocabularySize, 37);
        QCOMPARE(identity.embeddingSize, 24);
        QCOMPARE(identity.layerCount, 3);
        QCOMPARE(identity.weightType, std::string("bf16"));
        QVERIFY(identity.device == "cpu" || identity.device == "cuda");
        QVERIFY(identity.threads >= 1);
        const CacheShape expected{
            std::vector<CacheLayerShape>(
                3, {.kvHeads = 2, .headDim = 4, .bytesPerElement = 4, .window = 5}),
            1024};
        QVERIFY(identity.cache == expected);
    }

private:
    /// Each case has logits of the last position or of all, whichever the file gives.
    void checkGolden(const std::filesystem::path& path)
    {
        const auto model = loadModel(path);
        QVERIFY_RESULT(model);
        const QJsonObject golden =
            QJsonDocument::fromJson(
                QByteArray::fromStdString(readText(path / "golden_logits.json")))
                .object();
        QJsonArray cases = golden["cases"].toArray();
        if (cases.isEmpty())
            cases = {golden};
        int compared = 0;
        for (const QJsonValue& one : cases) {
            const std::vector<int> ids = intList(one["ids"]);
            const auto all = feedInParts(**model, ids, {ids.size()});
            QVERIFY_RESULT(all);
            const auto steps = feedInParts(**model, ids, std::vector<std::size_t>(ids.size(), 1));
            QVERIFY_RESULT(steps);
            const auto vocabulary = all->size() / ids.size();
            Rows expected;
            for (const char* key : {"logits", "logits_last", "logits_ref_f64_last"})
                if (const QJsonArray values = one[QString(key)].toArray(); !values.isEmpty()) {
                    if (values.first().isArray())
                        for (const QJsonValue& row : values)
                            expected.push_back(doubleList(row));
                    else
                        expected.push_back(doubleList(values));
                    break;
                }
            QVERIFY2(!expected.empty(),
                     qPrintable(QJsonDocument(one.toObject()).toJson().left(400)));
            for (const std::vector<float>& found : {*all, *steps}) {
                const auto from = expected.size() == 1 ? found.size() - vocabulary : std::size_t{0};
                const std::vector<float> part(found.begin() + static_cast<std::ptrdiff_t>(from),
                                              found.end());
                const double error = relativeError(part, expected);
                QVERIFY2(error <= tolerance, qPrintable(QString::number(error)));
                ++compared;
            }
        }
        QVERIFY(compared > 0);
    }
};

QTEST_GUILESS_MAIN(TestLanguageModel)
#include "tst_languagemodel.moc"
