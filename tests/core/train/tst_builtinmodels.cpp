// The models that ship: what they say of themselves is so.
#include "engine/engine.h"
#include "eval/evaluation.h"
#include "eval/items.h"
#include "eval/report.h"
#include "format/modelfolder.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"
#include "testrun.h"
#include "train/trainingmodel.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace halftone;
using namespace halftone::test;

namespace {

namespace fs = std::filesystem;

const fs::path shipped = HALFTONE_RESOURCES "/models";

std::vector<fs::path> folders()
{
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(shipped))
        all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
}

/// One row of `ids`, for the model that trains.
TrainBatch rowOf(const std::vector<TokenId>& ids)
{
    TrainBatch batch;
    batch.rows = 1;
    batch.length = std::ssize(ids);
    for (const TokenId id : ids) {
        batch.ids.push_back(id.value);
        batch.positions.push_back(static_cast<std::int32_t>(batch.positions.size()));
        batch.sequences.push_back(0);
    }
    return batch;
}

} // namespace

class BuiltInModelsTest : public QObject
{
    Q_OBJECT

    static void eachFolder()
    {
        QTest::addColumn<QString>("name");
        for (const fs::path& folder : folders())
            QTest::newRow(folder.filename().c_str()) << QString::fromStdString(folder.filename());
    }

    /// The share of 60 fresh questions that a setting answers rightly.
    static double shareRight(const std::string& model, const std::string& data,
                             const std::string& setting)
    {
        const TemporaryFolder folder;
        EvaluationRequest request;
        const auto engine = Engine::load(shipped / model, {.device = "cpu", .threads = 1});
        auto plan = evaluationPlanFromJson(R"({"data": )" + data +
                                           R"(, "batch": 20, "settings": [)" + setting + "]}");
        if (!engine || !plan)
            return -1;
        auto items = itemsOf(*plan);
        if (!items)
            return -1;
        const EvaluationPlan kept = *plan;
        request.engine = *engine;
        request.plan = std::move(*plan);
        request.items = std::move(*items);
        request.library = folder.library();
        const auto id = evaluate(std::move(request));
        if (!id)
            return -1;
        const auto store = EvaluationStore::open(folder.library());
        const auto samples = (*store)->samples(*id);
        return static_cast<double>(std::count_if(samples->begin(), samples->end(),
                                                 [](const StoredSample& sample) {
                                                     return sample.outcome &&
                                                            sample.outcome->correct;
                                                 })) /
               static_cast<double>(samples->size());
    }

private Q_SLOTS:
    void allTogetherAreSmall()
    {
        std::uintmax_t bytes = 0;
        for (const auto& entry : fs::recursive_directory_iterator(shipped))
            bytes += entry.is_regular_file() ? entry.file_size() : 0;
        QVERIFY2(bytes <= 24'000'000, qPrintable(QString::number(bytes)));
        QVERIFY(!folders().empty());
        QCOMPARE(folders().front().filename(), fs::path("reasoner"));
    }

    void theCardSaysHowItWasTrained_data() { eachFolder(); }

    void theCardSaysHowItWasTrained()
    {
        QFETCH(QString, name);
        const std::string card = readText(shipped / name.toStdString() / "README.md");
        for (const char* part : {"## Recipe", "| seed |", "| tokens seen |", "## Accuracy"})
            QVERIFY2(card.find(part) != std::string::npos, part);
    }

    /// The inference model in float32 against the training model's own forward pass in float64.
    void logitsAreThoseOfFloat64_data() { eachFolder(); }

    void logitsAreThoseOfFloat64()
    {
        QFETCH(QString, name);
        const fs::path path = shipped / name.toStdString();
        const auto folder = ModelFolder::open(path);
        QVERIFY_RESULT(folder);
        const auto config = parseModelConfig(folder->configJson(), "config");
        QVERIFY_RESULT(config);
        const auto exact = createTrainingModel(*config, {"cpu", 1, Precision::F64});
        QVERIFY_RESULT(exact);
        for (const ExpectedTensor& tensor : expectedTensors(*config)) {
            const TensorView& stored = *folder->tensor(tensor.name);
            QVERIFY_RESULT((*exact)->write(Part::Weight, tensor.name, stored.type, stored.bytes));
        }
        const auto engine = Engine::load(path, {.device = "cpu", .threads = 1});
        QVERIFY_RESULT(engine);
        const auto ids = (*engine)->encodePrompt(
            "Max is a zond. Every zond is a bern. Is Max a bern or a kax? <think> Max is a zond.");
        QVERIFY_RESULT(ids);
        const auto found = (*engine)->logits(*ids, LogitsOf::All);
        QVERIFY_RESULT(found);
        std::vector<std::int32_t> slots(ids->size());
        std::iota(slots.begin(), slots.end(), 0);
        const auto expected = (*exact)->logits(rowOf(*ids), slots);
        QVERIFY_RESULT(expected);
        QCOMPARE(found->size(), expected->size());
        float worst = 0;
        for (std::size_t i = 0; i < found->size(); ++i)
            worst = std::max(worst, std::fabs((*found)[i] - (*expected)[i]));
        QVERIFY2(worst < 2e-3F, qPrintable(QString::number(worst)));
    }

    void theyReason_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("data");
        QTest::addColumn<QString>("setting");
        QTest::addColumn<double>("least");
        const QString greedy =
            R"({"name": "greedy", "parameters": {"temperature": 0}, "max_steps": 128})";
        const QString soft = R"({"name": "soft", "mode": "soft", "max_steps": 128, "parameters": )"
                             R"({"temperature": 1, "top-k": 0, "top-p": 1, "min-p": 0, )"
                             R"("max-topk": 8, "answer-temperature": 0}})";
        const QString walks = R"({"task": "walks", "seed": 9, "count": 60})";
        QTest::newRow("walks") << "reasoner" << walks << greedy << 0.95;
        QTest::newRow("arithmetic")
            << "reasoner"
            << R"({"task": "arithmetic", "seed": 9, "count": 60})" << greedy << 0.9;
        QTest::newRow("graph") << "reasoner"
                               << R"({"task": "graph", "seed": 9, "forks": false, "count": 60})"
                               << greedy << 0.9;
        QTest::newRow("walks, softly") << "reasoner-soft" << walks << soft << 0.9;
        QTest::newRow("graph, in hidden states")
            << "reasoner-latent"
            << R"({"task": "graph", "seed": 9, "forks": false, "max_difficulty": 3, "count": 60})"
            << R"({"name": "latent", "mode": "latent", "max_steps": 128, )"
               R"("parameters": {"temperature": 0, "latent-steps": 9}})"
            << 0.85;
        QTest::newRow("graph with forks, softly")
            << "reasoner-soft"
            << R"({"task": "graph", "seed": 9, "count": 60})" << soft << 0.75;
    }

    void theyReason()
    {
        QFETCH(QString, model);
        QFETCH(QString, data);
        QFETCH(QString, setting);
        QFETCH(double, least);
        const double share =
            shareRight(model.toStdString(), data.toStdString(), setting.toStdString());
        QVERIFY2(share >= least, qPrintable(QString::number(share)));
    }
};

QTEST_GUILESS_MAIN(BuiltInModelsTest)
#include "tst_builtinmodels.moc"
