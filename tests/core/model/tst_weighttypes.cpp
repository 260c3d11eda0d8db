// Weights in other types than they are stored in: what they compute, and the files they are kept
// in.
#include "base/halffloat.h"
#include "engine/engine.h"
#include "loadedmodel.h"
#include "model/quantise.h"
#include "qverifyresult.h"
#include "smalldisk.h"
#include "tinymodel.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

using namespace halftone;
using namespace halftone::test;

namespace {

namespace fs = std::filesystem;

/// The value that stands for `x` in a block whose values are `block`, by ggml's formulas, written
/// anew: d rounded to f16, a whole number of d.
float inBlock(const std::string& type, std::span<const float> block, float x)
{
    float extreme = 0;
    for (const float value : block)
        if (std::fabs(value) > std::fabs(extreme))
            extreme = value;
    if (extreme == 0.0F)
        return 0;
    if (type == "q8_0") {
        const float d = std::fabs(extreme) / 127;
        return fromHalf(toHalf(d)) * std::round(x * (1 / d));
    }
    const float d = extreme / -8;
    return fromHalf(toHalf(d)) * (std::min(15.0F, std::trunc(x * (1 / d) + 8.5F)) - 8);
}

/// The matrices of `weights` as a model of `type` holds them; the head has q8_0 for q4_0.
Weights rounded(Weights weights, const std::string& type)
{
    for (auto& [name, values] : weights) {
        if (name.find("norm") != std::string::npos || name.ends_with(".bias"))
            continue;
        const bool head = name.find("embed_tokens") != std::string::npos;
        const std::string own = head && type == "q4_0" ? "q8_0" : type;
        const std::vector<float> before = values;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (own == "f16")
                values[i] = fromHalf(toHalf(before[i]));
            else if (own == "bf16")
                values[i] = fromBfloat16(toBfloat16(before[i]));
            else if (own != "f32")
                values[i] = inBlock(own, std::span(before).subspan(i / 32 * 32, 32), before[i]);
        }
    }
    return weights;
}

} // namespace

