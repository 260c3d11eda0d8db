// The models that ship: small, and computed as float64 says.
#include "engine/engine.h"
#include "format/modelfolder.h"
#include "qverifyresult.h"
#include "train/trainingmodel.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace halftone;

namespace {

namespace fs = std::filesystem;

const fs::path shipped = HALFTONE_SHIPPED_MODELS;

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

private Q_SLOTS:
    void allTogetherAreSmall()
    {
        std::uintmax_t bytes = 0;
        for (const auto& entry : fs::recursive_directory_iterator(shipped))
            bytes += entry.is_regular_file() ? entry.file_size() : 0;
        QVERIFY2(bytes <= 24'000'000, qPrintable(QString::number(bytes)));
        QVERIFY(!folders().empty());
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
};

QTEST_GUILESS_MAIN(BuiltInModelsTest)
#include "tst_builtinmodels.moc"
