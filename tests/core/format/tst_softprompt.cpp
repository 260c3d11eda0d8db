#include "format/softprompt.h"

#include "qverifyresult.h"
#include "safetensorswriter.h"

#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr const char* config = R"({"peft_type": "PROMPT_TUNING", "task_type": "CAUSAL_LM",
    "num_virtual_tokens": 2, "token_dim": 3, "num_transformer_submodules": 1,
    "base_model_name_or_path": "starter", "a_new_field": [1]})";
const std::vector<float> rows{1, 0.5F, -2, 0.25F, 3, -0.125F};

} // namespace

class tst_SoftPrompt : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::filesystem::path folder() const { return m_dir->path().toStdString(); }
    void write(const char* json, const std::vector<std::int64_t>& shape,
               const std::vector<float>& values, Storage storage = Storage::F32) const
    {
        writeText(folder() / "adapter_config.json", json);
        SafetensorsWriter writer;
        writer.add("prompt_embeddings", shape, values, storage);
        writer.write(folder() / "adapter_model.safetensors");
    }

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void readsTheRows_data()
    {
        QTest::addColumn<int>("storage");
        QTest::newRow("f32") << static_cast<int>(Storage::F32);
        QTest::newRow("f16") << static_cast<int>(Storage::F16);
        QTest::newRow("bf16") << static_cast<int>(Storage::BF16);
    }
    void readsTheRows()
    {
        QFETCH(int, storage);
        write(config, {2, 3}, rows, static_cast<Storage>(storage));
        const auto prompt = readSoftPrompt(folder());
        QVERIFY_RESULT(prompt);
        QCOMPARE(prompt->rows, 2);
        QCOMPARE(prompt->width, 3);
        QCOMPARE(prompt->baseModel, std::string("starter"));
        QCOMPARE(prompt->values, rows); // all are exact in 16 bits
        QCOMPARE(prompt->fingerprint.size(), std::size_t{32});
    }

    void halvesAreWidenedWhateverTheyAre()
    {
        const std::vector<float> odd{6.0e-8F, -65504, 0, 1.0F / 3, -6.2e-5F, 0.1F};
        write(config, {2, 3}, odd, Storage::F16);
        const auto prompt = readSoftPrompt(folder());
        QVERIFY_RESULT(prompt);
        for (std::size_t i = 0; i < odd.size(); ++i)
            QCOMPARE(prompt->values[i], rounded(odd[i], Storage::F16));
    }

    void saysWhatIsWrong_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("another adapter")
            << QByteArray(R"({"peft_type": "LORA"})") << QByteArray("has the peft_type \"LORA\"");
        QTest::newRow("prefix tuning") << QByteArray(R"({"peft_type": "PREFIX_TUNING"})")
                                       << QByteArray("only \"PROMPT_TUNING\" gives rows");
        QTest::newRow("no rows") << QByteArray(R"({"peft_type": "PROMPT_TUNING"})")
                                 << QByteArray("needs num_virtual_tokens");
        QTest::newRow("other rows")
            << QByteArray(R"({"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 5})")
            << QByteArray("has prompt_embeddings [2, 3] F32; the config declares 5 rows");
        QTest::newRow("encoder and decoder")
            << QByteArray(R"({"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 2,
                              "num_transformer_submodules": 2})")
            << QByteArray("has num_transformer_submodules 2");
        QTest::newRow("no JSON") << QByteArray("{") << QByteArray("is not valid JSON");
    }
    void saysWhatIsWrong()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, part);
        write(json.constData(), {2, 3}, rows);
        const auto prompt = readSoftPrompt(folder());
        QVERIFY(!prompt);
        QCOMPARE(prompt.error().code, ErrorCode::InvalidInput);
        QVERIFY2(prompt.error().message.find(part.toStdString()) != std::string::npos,
                 prompt.error().message.c_str());
    }

    void aValueThatIsNotANumberIsRefusedByItsRow()
    {
        std::vector<float> values = rows;
        values[4] = std::numeric_limits<float>::quiet_NaN();
        write(config, {2, 3}, values);
        const auto prompt = readSoftPrompt(folder());
        QVERIFY(!prompt);
        QVERIFY(prompt.error().message.find("in row 1 of prompt_embeddings") != std::string::npos);
    }

    void aPickleIsNeverRead()
    {
        writeText(folder() / "adapter_config.json", config);
        writeText(folder() / "adapter_model.bin", "anything");
        const auto prompt = readSoftPrompt(folder());
        QVERIFY(!prompt);
        QVERIFY(prompt.error().message.find("is a pickle") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(tst_SoftPrompt)
#include "tst_softprompt.moc"
