// Loading: what a model folder must be, what the user reads when it is not, progress and cancel.
#include "loadedmodel.h"
#include "model/torchentry_p.h"
#include "qverifyresult.h"
#include "shareddata.h"
#include "tinymodel.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace halftone;
using namespace halftone::test;

namespace {

namespace fs = std::filesystem;

const std::string tinyConfig =
    R"({"model_type": "llama", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 2,)"
    R"( "num_attention_heads": 2, "intermediate_size": 12, "max_position_embeddings": 64})";
const std::vector<int> ids{1, 2, 3, 4, 5};

/// Writes the tensors that `config` asks for, all ones, through `change`: name, shape and type.
template <class Change>
void writeChanged(const fs::path& folder, const std::string& config, const Change& change)
{
    writeText(folder / "config.json", config);
    SafetensorsWriter writer;
    for (const ExpectedTensor& expected : expectedTensors(*parseModelConfig(config, ""))) {
        std::string name = expected.name;
        std::vector<std::int64_t> shape = expected.shape;
        std::string type = "F32";
        change(name, shape, type);
        std::size_t bytes = type == "F32" ? 4 : 1;
        for (const std::int64_t dimension : shape)
            bytes *= static_cast<std::size_t>(dimension);
        if (!name.empty())
            writer.addRaw(name, type, shape, std::string(bytes, '\0'));
    }
    writer.write(folder / "model.safetensors");
}

} // namespace

