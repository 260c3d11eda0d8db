// Whole trainings, small ones.
#include "engine/engine.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"
#include "smalldisk.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

#include <QTemporaryDir>
#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

namespace fs = std::filesystem;

/// Walks of one fork, which a model of some thousand weights learns by heart.
const std::string items = R"(
{"prompt": "a b . a c . from a <think>", "chain": "b", "answer": "b", "accepted": ["c"], "frontier": [["a"], ["b", "c"]]}
{"prompt": "b a . from b <think>", "chain": "a", "answer": "a", "frontier": [["b"], ["a"]]}
)";

} // namespace

class TestTrainer : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    fs::path m_root;

    [[nodiscard]] TrainRecipe recipe(const std::string& more = {}) const
    {
        const bool scratch = more.find("from") == std::string::npos;
        const std::string model = scratch ? R"("model": {"hidden": 16, "layers": 2, "heads": 2,
                                               "intermediate": 32, "context": 64}, )"
                                          : "";
        const std::string rest = R"("data": [{"file": "items.jsonl"}], "steps": 20,
            "batch_tokens": 128, "row_tokens": 32, "device": "cpu", "threads": 1,
            "optimizer": {"rate": 0.01, "warmup_steps": 2})";
        const auto parsed = parseRecipe("{" + model + rest + more + "}", "r.json", m_root);
        return parsed ? *parsed : TrainRecipe{};
    }

    Result<TrainProgress> trained(const TrainRecipe& what, const std::string& folder,
                                  bool resume = false, std::int64_t stopAfter = 0) const
    {
        CancelToken cancel;
        return train(
            what, m_root / folder, resume,
            [&](const TrainProgress& progress) {
                if (progress.step == stopAfter)
                    cancel.cancel();
            },
            cancel);
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_root = m_dir->path().toStdString();
        writeText(m_root / "items.jsonl", items);
    }

    void aResumedTrainingIsTheUninterruptedOneToTheBit_data()
    {
        QTest::addColumn<QString>("stage");
        QTest::newRow("chain") << R"(, "stage": "chain")";
        QTest::newRow("frontier mixtures with noise") << R"(, "stage": "soft")";
        QTest::newRow("own mixtures")
            << R"(, "stage": "soft", "soft": {"own_share": 1, "noise": "gaussian"})";
        QTest::newRow("hidden states")
            << R"(, "stage": "latent", "from": "chain", "latent": {"stage_steps": 7})";
        QTest::newRow("bf16 products") << R"(, "stage": "chain", "precision": "bf16")";
    }

    void aResumedTrainingIsTheUninterruptedOneToTheBit()
    {
        QFETCH(QString, stage);
        QVERIFY_RESULT(trained(recipe(), "chain"));
        TrainRecipe what = recipe(stage.toStdString());
        QVERIFY_RESULT(trained(what, "whole"));
        what.threads = 3;
        const auto half = trained(what, "halves", false, 10);
        QVERIFY(!half);
        QVERIFY(half.error().code == ErrorCode::Cancelled);
        QCOMPARE(half.error().message,
                 std::string("Stopped after step 10 of 20; --resume goes on from there."));
        QVERIFY(!fs::exists(m_root / "halves" / "model.safetensors"));
        what.threads = 2;
        QVERIFY_RESULT(trained(what, "halves", true));
        for (const char* file :
             {"model.safetensors", "config.json", "tokenizer.json", "training.csv"})
            QVERIFY2(readText(m_root / "whole" / file) == readText(m_root / "halves" / file), file);
    }

    void whatWasTrainedIsAnOrdinaryModel_data()
    {
        QTest::addColumn<QString>("storage");
        for (const char* storage : {"f32", "bf16", "f16"})
            QTest::newRow(storage) << storage;
    }

    void whatWasTrainedIsAnOrdinaryModel()
    {
        QFETCH(QString, storage);
        TrainRecipe what = recipe(", \"storage\": \"" + storage.toStdString() + "\"");
        what.steps = 120;
        const auto done = trained(what, "out");
        QVERIFY_RESULT(done);
        const auto engine = Engine::load(m_root / "out", {.device = "cpu", .threads = 1});
        QVERIFY_RESULT(engine);
        const auto ids = (*engine)->encodePrompt("b a . from b <think>");
        QVERIFY_RESULT(ids);
        const auto logits = (*engine)->logits(*ids, LogitsOf::Last);
        QVERIFY_RESULT(logits);
        const auto best = std::max_element(logits->begin(), logits->end()) - logits->begin();
        QCOMPARE((*engine)->tokens()->piece(TokenId(static_cast<std::int32_t>(best))),
                 std::string("a"));
        QVERIFY((*engine)->markers().thinkEnd.has_value());
        QCOMPARE((*engine)->markers().endTokens.size(), std::size_t{1});
        const std::string card = readText(m_root / "out" / "README.md");
        QVERIFY(card.find("| tokens seen | " + std::to_string(done->tokens)) != std::string::npos);
        QVERIFY(card.find("\"batch_tokens\": 128") != std::string::npos);
    }

    void latentTrainingGoesOnFromAModel()
    {
        QVERIFY_RESULT(trained(recipe(), "chain"));
        const auto done = trained(
            recipe(R"(, "stage": "latent", "from": "chain", "latent": {"stages": 2})"), "latent");
        QVERIFY_RESULT(done);
        QVERIFY_RESULT(Engine::load(m_root / "latent", {.device = "cpu", .threads = 1}));
    }

    void aFolderInUseIsNotOverwritten()
    {
        QVERIFY(!trained(recipe(), "out", false, 5));
        const auto again = trained(recipe(), "out");
        QVERIFY(!again);
        QVERIFY(again.error().message.find("go on with --resume") != std::string::npos);
        QVERIFY(trained(recipe(), "none", true).error().code == ErrorCode::NotFound);
    }

    void anotherRecipeDoesNotResume()
    {
        QVERIFY(!trained(recipe(), "out", false, 5));
        const auto other = trained(recipe(R"(, "seed": 2)"), "out", true);
        QVERIFY(!other);
        QVERIFY(other.error().message.find("belongs to another recipe") != std::string::npos);
    }

    void otherWordsDoNotResume()
    {
        QVERIFY(!trained(recipe(), "out", false, 5));
        writeText(m_root / "items.jsonl", R"({"prompt": "x y z w v u t s", "answer": "r"})");
        const auto other = trained(recipe(), "out", true);
        QVERIFY(!other);
        QVERIFY2(other.error().message.find("its words have changed") != std::string::npos,
                 other.error().message.c_str());
    }

    void aDamagedCheckpointIsRefused()
    {
        QVERIFY(!trained(recipe(), "out", false, 5));
        const std::string whole = readText(m_root / "out" / checkpointName);
        writeText(m_root / "out" / checkpointName, whole.substr(0, whole.size() / 2));
        const auto resumed = trained(recipe(), "out", true);
        QVERIFY(!resumed);
        QVERIFY(resumed.error().code == ErrorCode::InvalidInput);
    }

    void aFullDiskLosesNothing()
    {
        QVERIFY(!trained(recipe(), "out", false, 5));
        {
            const SmallDisk disk(10000);
            const auto full = trained(recipe(), "out", true);
            QVERIFY(!full);
            QVERIFY2(full.error().message.find("could not be written") != std::string::npos,
                     full.error().message.c_str());
        }
        for (const auto& entry : fs::directory_iterator(m_root / "out"))
            QCOMPARE(entry.path().filename().string(), std::string(checkpointName));
        QVERIFY_RESULT(trained(recipe(), "out", true));
        QVERIFY_RESULT(trained(recipe(), "whole"));
        QVERIFY(readText(m_root / "out" / "model.safetensors") ==
                readText(m_root / "whole" / "model.safetensors"));
    }

    void aRowBeyondTheContextIsRefused()
    {
        const auto done = trained(recipe(R"(, "row_tokens": 65, "batch_tokens": 65)"), "out");
        QVERIFY(!done);
    }
};

QTEST_GUILESS_MAIN(TestTrainer)
#include "tst_trainer.moc"
