// Rows of a tuned prompt before the prompt's own.
#include "engine/softprompttext.h"
#include "safetensorswriter.h"
#include "sessiontools.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

/// Two rows of the fake model's embedding table, which is the identity: tokens 4 and 7.
void writePrompt(const QTemporaryDir& folder, int width = 12)
{
    const std::filesystem::path path = folder.path().toStdString();
    writeText(path / "adapter_config.json",
              R"({"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 2})");
    std::vector<float> rows(static_cast<std::size_t>(2 * width));
    rows[4] = 1;
    rows[static_cast<std::size_t>(width) + 7] = 1;
    SafetensorsWriter writer;
    writer.add("prompt_embeddings", {2, width}, rows);
    writer.write(path / "adapter_model.safetensors");
}

RunSettings prompted(const QTemporaryDir& folder)
{
    RunSettings settings = settingsOf("discrete", {{"temperature", 1.5}});
    settings.softPrompt = folder.path().toStdString();
    settings.maxSteps = 20;
    settings.ignoreEnd = true;
    return settings;
}

} // namespace

class tst_SessionSoftPrompt : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void itsRowsComeBeforeThePrompt()
    {
        const QTemporaryDir folder;
        writePrompt(folder);
        const auto with = sessionOf(engineOf(randomModel(12, 9)), prompted(folder), {a, b});
        QVERIFY_RESULT(run(*with));
        QCOMPARE(with->steps()[0].position, Position{4});
        QCOMPARE(with->steps()[0].cache.rows, 4);
        QCOMPARE(with->timings().promptTokens, 4);
        // Rows of the table are what their tokens are: the same run as with those ids before.
        RunSettings plain = prompted(folder);
        plain.softPrompt.clear();
        const auto ids = sessionOf(engineOf(randomModel(12, 9)), plain,
                                   {TokenId{4}, TokenId{7}, a, b});
        QVERIFY_RESULT(run(*ids));
        QCOMPARE_STEPS(with->steps(), ids->steps());
    }

    void isDescribedByItsNearestTokens()
    {
        const QTemporaryDir folder;
        writePrompt(folder);
        const auto session = sessionOf(engineOf(randomModel(12, 9)), prompted(folder), {a});
        const std::string info = session->describe().softPrompt;
        QVERIFY(info.find(R"("rows":2,"nearest":[[{"id":4,"cosine":1.0})") != std::string::npos);
        QVERIFY(info.find(R"([{"id":7,"cosine":1.0})") != std::string::npos);
        const auto rows = softPromptOf(session->describe());
        QVERIFY_RESULT(rows);
        QCOMPARE((*rows)->nearest.size(), 2U);
        QCOMPARE((*rows)->nearest[1].front(), (NearestToken{TokenId{7}, 1.0F}));
        QVERIFY(!softPromptOf(RunInfo{})->has_value());
        for (const char* damaged : {"{", "[]", R"({"path": 1})", R"({"path": "a", "fingerprint": "b",
                                    "nearest": [[{"id": "x"}]]})"}) {
            RunInfo broken;
            broken.softPrompt = damaged;
            QVERIFY2(!softPromptOf(broken), damaged);
        }
    }

    void forksShareItEvenWhenTheFolderIsGone()
    {
        const auto folder = std::make_unique<QTemporaryDir>();
        writePrompt(*folder);
        const auto whole = sessionOf(engineOf(randomModel(12, 9)), prompted(*folder), {a});
        QVERIFY_RESULT(run(*whole));
        QVERIFY(QDir(folder->path()).removeRecursively());
        for (std::int64_t step = 0; step < 20; ++step) {
            const auto fork = whole->fork(StepIndex{step});
            QVERIFY_RESULT(fork);
            QVERIFY_RESULT(run(**fork));
            QCOMPARE_STEPS((*fork)->steps(), whole->steps());
        }
        RunSettings other = whole->settings();
        other.softPrompt = "elsewhere";
        QVERIFY(!whole->fork(StepIndex{3}, other));
    }

    void rowsOfAnotherWidthAreRefused()
    {
        const QTemporaryDir folder;
        writePrompt(folder, 8);
        const auto session = engineOf(randomModel(12, 9))->createSession(prompted(folder));
        QVERIFY(!session);
        QVERIFY(session.error().message.find(
                    "has rows of 8 values, and the embeddings of fake have 12") !=
                std::string::npos);
    }

    void aPromptThatLeavesNoRoomIsRefused()
    {
        const QTemporaryDir folder;
        writePrompt(folder);
        FakeLanguageModel::Rows rows(12, std::vector<float>(12));
        auto session = engineOf(std::make_unique<FakeLanguageModel>(rows, 4))
                           ->createSession(prompted(folder));
        QVERIFY_RESULT(session);
        QVERIFY(!(*session)->prefill(std::vector{a, b, c})); // 2 + 3 rows in a context of 4
    }
};

QTEST_GUILESS_MAIN(tst_SessionSoftPrompt)
#include "tst_sessionsoftprompt.moc"