class TestWeightTypes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_place.emplace();
        m_model = m_place->filePath("model").toStdString();
        fs::create_directories(m_model);
        qputenv("XDG_CACHE_HOME", m_place->filePath("cache").toUtf8());
        m_weights = writeTinyModel(m_model, blockConfig);
    }

    void logitsAreThoseOfTheRoundedWeights_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<double>("tolerance");
        QTest::newRow("f32") << "f32" << 2e-6;
        QTest::newRow("f16") << "f16" << 2e-6;
        QTest::newRow("bf16") << "bf16" << 2e-6;
        // Activations are rounded, too: to 8 bits in blocks of 32, seven times a layer. What the
        // kernels make of a block is tested to the last bits in tst_matmul.
        QTest::newRow("q8_0") << "q8_0" << 0.04;
        QTest::newRow("q4_0") << "q4_0" << 0.04;
    }
    void logitsAreThoseOfTheRoundedWeights()
    {
        QFETCH(const QString, type);
        QFETCH(const double, tolerance);
        const auto model = load(type);
        QVERIFY_RESULT(model);
        QCOMPARE((*model)->identity().weightType, type.toStdString());
        const std::string& fingerprint = (*model)->identity().fingerprint;
        QCOMPARE(weightTypeIn(fingerprint), type == "f32" ? std::string() : type.toStdString());
        QVERIFY(fingerprint.starts_with(testFingerprint));
        const auto config = parseModelConfig(blockConfig, "config.json");
        QVERIFY_RESULT(config);
        const std::vector<int> ids = scatteredIds(20);
        // Rows that are fed are looked up as stored.
        const auto embedded = ReferenceTransformer(*config, m_weights).embeddings(ids);
        const auto expected =
            ReferenceTransformer(*config, rounded(m_weights, type.toStdString())).logits(embedded);
        const auto found = feedInParts(**model, ids, std::vector<std::size_t>(ids.size(), 1));
        QVERIFY_RESULT(found);
        double least = expected[0][0];
        double most = least;
        double difference = 0;
        for (std::size_t row = 0; row < expected.size(); ++row)
            for (std::size_t i = 0; i < 80; ++i) {
                least = std::min(least, expected[row][i]);
                most = std::max(most, expected[row][i]);
                difference =
                    std::max(difference, std::fabs(expected[row][i] -
                                                   static_cast<double>((*found)[row * 80 + i])));
            }
        QVERIFY2(difference < tolerance * (most - least),
                 qPrintable(QString::number(difference / (most - least))));
    }

    void aPromptHasTheBitsOfItsTokensOneByOneInEveryType_data()
    {
        QTest::addColumn<QString>("type");
        for (const char* type : {"f32", "f16", "bf16", "q8_0", "q4_0"})
            QTest::newRow(type) << type;
    }
    void aPromptHasTheBitsOfItsTokensOneByOneInEveryType()
    {
        QFETCH(const QString, type);
        const auto one = load(type);
        const auto three = load(type, 3);
        QVERIFY_RESULT(one);
        QVERIFY_RESULT(three);
        const std::vector<int> ids = scatteredIds(40);
        const auto tokens = feedInParts(**one, ids, std::vector<std::size_t>(ids.size(), 1));
        QVERIFY_RESULT(tokens);
        const auto prompt = feedInParts(**three, ids, {33, 7});
        QVERIFY_RESULT(prompt);
        QVERIFY(*prompt == *tokens);
    }

    void matricesWithoutWholeBlocksKeepTheirType()
    {
        // The head and what reads D = 48 have no whole blocks; what reads 96 has.
        writeTinyModel(m_model, R"({"model_type": "llama", "vocab_size": 80, "hidden_size": 48,)"
                                R"( "num_hidden_layers": 1, "num_attention_heads": 4,)"
                                R"( "intermediate_size": 96, "max_position_embeddings": 64})");
        const auto made = quantise(m_model, "q8_0", 1, {}, {});
        QVERIFY_RESULT(made);
        for (const QuantisedTensor& one : made->tensors)
            QCOMPARE(one.type, std::string(one.columns == 96 ? "q8_0" : "f32"));
        QVERIFY_RESULT(load("q8_0"));
    }

    void largeWeightsAreKeptInTheCacheFolderAndMappedFromThere()
    {
        const auto first = logits("q8_0", 1);
        QVERIFY_RESULT(first);
        const fs::path file = cached("q8_0");
        QVERIFY(fs::exists(file));
        const auto written = fs::last_write_time(file);
        const auto second = logits("q8_0", 1);
        QVERIFY_RESULT(second);
        QVERIFY(*second == *first);
        QCOMPARE(fs::last_write_time(file).time_since_epoch().count(),
                 written.time_since_epoch().count());
        fs::remove(file);
        QVERIFY(logits("q8_0", 1).value() == *first);
        QVERIFY(fs::exists(file));
    }

    void smallWeightsAreNotKept()
    {
        QVERIFY_RESULT(load("q8_0"));
        QVERIFY(!fs::exists(m_place->filePath("cache").toStdString()));
    }

    void aFileThatIsDamagedOrAnothersIsNotUsed_data()
    {
        QTest::addColumn<QString>("damage");
        for (const char* damage : {"cut off", "empty", "no safetensors", "another type's"})
            QTest::newRow(damage) << damage;
    }
    void aFileThatIsDamagedOrAnothersIsNotUsed()
    {
        QFETCH(const QString, damage);
        const auto expected = logits("q8_0", 1);
        QVERIFY_RESULT(expected);
        const fs::path file = cached("q8_0");
        const auto size = fs::file_size(file);
        if (damage == "cut off")
            fs::resize_file(file, size - 64);
        else if (damage == "empty")
            fs::resize_file(file, 0);
        else if (damage == "no safetensors")
            std::ofstream(file) << "no weights";
        else {
            QVERIFY_RESULT(logits("f16", 1));
            fs::rename(cached("f16"), file);
        }
        QVERIFY(logits("q8_0", 1).value() == *expected);
        QCOMPARE(fs::file_size(file), size); // made anew
    }

    void withoutACacheFolderWeightsArePackedInMemory()
    {
        const auto expected = logits("q8_0", 1);
        QVERIFY_RESULT(expected);
        const QString file = m_place->filePath("a file");
        std::ofstream(file.toStdString()) << "in the way";
        qputenv("XDG_CACHE_HOME", file.toUtf8());
        const auto found = logits("q8_0", 1);
        QVERIFY_RESULT(found);
        QVERIFY(*found == *expected);
    }

    void quantiseWritesAFileBesideTheModelThatIsMappedFromThenOn()
    {
        const auto expected = logits("q4_0", std::uint64_t{1} << 40);
        QVERIFY_RESULT(expected);
        const auto made = quantise(m_model, "q4_0", 2, {}, {});
        QVERIFY_RESULT(made);
        QCOMPARE(made->file, m_model / "halftone-q4_0.safetensors");
        QVERIFY(fs::exists(made->file));
        // The tests' models have no fingerprint of their own, so the file is another model's to
        // loadModel(); Engine::load() takes it.
        const auto engine = Engine::load(m_model, options("q4_0", 1));
        QVERIFY_RESULT(engine);
        QVERIFY(!fs::exists(m_place->filePath("cache").toStdString()));
        const auto found = (*engine)->logits(tokenIds(scatteredIds(20)), LogitsOf::All);
        QVERIFY_RESULT(found);
        QVERIFY(*found == *expected);
    }

    void quantiseTellsTheErrorOfEachMatrix()
    {
        const auto made = quantise(m_model, "q4_0", 1, {}, {});
        QVERIFY_RESULT(made);
        const Weights after = rounded(m_weights, "q4_0");
        std::size_t seen = 0;
        for (const QuantisedTensor& one : made->tensors) {
            const std::vector<float>& stored = m_weights.at(one.name);
            const std::vector<float>& kept = after.at(one.name);
            double error = 0;
            double square = 0;
            double largest = 0;
            for (std::size_t i = 0; i < stored.size(); ++i) {
                const double value = stored[i];
                error += std::pow(static_cast<double>(kept[i]) - value, 2);
                square += value * value;
                largest = std::max(largest, std::fabs(static_cast<double>(kept[i]) - value));
            }
            const double rms = std::sqrt(error / static_cast<double>(stored.size()));
            QVERIFY(std::fabs(one.rootMeanSquareError - rms) < 1e-9 * rms);
            QVERIFY(std::fabs(one.relativeError - std::sqrt(error / square)) < 1e-9);
            QCOMPARE(one.largestError, largest);
            const bool head = one.name == "model.embed_tokens.weight";
            QCOMPARE(one.type, std::string(head ? "q8_0" : "q4_0"));
            ++seen;
        }
        QCOMPARE(seen, std::size_t{15}); // the table, and seven matrices of two layers
    }

    void aFullDiskLeavesTheModelsFolderAsItWas()
    {
        {
            const SmallDisk disk(10000);
            const auto full = quantise(m_model, "q8_0", 1, {}, {});
            QVERIFY(!full);
            QCOMPARE(full.error().message, (m_model / "halftone-q8_0.safetensors").string() +
                                               " cannot be written: File too large.");
        }
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(m_model))
            names.insert(entry.path().filename().string());
        QCOMPARE(names, (std::set<std::string>{"config.json", "model.safetensors"}));
        QVERIFY_RESULT(quantise(m_model, "q8_0", 1, {}, {}));
    }

    void whatCannotBeIsRefused()
    {
        const auto unknown = load("q5_1");
        QVERIFY(!unknown);
        QCOMPARE(unknown.error().code, ErrorCode::InvalidArgument);
        const auto same = quantise(m_model, "f32", 1, {}, {});
        QVERIFY(!same);
        QCOMPARE(same.error().code, ErrorCode::InvalidArgument);
        CancelToken cancelled;
        cancelled.cancel();
        const auto stopped = quantise(m_model, "q8_0", 1, {}, cancelled);
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
        QVERIFY(!fs::exists(m_model / "halftone-q8_0.safetensors"));
    }

