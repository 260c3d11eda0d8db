// A recipe says what it is, or what is wrong with it.
#include "qverifyresult.h"
#include "train/recipe.h"

#include <QDir>
#include <QTest>

using namespace halftone;

namespace {

Result<TrainRecipe> parsed(const QString& json)
{
    return parseRecipe(json.toStdString(), "r.json", "/recipes");
}

QString with(const QString& more)
{
    return QString(R"({"data": [{"task": "walks"}]%1})").arg(more.isEmpty() ? "" : ", " + more);
}

} // namespace

class TestRecipe : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatIsNotSaidHasADefault()
    {
        const auto recipe = parsed(with(R"("model": {"heads": 8}, "optimizer": {"rate": 0.01})"));
        QVERIFY_RESULT(recipe);
        QCOMPARE(recipe->model.kvHeads, 8);
        QCOMPARE(recipe->optimizer.finalRate, 0.001);
        QVERIFY(recipe->stage == TrainStage::Chain);
        QCOMPARE(recipe->data.size(), std::size_t{1});
    }

    void filesAreRelativeToTheRecipe()
    {
        const auto recipe = parsed(R"({"data": [{"file": "a.jsonl", "weight": 2}],
                                       "from": "../models/starter", "stage": "soft"})");
        QVERIFY_RESULT(recipe);
        QCOMPARE(recipe->data[0].file.string(), std::string("/recipes/a.jsonl"));
        QCOMPARE(recipe->from.string(), std::string("/recipes/../models/starter"));
    }

    void whatIsWrongIsNamedWithItsRange_data()
    {
        QTest::addColumn<QString>("more");
        QTest::addColumn<QString>("message");
        QTest::newRow("too small") << R"("model": {"layers": 0})"
                                   << "r.json, model: 'layers' should be a whole number from 1 to "
                                      "128, and is 0.";
        QTest::newRow("no number") << R"("steps": "many")"
                                   << "r.json: 'steps' should be a whole number from 1 to "
                                      "100000000, and is \"many\".";
        QTest::newRow("a fraction")
            << R"("seed": 1.5)"
            << "r.json: 'seed' should be a whole number from 0 to 9223372036854775807, and is 1.5.";
        QTest::newRow("beyond the range")
            << R"("optimizer": {"beta2": 1})"
            << "r.json, optimizer: 'beta2' should be a number from 0 to 0.999999, and is 1.";
        QTest::newRow("no such key") << R"("latent": {"c_thought": 2})"
                                     << "r.json, latent: there is no 'c_thought'; ";
        QTest::newRow("no such choice")
            << R"("stage": "tune")"
            << "r.json: 'stage' should be one of chain, soft, latent, and is \"tune\".";
        QTest::newRow("no object") << R"("soft": 3)"
                                   << "r.json, soft: should be an object, and is 3.";
        QTest::newRow("heads that do not divide")
            << R"("model": {"hidden": 12, "heads": 4})"
            << "r.json, model: 'hidden' should be an even multiple of 'heads', and they are 12 "
               "and 4.";
        QTest::newRow("a row beyond the batch")
            << R"("batch_tokens": 64, "row_tokens": 65)"
            << "r.json: 'batch_tokens' should be at least 'row_tokens', and they are 64 and 65.";
        QTest::newRow("latent from nothing") << R"("stage": "latent")"
                                             << "r.json: the stage 'latent' goes on from a model";
        QTest::newRow("two models") << R"("from": "a", "model": {})"
                                    << "r.json: with 'from' the model and its tokenizer are";
    }

    void whatIsWrongIsNamedWithItsRange()
    {
        QFETCH(QString, more);
        QFETCH(QString, message);
        const auto recipe = parsed(with(more));
        QVERIFY(!recipe);
        QVERIFY(recipe.error().code == ErrorCode::InvalidInput);
        QVERIFY2(QString::fromStdString(recipe.error().message).startsWith(message),
                 recipe.error().message.c_str());
    }

    void dataMustBeThere()
    {
        for (const char* json :
             {"{}", R"({"data": []})", R"({"data": [{"weight": 1}]})",
              R"({"data": [{"task": "a", "file": "b"}]})", R"({"data": 1})", "[]", "{", ""})
            QVERIFY2(!parsed(json), json);
    }

    void theSpeedOfTheMachineIsNoPartOfTheIdentity()
    {
        const auto one = parsed(with(R"("threads": 1, "name": "a")"));
        const auto two = parsed(with(R"("threads": 2, "name": "b")"));
        const auto other = parsed(with(R"("seed": 2)"));
        QCOMPARE(one->identity, two->identity);
        QVERIFY(one->identity != other->identity);
    }

    void theRateRisesThenFallsAsACosine()
    {
        const OptimizerSettings settings{.rate = 1, .finalRate = 0.5, .warmupSteps = 4};
        QCOMPARE(rateAt(settings, 1, 12), 0.25);
        QCOMPARE(rateAt(settings, 4, 12), 1.0);
        QCOMPARE(rateAt(settings, 8, 12), 0.75); // half way down
        QCOMPARE(rateAt(settings, 12, 12), 0.5);
    }

    void thoseThatComeAlongCanBeRun_data()
    {
        QTest::addColumn<QString>("file");
        for (const QString& name : folder().entryList(QDir::Files))
            QTest::newRow(qPrintable(name)) << folder().filePath(name);
    }
    void thoseThatComeAlongCanBeRun()
    {
        QFETCH(QString, file);
        const auto recipe = readRecipe(file.toStdString());
        QVERIFY_RESULT(recipe);
        QCOMPARE(recipe->name, QFileInfo(file).completeBaseName().toStdString());
        // It goes on from a model that is there, or that another of them makes.
        if (!recipe->from.empty())
            QVERIFY(std::filesystem::exists(recipe->from / "config.json") ||
                    folder().exists(QString::fromStdString(recipe->from.filename().string() +
                                                           ".json")));
    }

private:
    static QDir folder() { return QDir(QStringLiteral(HALFTONE_RESOURCES "/recipes")); }
};

QTEST_GUILESS_MAIN(TestRecipe)
#include "tst_recipe.moc"
