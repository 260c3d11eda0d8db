#include "format/modelfolder.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"

#include <QTemporaryDir>
#include <QTest>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace halftone;
using namespace halftone::test;

namespace {

namespace fs = std::filesystem;

const char* const shardIndex = R"({"metadata":{"total_size":32},"weight_map":{)"
                               R"("a":"model-00001-of-00002.safetensors",)"
                               R"("b":"model-00002-of-00002.safetensors"}})";

void writeTensor(const fs::path& path, const std::string& name)
{
    SafetensorsWriter writer;
    writer.add(name, {4}, std::vector<float>{1, 2, 3, 4});
    writer.write(path);
}

} // namespace

class TestModelFolder : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    fs::path m_folder;

    void writeShards()
    {
        fs::remove(m_folder / "model.safetensors");
        writeText(m_folder / "model.safetensors.index.json", shardIndex);
        writeTensor(m_folder / "model-00001-of-00002.safetensors", "a");
        writeTensor(m_folder / "model-00002-of-00002.safetensors", "b");
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_folder = fs::canonical(m_dir->path().toStdString()) / "tiny model";
        fs::create_directory(m_folder);
        writeText(m_folder / "config.json", R"({"model_type": "llama"})");
        writeTensor(m_folder / "model.safetensors", "a");
    }

    void aNameMeansAFolderFirstAndThenABuiltInModel()
    {
        const std::vector<fs::path> builtIn{"/somewhere/starter", "/somewhere/reasoner"};
        QCOMPARE(modelNamed("reasoner", builtIn).value(), fs::path("/somewhere/reasoner"));
        QCOMPARE(modelNamed(m_folder.string(), builtIn).value(), m_folder);
        const auto none = modelNamed("nobody", builtIn);
        QVERIFY(!none);
        QCOMPARE(none.error().message, "There is no model folder nobody, and no built-in model of "
                                       "that name.");
    }

    void aFolderOpensWithWhatItHas()
    {
        const auto bare = ModelFolder::open(m_folder);
        QVERIFY_RESULT(bare);
        QCOMPARE(bare->name(), std::string("tiny model"));
        QCOMPARE(bare->path(), m_folder);
        QVERIFY(!bare->tokenizerPath());
        QVERIFY(!bare->generationConfigJson());
        QVERIFY(!bare->tokenizerConfigJson());
        QVERIFY(bare->tensor("a") != nullptr);
        QVERIFY(bare->tensor("b") == nullptr);

        writeText(m_folder / "tokenizer.json", "{}");
        writeText(m_folder / "generation_config.json", R"({"eos_token_id": 3})");
        writeText(m_folder / "tokenizer_config.json", R"({"a": 1})");
        const auto full = ModelFolder::open(m_folder / "");
        QVERIFY_RESULT(full);
        QCOMPARE(full->name(), std::string("tiny model"));
        QCOMPARE(full->tokenizerPath().value(), m_folder / "tokenizer.json");
        QCOMPARE(full->generationConfigJson().value(), std::string(R"({"eos_token_id": 3})"));
        QCOMPARE(full->tokenizerConfigJson().value(), std::string(R"({"a": 1})"));
    }

    void aFolderKeepsTheNameOfItsLink()
    {
        fs::create_directory_symlink(m_folder, m_folder.parent_path() / "my model");
        const auto folder = ModelFolder::open(m_folder.parent_path() / "my model");
        QVERIFY_RESULT(folder);
        QCOMPARE(folder->name(), std::string("my model"));
    }

    void shardsOpenThroughTheirIndex()
    {
        writeShards();
        const auto folder = ModelFolder::open(m_folder);
        QVERIFY_RESULT(folder);
        QCOMPARE(folder->weights().size(), std::size_t{2});
        QVERIFY(folder->tensor("a") != nullptr);
        QVERIFY(folder->tensor("b") != nullptr);
    }

    void aBrokenFolderIsRefusedInOneSentence_data()
    {
        QTest::addColumn<QString>("damage");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("sentence"); // FOLDER stands for its path
        const auto notFound = static_cast<int>(ErrorCode::NotFound);
        const auto invalid = static_cast<int>(ErrorCode::InvalidInput);
        QTest::newRow("no folder") << "folder" << notFound << "There is no folder FOLDER.";
        QTest::newRow("no config")
            << "config" << notFound << "FOLDER has no config.json, so it is no model folder.";
        QTest::newRow("config is half")
            << "half config" << invalid
            << "FOLDER/config.json is not valid JSON (line 2, column 1).";
        QTest::newRow("config is a list")
            << "list config" << invalid
            << "FOLDER/config.json should hold a JSON object, and holds [1,2,3].";
        QTest::newRow("config is deep")
            << "deep config" << invalid
            << "FOLDER/config.json nests more than 64 brackets (line 1, column 69).";
        QTest::newRow("config is huge")
            << "huge config" << invalid
            << "FOLDER/config.json is 8388609 bytes long, and such a file has at most 8388608.";
        QTest::newRow("generation settings are broken")
            << "generation" << invalid
            << "FOLDER/generation_config.json is not valid JSON (line 1, column 2).";
        QTest::newRow("no weights")
            << "weights" << notFound
            << "FOLDER has neither model.safetensors nor model.safetensors.index.json.";
        QTest::newRow("a pickle")
            << "pickle" << notFound
            << "FOLDER has neither model.safetensors nor model.safetensors.index.json; its "
               "pytorch_model.bin is a Python pickle, which Halftone does not read, so convert the "
               "model to safetensors.";
        QTest::newRow("weights cut off")
            << "cut" << invalid
            << "FOLDER/model.safetensors is cut off: its tensors need 16 bytes, and 8 are there.";
        QTest::newRow("missing shard")
            << "shard" << notFound
            << "FOLDER/model.safetensors.index.json names 'model-00002-of-00002.safetensors', "
               "which is not in the folder: the model is not there completely.";
        QTest::newRow("a tensor in the wrong shard")
            << "wrong shard" << invalid
            << "FOLDER/model.safetensors.index.json says that 'model-00002-of-00002.safetensors' "
               "holds tensor 'b', and it does not.";
        QTest::newRow("a tensor in both shards")
            << "both shards" << invalid
            << "FOLDER/model.safetensors.index.json names files that both hold tensor 'a'.";
        QTest::newRow("an index that leads out")
            << "escape" << invalid
            << "FOLDER/model.safetensors.index.json names '../a.safetensors', which is no plain "
               "file name.";
        QTest::newRow("an index without a map")
            << "no map" << invalid
            << "FOLDER/model.safetensors.index.json has no 'weight_map' that says which file holds "
               "which tensor.";
        QTest::newRow("an index of numbers")
            << "number map" << invalid
            << "FOLDER/model.safetensors.index.json should name a file for tensor 'a', and has 7.";
    }
    void aBrokenFolderIsRefusedInOneSentence()
    {
        QFETCH(const QString, damage);
        QFETCH(const int, code);
        QFETCH(QString, sentence);
        const fs::path config = m_folder / "config.json";
        const fs::path indexPath = m_folder / "model.safetensors.index.json";
        if (damage == "folder")
            fs::remove_all(m_folder);
        else if (damage == "config")
            fs::remove(config);
        else if (damage == "half config")
            writeText(config, "{\"model_type\": \"llama\"\n");
        else if (damage == "list config")
            writeText(config, "[1, 2, 3]");
        else if (damage == "deep config")
            writeText(config, R"({"a":)" + std::string(1'000'000, '['));
        else if (damage == "huge config")
            writeText(config, std::string((8 << 20) + 1, ' '));
        else if (damage == "generation")
            writeText(m_folder / "generation_config.json", "nonsense");
        else if (damage == "weights" || damage == "pickle")
            fs::remove(m_folder / "model.safetensors");
        else if (damage == "cut")
            fs::resize_file(m_folder / "model.safetensors",
                            fs::file_size(m_folder / "model.safetensors") - 8);
        else
            writeShards();

        if (damage == "pickle")
            writeText(m_folder / "pytorch_model.bin", "PK");
        else if (damage == "shard")
            fs::remove(m_folder / "model-00002-of-00002.safetensors");
        else if (damage == "wrong shard")
            writeTensor(m_folder / "model-00002-of-00002.safetensors", "c");
        else if (damage == "both shards") {
            SafetensorsWriter both;
            both.add("a", {1}, std::vector<float>{1});
            both.add("b", {1}, std::vector<float>{1});
            both.write(m_folder / "model-00002-of-00002.safetensors");
        } else if (damage == "escape")
            writeText(indexPath, R"({"weight_map": {"a": "../a.safetensors"}})");
        else if (damage == "no map")
            writeText(indexPath, R"({"metadata": {}})");
        else if (damage == "number map")
            writeText(indexPath, R"({"weight_map": {"a": 7}})");

        const auto folder = ModelFolder::open(m_folder);
        QVERIFY(!folder);
        QCOMPARE(static_cast<int>(folder.error().code), code);
        QCOMPARE(QString::fromStdString(folder.error().message),
                 sentence.replace("FOLDER", QString::fromStdString(m_folder.string())));
    }

    void aFileInPlaceOfAFolderIsRefused()
    {
        const auto folder = ModelFolder::open(m_folder / "config.json");
        QVERIFY(!folder);
        QCOMPARE(folder.error().code, ErrorCode::InvalidInput);
    }

    void theFingerprintCoversNamesLengthsAndBytes()
    {
        writeText(m_folder / "tokenizer.json", "{\"x\": 1}");
        const auto folder = ModelFolder::open(m_folder);
        QVERIFY_RESULT(folder);
        std::vector<std::uint64_t> seen;
        const auto print = folder->fingerprint(
            [&](const Progress& progress) {
                seen.push_back(progress.done);
                QVERIFY(progress.done <= progress.total);
            },
            {});
        QVERIFY_RESULT(print);

        // The same by hand: name, a zero, the length in eight bytes, the bytes.
        std::string all;
        for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
            const std::string bytes = readText(m_folder / name);
            all += name;
            all += '\0';
            for (int i = 0; i < 8; ++i)
                all += static_cast<char>((bytes.size() >> (8 * i)) & 0xFFU);
            all += bytes;
        }
        const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
        const QString expected = QString("%1%2")
                                     .arg(hash.high64, 16, 16, QChar('0'))
                                     .arg(hash.low64, 16, 16, QChar('0'));
        QCOMPARE(QString::fromStdString(*print), expected);
        QVERIFY(!seen.empty());
        QVERIFY(std::is_sorted(seen.begin(), seen.end()));
    }

    void theFingerprintChangesWithEveryFile_data()
    {
        QTest::addColumn<QString>("file");
        QTest::newRow("config") << "config.json";
        QTest::newRow("tokenizer") << "tokenizer.json";
        QTest::newRow("first shard") << "model-00001-of-00002.safetensors";
        QTest::newRow("second shard") << "model-00002-of-00002.safetensors";
    }
    void theFingerprintChangesWithEveryFile()
    {
        QFETCH(const QString, file);
        writeShards();
        writeText(m_folder / "tokenizer.json", "{}");
        const auto print = [&] {
            const auto folder = ModelFolder::open(m_folder);
            return folder ? folder->fingerprint({}, {}).value_or("") : std::string();
        };
        const std::string before = print();
        QCOMPARE(before.size(), std::size_t{32});
        QCOMPARE(print(), before);
        std::string bytes = readText(m_folder / file.toStdString());
        if (file.endsWith(".json"))
            bytes += ' ';
        else
            bytes.back() = static_cast<char>(bytes.back() ^ 1);
        writeText(m_folder / file.toStdString(), bytes);
        const std::string after = print();
        QCOMPARE(after.size(), std::size_t{32});
        QVERIFY(before != after);
    }

    void fingerprintingStopsWhenCancelled()
    {
        const auto folder = ModelFolder::open(m_folder);
        QVERIFY_RESULT(folder);
        CancelToken cancel;
        const auto print = folder->fingerprint([&](const Progress&) { cancel.cancel(); }, cancel);
        QVERIFY(!print);
        QCOMPARE(print.error().code, ErrorCode::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestModelFolder)
#include "tst_modelfolder.moc"