class TestModelLibrary : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    fs::path m_folder;

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_folder = fs::canonical(m_dir->path().toStdString());
    }

    void aFolderThatDoesNotFitItsConfigIsRefusedInOneSentence_data()
    {
        QTest::addColumn<QString>("damage");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("sentence");
        const auto invalid = static_cast<int>(ErrorCode::InvalidInput);
        const auto unsupported = static_cast<int>(ErrorCode::Unsupported);
        QTest::newRow("missing tensor")
            << "missing" << invalid
            << "FOLDER/model.safetensors lacks tensor 'model.layers.1.mlp.up_proj.weight' [12, 8], "
               "which config.json asks for.";
        QTest::newRow("wrong shape")
            << "transposed" << invalid
            << "FOLDER/model.safetensors holds tensor 'model.layers.0.mlp.down_proj.weight' as "
               "[12, 8] F32, and config.json asks for [8, 12].";
        QTest::newRow("a dimension too many")
            << "dimensions" << invalid
            << "FOLDER/model.safetensors holds tensor 'model.norm.weight' as [8, 1] F32, and "
               "config.json asks for [8].";
        QTest::newRow("wrong type")
            << "int8" << unsupported
            << "FOLDER/model.safetensors holds tensor 'lm_head.weight' as [11, 8] I8, and Halftone "
               "reads F32, F16 and BF16 weights only.";
        QTest::newRow("a bias that the config does not mention")
            << "bias" << unsupported
            << "FOLDER/model.safetensors holds tensor 'model.layers.1.self_attn.q_proj.bias' ([8] "
               "F32), which a LlamaForCausalLM with this config.json has no use for: the two do "
               "not belong together.";
        QTest::newRow("weights cut off")
            << "cut" << invalid
            << "FOLDER/model.safetensors is cut off: its tensors need 5216 bytes, and 5116 are "
               "there.";
        QTest::newRow("another vocabulary")
            << "vocabulary" << invalid
            << "FOLDER/model.safetensors holds tensor 'model.embed_tokens.weight' as [11, 8] F32, "
               "and config.json asks for [12, 8].";
        QTest::newRow("more layers than weights")
            << "layers" << invalid
            << "FOLDER/model.safetensors lacks tensor 'model.layers.2.input_layernorm.weight' [8], "
               "which config.json asks for.";
        QTest::newRow("absurd sizes")
            << "absurd" << invalid
            << "FOLDER/model.safetensors holds tensor 'model.embed_tokens.weight' as [11, 8] F32, "
               "and config.json asks for [2147483647, 131072].";
    }
    void aFolderThatDoesNotFitItsConfigIsRefusedInOneSentence()
    {
        QFETCH(const QString, damage);
        QFETCH(const int, code);
        QFETCH(QString, sentence);
        writeChanged(m_folder, tinyConfig,
                     [&](std::string& name, std::vector<std::int64_t>& shape, std::string& type) {
                         if (damage == "missing" && name == "model.layers.1.mlp.up_proj.weight")
                             name.clear();
                         if (damage == "transposed" &&
                             name == "model.layers.0.mlp.down_proj.weight")
                             std::reverse(shape.begin(), shape.end());
                         if (damage == "dimensions" && name == "model.norm.weight")
                             shape.push_back(1);
                         if (damage == "int8" && name == "lm_head.weight")
                             type = "I8";
                     });
        if (damage == "bias") {
            std::string config = tinyConfig;
            config.insert(1, R"("attention_bias": true, )");
            writeChanged(m_folder, config, [](std::string& name, auto&, auto&) {
                if (name.ends_with(".bias") && name != "model.layers.1.self_attn.q_proj.bias")
                    name.clear();
            });
            writeText(m_folder / "config.json", tinyConfig);
        }
        const fs::path weights = m_folder / "model.safetensors";
        if (damage == "cut")
            fs::resize_file(weights, fs::file_size(weights) - 100);
        const auto edit = [&](const std::string& from, const std::string& to) {
            std::string config = tinyConfig;
            config.replace(config.find(from), from.size(), to);
            writeText(m_folder / "config.json", config);
        };
        if (damage == "vocabulary")
            edit("11", "12");
        if (damage == "layers")
            edit(R"("num_hidden_layers": 2)", R"("num_hidden_layers": 3)");
        if (damage == "absurd") {
            edit(R"("vocab_size": 11, "hidden_size": 8)",
                 R"("vocab_size": 2147483647, "hidden_size": 131072)");
        }
        const auto model = loadModel(m_folder);
        QVERIFY(!model);
        QCOMPARE(QString::fromStdString(model.error().message),
                 sentence.replace("FOLDER", QString::fromStdString(m_folder.string())));
        QCOMPARE(static_cast<int>(model.error().code), code);
    }

    void ofShardsTheFolderIsNamed()
    {
        writeTinyModel(m_folder, tinyConfig, {.shards = 2});
        std::string config = tinyConfig;
        config.replace(config.find("_layers\": 2"), 11, "_layers\": 3");
        writeText(m_folder / "config.json", config);
        const auto model = loadModel(m_folder);
        QVERIFY(!model);
        QCOMPARE(model.error().message,
                 m_folder.string() + " lacks tensor 'model.layers.2.input_layernorm.weight' [8], "
                                     "which config.json asks for.");
    }

    void derivedFrequenciesAndLayersBeyondTheCountAreLeftOut()
    {
        writeTinyModel(m_folder, tinyConfig);
        const auto before = feedInParts(**loadModel(m_folder), ids, {5});
        QVERIFY_RESULT(before);
        // One layer more than the config counts, and what old exporters left in each.
        const Weights weights = writeTinyModel(m_folder, tinyConfig);
        SafetensorsWriter writer;
        for (const ExpectedTensor& tensor : expectedTensors(*parseModelConfig(tinyConfig, "")))
            writer.add(tensor.name, tensor.shape, weights.at(tensor.name));
        const std::vector<float> two{1, 1};
        writer.add("model.layers.0.self_attn.rotary_emb.inv_freq", {2}, two);
        writer.add("model.layers.2.self_attn.q_proj.bias", {2}, two);
        writer.write(m_folder / "model.safetensors");
        const auto model = loadModel(m_folder);
        QVERIFY_RESULT(model);
        const auto after = feedInParts(**model, ids, {5});
        QVERIFY_RESULT(after);
        QCOMPARE(*after, *before);
    }

    void modelsOfOtherKindsAreRefusedByName_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("words");
        QTest::newRow("GPT-2") << "models/tiny-gpt2"
                               << "The architecture 'GPT2LMHeadModel' is not";
        QTest::newRow("MLX, quantised")
            << "broken/quantised-mlx"
            << R"('quantization' says that the weights are quantised (mode "affine", bits 4, )"
               "group_size 32), and Halftone reads F32, F16 and BF16 weights only.";
    }
    void modelsOfOtherKindsAreRefusedByName()
    {
        QFETCH(const QString, folder);
        QFETCH(const QString, words);
        const fs::path data = SHARED_DATA("models");
        const auto model = loadModel(data / ".." / folder.toStdString());
        QVERIFY(!model);
        QCOMPARE(model.error().code, ErrorCode::Unsupported);
        const QString message = QString::fromStdString(model.error().message);
        QVERIFY2(message.contains(words), qPrintable(message));
        QVERIFY2(message.contains("config.json"), qPrintable(message));
    }

    void shardsAndOddAddressesChangeNoBit_data()
    {
        QTest::addColumn<int>("storage");
        QTest::addColumn<int>("shards");
        QTest::addColumn<bool>("misaligned");
        for (const Storage storage : {Storage::F32, Storage::F16, Storage::BF16}) {
            const int s = static_cast<int>(storage);
            QTest::addRow("type %d in three files", s) << s << 3 << false;
            QTest::addRow("type %d at odd addresses", s) << s << 1 << true;
        }
    }
    void shardsAndOddAddressesChangeNoBit()
    {
        QFETCH(const int, storage);
        QFETCH(const int, shards);
        QFETCH(const bool, misaligned);
        const auto type = static_cast<Storage>(storage);
        writeTinyModel(m_folder / "plain", tinyConfig, {.storage = type});
        writeTinyModel(m_folder / "other", tinyConfig,
                       {.storage = type, .shards = shards, .misaligned = misaligned});
        const auto plain = loadModel(m_folder / "plain");
        const auto other = loadModel(m_folder / "other");
        QVERIFY_RESULT(plain);
        QVERIFY_RESULT(other);
        QCOMPARE((*other)->identity().weightType, (*plain)->identity().weightType);
        QCOMPARE(feedInParts(**other, ids, {3, 1, 1}).value(),
                 feedInParts(**plain, ids, {3, 1, 1}).value());
    }

    void theWeightTypeIsThatOfMostBytes()
    {
        const Weights weights = writeTinyModel(m_folder, tinyConfig);
        SafetensorsWriter writer;
        for (const ExpectedTensor& tensor : expectedTensors(*parseModelConfig(tinyConfig, "")))
            writer.add(tensor.name, tensor.shape, weights.at(tensor.name),
                       tensor.shape.size() == 1 ? Storage::F32 : Storage::F16);
        writer.write(m_folder / "model.safetensors");
        const auto model = loadModel(m_folder);
        QVERIFY_RESULT(model);
        QCOMPARE((*model)->identity().weightType, std::string("f16"));
    }

    void progressRunsToTheSizeOfTheWeights()
    {
        for (const Storage storage : {Storage::F32, Storage::BF16}) {
            writeTinyModel(m_folder, tinyConfig, {.storage = storage});
            std::vector<std::uint64_t> done;
            std::uint64_t total = 0;
            const auto model =
                loadModel(m_folder, {.device = "cpu", .threads = 1}, [&](const Progress& progress) {
                    done.push_back(progress.done);
                    total = progress.total;
                    QCOMPARE(QString::fromUtf8(progress.stage.data(),
                                               static_cast<qsizetype>(progress.stage.size())),
                             QString("Reading weights"));
                });
            QVERIFY_RESULT(model);
            QCOMPARE(total, std::uint64_t{storage == Storage::F32 ? 5216U : 2608U});
            QVERIFY(std::is_sorted(done.begin(), done.end()));
            QCOMPARE(done.back(), total);
        }
    }

    void loadingStopsWhenCancelled()
    {
        for (const Storage storage : {Storage::F32, Storage::BF16}) {
            writeTinyModel(m_folder, tinyConfig, {.storage = storage});
            CancelToken cancel;
            int calls = 0;
            const auto model = loadModel(
                m_folder, {.device = "cpu", .threads = 1},
                [&](const Progress&) {
                    ++calls;
                    cancel.cancel();
                },
                cancel);
            QVERIFY(!model);
            QCOMPARE(model.error().code, ErrorCode::Cancelled);
            QCOMPARE(model.error().message, std::string("Loading the model was cancelled."));
            QCOMPARE(calls, 1);
        }
    }

    void optionsThatCannotBeAreRefused_data()
    {
        QTest::addColumn<QString>("device");
        QTest::addColumn<int>("threads");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("device") << "tpu" << 1
                                << "The device should be auto, cpu or cuda, and is "
                                   "'tpu'.";
        QTest::newRow("negative threads")
            << "cpu" << -1
            << "The number of threads should be 0 (all cores but one) or 1 to 256, and is -1.";
        QTest::newRow("threads without end")
            << "cpu" << 100000
            << "The number of threads should be 0 (all cores but one) or 1 to 256, and is 100000.";
    }
    void optionsThatCannotBeAreRefused()
    {
        QFETCH(const QString, device);
        QFETCH(const int, threads);
        QFETCH(const QString, sentence);
        writeTinyModel(m_folder, tinyConfig);
        const auto model =
            loadModel(m_folder, {.device = device.toStdString(), .threads = threads});
        QVERIFY(!model);
        QCOMPARE(model.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(model.error().message), sentence);
    }

    void aDeviceThatIsNotThereIsRefused()
    {
        writeTinyModel(m_folder, tinyConfig);
        const auto automatic = loadModel(m_folder, {.device = "auto", .threads = 1});
        QVERIFY_RESULT(automatic);
        const auto cuda = loadModel(m_folder, {.device = "cuda", .threads = 1});
        if ((*automatic)->identity().device == "cuda") {
            QVERIFY_RESULT(cuda);
            return;
        }
        QVERIFY(!cuda);
        QCOMPARE(cuda.error().code, ErrorCode::Unsupported);
        QCOMPARE(cuda.error().message,
                 std::string("The device 'cuda' was asked for, and this machine's libtorch has no "
                             "usable CUDA; use 'cpu' or 'auto'."));
    }

    void librariesThatAreNotOursAreRefused()
    {
        const auto missing = openTorchLibrary(m_folder / "none.so");
        QVERIFY(!missing);
        QCOMPARE(missing.error().code, ErrorCode::NotFound);

        writeText(m_folder / "text.so", "not a library");
        const auto text = openTorchLibrary(m_folder / "text.so");
        QVERIFY(!text);
        QCOMPARE(text.error().code, ErrorCode::Unsupported);
        QVERIFY(text.error().message.find("cannot be loaded") != std::string::npos);

        const fs::path lib = fs::path(HALFTONE_BIN_DIR) / ".." / "lib";
        const auto other = openTorchLibrary(lib / "libhalftone-core.so");
        QVERIFY(!other);
        QVERIFY(other.error().message.ends_with(
            "is not Halftone's torch library: it has no 'halftone_torch_load'."));

        const auto old = openTorchLibrary(HALFTONE_OLD_TORCH_LIBRARY);
        QVERIFY(!old);
        QCOMPARE(old.error().code, ErrorCode::Unsupported);
        QVERIFY(old.error().message.find(
                    "was built for Halftone 0.0.1-old, and this is Halftone") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestModelLibrary)
#include "tst_modellibrary.moc"