private:
    static ModelOptions options(const QString& type, std::uint64_t cacheFrom)
    {
        ModelOptions options;
        options.device = "cpu";
        options.threads = 1;
        options.type = type.toStdString();
        options.cacheFrom = cacheFrom;
        return options;
    }
    Result<std::unique_ptr<LanguageModel>> load(const QString& type, int threads = 1)
    {
        ModelOptions chosen = options(type, std::uint64_t{64} << 20);
        chosen.threads = threads;
        return loadModel(m_model, chosen);
    }
    /// Of a model that was loaded for this.
    Result<std::vector<float>> logits(const QString& type, std::uint64_t cacheFrom)
    {
        const auto model = loadModel(m_model, options(type, cacheFrom));
        if (!model)
            return Unexpected(model.error());
        return feedInParts(**model, scatteredIds(20), {20});
    }
    [[nodiscard]] fs::path cached(const char* type) const
    {
        return fs::path(m_place->filePath("cache").toStdString()) / "halftone" / "weights" /
               (std::string(testFingerprint) + "-" + type + ".safetensors");
    }

    std::optional<QTemporaryDir> m_place;
    fs::path m_model;
    Weights m_weights;
};

QTEST_GUILESS_MAIN(TestWeightTypes)
#include "tst_weighttypes.moc"
