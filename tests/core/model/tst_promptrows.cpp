// A prompt's rows, which may be computed faster and less precisely than decoded ones: the same bits
// however the prompt is cut, and how far from the precise ones they are.
#include "loadedmodel.h"
#include "nexttoken.h"
#include "qverifyresult.h"
#include "shareddata.h"
#include "tinymodel.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace halftone;
using namespace halftone::test;

namespace {

/// Logits after the last of `ids`, read as a prompt in parts of `part`.
Result<std::vector<float>> prompted(const LanguageModel& model, const std::vector<int>& ids,
                                    std::size_t part)
{
    const auto width = static_cast<std::size_t>(model.identity().embeddingSize);
    std::vector<float> x(ids.size() * width);
    std::vector<float> logits(static_cast<std::size_t>(model.identity().vocabularySize));
    const auto cache = model.createCache();
    if (!cache)
        return Unexpected(cache.error());
    if (auto done = model.embedTokens(tokenIds(ids), x); !done)
        return Unexpected(done.error());
    for (std::size_t begin = 0; begin < ids.size(); begin += part) {
        const std::size_t rows = std::min(part, ids.size() - begin);
        if (auto done = model.readPrompt(std::span(x).subspan(begin * width, rows * width), **cache,
                                         logits);
            !done)
            return Unexpected(done.error());
    }
    return logits;
}

Result<std::vector<float>> decoded(const LanguageModel& model, const std::vector<int>& ids)
{
    const auto cache = model.createCache();
    if (!cache)
        return Unexpected(cache.error());
    return feed(model, **cache, ids, LogitsOf::Last);
}

} // namespace

class TestPromptRows : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path folder() const { return m_dir.path().toStdString(); }

private Q_SLOTS:
    void aPromptHasTheSameBitsHoweverItIsCut_data()
    {
        QTest::addColumn<QString>("type");
        for (const char* type : {"f32", "bf16", "q8_0"})
            QTest::newRow(type) << type;
    }

    void aPromptHasTheSameBitsHoweverItIsCut()
    {
        QFETCH(QString, type);
        writeTinyModel(folder(), blockConfig);
        const auto model =
            loadModel(folder(), {.device = "cpu", .threads = 1, .type = type.toStdString()});
        const auto threaded =
            loadModel(folder(), {.device = "cpu", .threads = 3, .type = type.toStdString()});
        QVERIFY_RESULT(model);
        QVERIFY_RESULT(threaded);
        const std::vector<int> ids = scatteredIds(300);
        const auto atOnce = prompted(**model, ids, ids.size());
        QVERIFY_RESULT(atOnce);
        for (const std::size_t part : {std::size_t{1}, std::size_t{7}, std::size_t{128}}) {
            QCOMPARE(prompted(**model, ids, part).value(), *atOnce);
            QCOMPARE(prompted(**threaded, ids, part).value(), *atOnce);
        }
    }

    void onlyBfloat16WeightsReadAPromptLessPrecisely_data()
    {
        QTest::addColumn<QString>("type");
        for (const char* type : {"f32", "f16", "q8_0", "q4_0"})
            QTest::newRow(type) << type;
    }

    void onlyBfloat16WeightsReadAPromptLessPrecisely()
    {
        QFETCH(QString, type);
        writeTinyModel(folder(), blockConfig);
        const auto model =
            loadModel(folder(), {.device = "cpu", .threads = 1, .type = type.toStdString()});
        QVERIFY_RESULT(model);
        const std::vector<int> ids = scatteredIds(40);
        QCOMPARE(prompted(**model, ids, ids.size()).value(), decoded(**model, ids).value());
    }

    void aPromptOfBfloat16WeightsIsCloseToADecodedOne_data()
    {
        QTest::addColumn<QString>("model");
        QTest::newRow("starter") << "models/starter";
        QTest::newRow("stories260k") << "models/stories260k";
    }

    void aPromptOfBfloat16WeightsIsCloseToADecodedOne()
    {
        QFETCH(QString, model);
        const std::filesystem::path models = SHARED_DATA("models/stories260k");
        const auto loaded = loadModel(models.parent_path().parent_path() / model.toStdString(),
                                      {.device = "cpu", .threads = 1, .type = "bf16"});
        QVERIFY_RESULT(loaded);
        double sum = 0;
        double largest = 0;
        constexpr int prompts = 60;
        for (int length = 1; length <= prompts; ++length) {
            const auto ids = scatteredIds(length, (*loaded)->identity().vocabularySize);
            const double kl = divergence(decoded(**loaded, ids).value(),
                                         prompted(**loaded, ids, ids.size()).value());
            sum += kl;
            largest = std::max(largest, kl);
        }
        qInfo("KL of the next token after a prompt: mean %.1e nats, largest %.1e", sum / prompts,
              largest);
        QVERIFY(largest < 1e-3);
    }
};

QTEST_APPLESS_MAIN(TestPromptRows)
#include "tst_promptrows.moc"
