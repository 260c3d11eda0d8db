// The model that learns against things that were not written with it: the inference model, finite
// differences in float64, AdamW as a plain loop.
#include "loadedmodel.h"
#include "qverifyresult.h"
#include "tinymodel.h"
#include "train/trainingmodel.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <cstring>
#include <numeric>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr int vocabulary = 13;

std::string config(bool tied)
{
    return std::string(R"({"model_type": "llama", "vocab_size": 13, "hidden_size": 16,)"
                       R"( "num_hidden_layers": 2, "num_attention_heads": 4,)"
                       R"( "num_key_value_heads": 2, "intermediate_size": 20,)"
                       R"( "max_position_embeddings": 64, "tie_word_embeddings": )") +
           (tied ? "true}" : "false}");
}

/// One row of sequences behind one another.
TrainBatch row(const std::vector<std::vector<int>>& sequences, std::int64_t length)
{
    TrainBatch batch;
    batch.rows = 1;
    batch.length = length;
    int number = 0;
    for (const std::vector<int>& ids : sequences) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            batch.ids.push_back(ids[i]);
            batch.positions.push_back(static_cast<std::int32_t>(i));
            batch.sequences.push_back(number);
        }
        ++number;
    }
    batch.ids.resize(static_cast<std::size_t>(length), 0);
    batch.positions.resize(static_cast<std::size_t>(length), 0);
    batch.sequences.resize(static_cast<std::size_t>(length), -1);
    return batch;
}

std::vector<double> values(TrainingModel& model, Part part, const std::string& name)
{
    const auto bytes = model.read(part, name, "F64");
    std::vector<double> numbers(bytes->size() / sizeof(double));
    std::memcpy(numbers.data(), bytes->data(), bytes->size());
    return numbers;
}

/// softmax of one row of logits, in float64.
std::vector<double> probabilities(const std::vector<float>& logits, std::size_t row)
{
    std::vector<double> p(logits.begin() + static_cast<std::ptrdiff_t>(row * vocabulary),
                          logits.begin() + static_cast<std::ptrdiff_t>((row + 1) * vocabulary));
    double sum = 0;
    for (double& one : p)
        sum += one = std::exp(one);
    for (double& one : p)
        one /= sum;
    return p;
}

void setValues(TrainingModel& model, const std::string& name, const std::vector<double>& numbers)
{
    QVERIFY_RESULT(
        model.write(Part::Weight, name, "F64", std::as_bytes(std::span<const double>(numbers))));
}

/// Some of a tensor's gradient, which accumulate() left, with central differences of the loss.
void compareGradient(TrainingModel& model, const TrainBatch& batch, const std::string& tensor)
{
    constexpr double step = 1e-5;
    const std::vector<double> gradient = values(model, Part::Gradient, tensor);
    const std::vector<double> weights = values(model, Part::Weight, tensor);
    const auto lossWith = [&](std::size_t i, double weight) {
        std::vector<double> moved = weights;
        moved[i] = weight;
        setValues(model, tensor, moved);
        return model.loss(batch)->loss;
    };
    for (std::size_t i = 0; i < weights.size(); i += 1 + weights.size() / 7) {
        const double above = lossWith(i, weights[i] + step);
        const double below = lossWith(i, weights[i] - step);
        const double expected = (above - below) / (2 * step);
        QVERIFY2(std::fabs(gradient[i] - expected) < 1e-7 + 1e-5 * std::fabs(expected),
                 qPrintable(QString("%1[%2]: %3 and %4")
                                .arg(QString::fromStdString(tensor))
                                .arg(i)
                                .arg(gradient[i])
                                .arg(expected)));
    }
    setValues(model, tensor, weights);
}

} // namespace

class TestTrainingModel : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

    std::filesystem::path folder() const { return m_dir->path().toStdString(); }

    /// A model with the weights of a random folder.
    std::unique_ptr<TrainingModel> make(Precision precision, bool tied = true, int threads = 1)
    {
        const std::string json = config(tied);
        const Weights weights = writeTinyModel(folder(), json);
        auto model = createTrainingModel(*parseModelConfig(json, "c"), {"cpu", threads, precision});
        if (!model)
            return nullptr;
        for (const auto& [name, numbers] : weights)
            if (!(*model)->write(Part::Weight, name, "F32",
                                 std::as_bytes(std::span<const float>(numbers))))
                return nullptr;
        return std::move(*model);
    }

    /// Everything at once: two sequences, a noisy mixture, two latent places, soft targets.
    static TrainBatch richBatch()
    {
        TrainBatch batch = row({{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11}}, 12);
        batch.mixtures = {{2, 3, 0.25F}, {2, 9, 0.75F}, {7, 1, 0.5F}, {7, 2, 0.5F}};
        batch.noises = {{2, 0.1F, {3, 1, 4}}};
        batch.latents = {{8, 1}, {9, 2}};
        batch.targets = {{2, 4, 0.5F}, {2, 5, 0.5F}, {4, 6, 1}, {9, 11, 1}, {10, 2, 1}};
        return batch;
    }

    /// richBatch() `rows` times over, one row below the other.
    static TrainBatch richRows(int rows)
    {
        const TrainBatch one = richBatch();
        TrainBatch batch;
        batch.rows = rows;
        batch.length = one.length;
        const auto add = [](auto& all, const auto& some, int by) {
            for (auto each : some) {
                each.slot += by;
                all.push_back(each);
            }
        };
        for (int row = 0; row < rows; ++row) {
            const int first = row * static_cast<int>(one.length);
            batch.ids.insert(batch.ids.end(), one.ids.begin(), one.ids.end());
            batch.positions.insert(batch.positions.end(), one.positions.begin(),
                                   one.positions.end());
            batch.sequences.insert(batch.sequences.end(), one.sequences.begin(),
                                   one.sequences.end());
            batch.ids[static_cast<std::size_t>(first)] = 1 + row; // no two rows alike
            add(batch.mixtures, one.mixtures, first);
            add(batch.noises, one.noises, first);
            add(batch.latents, one.latents, first);
            // Rows want unlike numbers of things; the second wants nothing.
            for (int slot = 0; slot < row - 1; ++slot)
                batch.targets.push_back({first + slot, 3, 1});
            if (row != 1)
                batch.targets.push_back({first + 9, 11, 1});
        }
        return batch;
    }

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void logitsAreTheInferenceModels_data()
    {
        QTest::addColumn<bool>("tied");
        QTest::newRow("tied") << true;
        QTest::newRow("a head of its own") << false;
    }

    void logitsAreTheInferenceModels()
    {
        QFETCH(bool, tied);
        const auto model = make(Precision::F32, tied);
        QVERIFY(model);
        const std::vector<std::vector<int>> sequences{{1, 5, 2, 8, 3}, {4, 4, 9, 12}};
        const TrainBatch batch = row(sequences, 11);
        std::vector<std::int32_t> slots(9);
        std::iota(slots.begin(), slots.end(), 0);
        const auto found = model->logits(batch, slots);
        QVERIFY_RESULT(found);

        const auto inference = loadModel(folder());
        QVERIFY_RESULT(inference);
        std::vector<float> expected;
        for (const std::vector<int>& ids : sequences) {
            const auto logits = feedInParts(**inference, ids, {ids.size()});
            QVERIFY_RESULT(logits);
            expected.insert(expected.end(), logits->begin(), logits->end());
        }
        QCOMPARE(found->size(), expected.size());
        const auto [least, most] = std::minmax_element(expected.begin(), expected.end());
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY(std::fabs((*found)[i] - expected[i]) < 1e-5F * (*most - *least));
    }

    /// A latent place is fed the last norm's output before it, as the mode 'latent' feeds it.
    void latentPlacesAreFedTheStateBeforeThem()
    {
        const auto model = make(Precision::F32);
        TrainBatch batch = row({{1, 5, 0, 0, 3}}, 5);
        batch.latents = {{2, 1}, {3, 2}};
        const auto found = model->logits(batch, std::vector<std::int32_t>{4});
        QVERIFY_RESULT(found);

        const auto inference = loadModel(folder());
        const auto cache = (*inference)->createCache();
        std::vector<float> logits(vocabulary);
        std::vector<float> hidden(16);
        std::vector<float> x(2 * 16);
        QVERIFY_RESULT((*inference)->embedTokens(tokenIds({1, 5}), x));
        QVERIFY_RESULT((*inference)->forward(x, **cache, LogitsOf::Last, logits, hidden));
        for (int round = 0; round < 2; ++round) {
            x = hidden;
            QVERIFY_RESULT((*inference)->forward(x, **cache, LogitsOf::Last, logits, hidden));
        }
        QVERIFY_RESULT((*inference)->embedTokens(tokenIds({3}), x));
        QVERIFY_RESULT((*inference)->forward(x, **cache, LogitsOf::Last, logits, hidden));
        for (std::size_t i = 0; i < logits.size(); ++i)
            QVERIFY(std::fabs((*found)[i] - logits[i]) < 1e-4F);
    }

    void theLossIsTheMeanCrossEntropy()
    {
        const auto model = make(Precision::F64);
        const TrainBatch batch = richBatch();
        const std::vector<std::int32_t> slots{2, 4, 9, 10};
        const auto logits = model->logits(batch, slots);
        QVERIFY_RESULT(logits);
        const auto at = [&](std::size_t row, std::size_t token) {
            const std::vector<double> p = probabilities(*logits, row);
            return std::log(p[token]);
        };
        const double expected =
            -(0.5 * at(0, 4) + 0.5 * at(0, 5) + at(1, 6) + at(2, 11) + at(3, 2)) / 4;
        const auto loss = model->loss(batch);
        QVERIFY_RESULT(loss);
        QVERIFY(std::fabs(loss->loss - expected) < 1e-5);
        QCOMPARE(loss->slots, 4);
    }

    void gradientsAreTheFiniteDifferences_data()
    {
        QTest::addColumn<bool>("tied");
        QTest::newRow("tied") << true;
        QTest::newRow("a head of its own") << false;
    }

    void gradientsAreTheFiniteDifferences()
    {
        QFETCH(bool, tied);
        const auto model = make(Precision::F64, tied);
        TrainBatch batch = richBatch();
        // The noise follows the table's mean length, through which no gradient is meant to flow.
        batch.noises.clear();
        QVERIFY_RESULT(model->accumulate(batch));
        for (const ExpectedTensor& tensor : expectedTensors(model->config()))
            compareGradient(*model, batch, tensor.name);
    }

    /// The parts that a batch of many rows is computed in are nowhere to be seen.
    void gradientsOfManyRowsAreTheFiniteDifferences()
    {
        const auto model = make(Precision::F64, true, 3);
        TrainBatch batch = richRows(11);
        batch.noises.clear();
        QVERIFY_RESULT(model->accumulate(batch));
        for (const std::string name :
             {"model.embed_tokens.weight", "model.layers.1.self_attn.q_proj.weight"})
            compareGradient(*model, batch, name);
    }

    void threadsChangeNoBit()
    {
        const TrainBatch batch = richRows(11);
        std::vector<std::vector<double>> found;
        for (const int threads : {1, 2, 5}) {
            const auto model = make(Precision::F32, true, threads);
            const auto loss = model->accumulate(batch);
            QVERIFY_RESULT(loss);
            std::vector<double> all{loss->loss, loss->accuracy};
            for (const ExpectedTensor& tensor : expectedTensors(model->config())) {
                const auto gradient = values(*model, Part::Gradient, tensor.name);
                all.insert(all.end(), gradient.begin(), gradient.end());
            }
            const auto p = model->logits(batch, std::vector<std::int32_t>{130, 4, 40});
            QVERIFY_RESULT(p);
            all.insert(all.end(), p->begin(), p->end());
            found.push_back(std::move(all));
        }
        QVERIFY(found[0] == found[1]);
        QVERIFY(found[0] == found[2]);
    }

    void logitsComeInTheOrderAskedFor()
    {
        const auto model = make(Precision::F32, true, 2);
        const TrainBatch batch = richRows(4);
        const auto both = model->logits(batch, std::vector<std::int32_t>{40, 3});
        const auto first = model->logits(batch, std::vector<std::int32_t>{40});
        const auto second = model->logits(batch, std::vector<std::int32_t>{3});
        QVERIFY_RESULT(both);
        QVERIFY(std::equal(first->begin(), first->end(), both->begin()));
        QVERIFY(std::equal(second->begin(), second->end(), both->begin() + vocabulary));
    }

    /// Against a whole pass for each round. Words lie between the places of a sequence.
    void ownMixturesAreWhatTheModelPredictsRoundByRound()
    {
        const auto model = make(Precision::F32, true, 2);
        TrainBatch batch = richRows(5);
        batch.latents.clear();
        batch.mixtures.clear();
        batch.noises = {{3, 0.1F, {3, 1, 4}}};
        std::vector<RoundSlot> places;
        for (int row = 0; row < 5; ++row)
            for (const RoundSlot place : {RoundSlot{1, 1}, RoundSlot{3, 2}, RoundSlot{4, 3},
                                          RoundSlot{8, 1}, RoundSlot{10, 2}})
                places.push_back({place.slot + 12 * row, place.round});
        const auto heaviest = [](std::size_t place, std::span<const float> p) {
            // Of place's own kind, so that a mixture in the wrong place is seen.
            std::vector<std::int32_t> order(p.size());
            std::iota(order.begin(), order.end(), 0);
            std::sort(order.begin(), order.end(), [&](int a, int b) { return p[a] > p[b]; });
            const float weight = 0.5F + 0.01F * static_cast<float>(place);
            return TokenMixture{{order[0], weight}, {order[1], 1 - weight}};
        };
        const auto found = model->ownMixtures(batch, places, heaviest);
        QVERIFY_RESULT(found);
        for (const int round : {1, 2, 3})
            for (std::size_t i = 0; i < places.size(); ++i) {
                if (places[i].round != round)
                    continue;
                const auto logits =
                    model->logits(batch, std::vector<std::int32_t>{places[i].slot - 1});
                const std::vector<double> p = probabilities(*logits, 0);
                const TokenMixture expected = heaviest(i, std::vector<float>(p.begin(), p.end()));
                QVERIFY((*found)[i] == expected);
                feedMixture(batch, places[i].slot, expected);
            }
    }

    void updatesAreAdamWs_data()
    {
        QTest::addColumn<double>("clip");
        QTest::newRow("any gradient") << 0.0;
        QTest::newRow("clipped") << 0.1;
    }

    void updatesAreAdamWs()
    {
        QFETCH(double, clip);
        const auto model = make(Precision::F64);
        const std::vector<ExpectedTensor> tensors = expectedTensors(model->config());
        std::map<std::string, std::vector<double>> weight;
        std::map<std::string, std::vector<double>> first;
        std::map<std::string, std::vector<double>> second;
        for (const ExpectedTensor& tensor : tensors)
            weight[tensor.name] = values(*model, Part::Weight, tensor.name);
        for (int step = 1; step <= 3; ++step) {
            QVERIFY_RESULT(model->accumulate(richBatch()));
            std::map<std::string, std::vector<double>> gradient;
            double squares = 0;
            for (const ExpectedTensor& tensor : tensors) {
                gradient[tensor.name] = values(*model, Part::Gradient, tensor.name);
                for (const double g : gradient[tensor.name])
                    squares += g * g;
            }
            const AdamW adam{.rate = 0.01 * step,
                             .beta1 = 0.8,
                             .beta2 = 0.9,
                             .epsilon = 1e-3,
                             .weightDecay = 0.2,
                             .clip = clip,
                             .step = step};
            const auto norm = model->update(adam);
            QVERIFY_RESULT(norm);
            QVERIFY(std::fabs(*norm - std::sqrt(squares)) < 1e-10);
            const double scale = clip > 0 ? std::min(1.0, clip / std::sqrt(squares)) : 1;
            for (const ExpectedTensor& tensor : tensors) {
                auto& w = weight[tensor.name];
                auto& m = first[tensor.name];
                auto& v = second[tensor.name];
                m.resize(w.size());
                v.resize(w.size());
                for (std::size_t i = 0; i < w.size(); ++i) {
                    const double g = scale * gradient[tensor.name][i];
                    m[i] = 0.8 * m[i] + 0.2 * g;
                    v[i] = 0.9 * v[i] + 0.1 * g * g;
                    if (tensor.shape.size() > 1)
                        w[i] -= adam.rate * 0.2 * w[i];
                    w[i] -= adam.rate * (m[i] / (1 - std::pow(0.8, step))) /
                            (std::sqrt(v[i] / (1 - std::pow(0.9, step))) + 1e-3);
                }
                const std::vector<double> found = values(*model, Part::Weight, tensor.name);
                for (std::size_t i = 0; i < w.size(); ++i)
                    QVERIFY(std::fabs(found[i] - w[i]) < 1e-12);
            }
        }
    }

    void bf16IsNearFloat32()
    {
        const double exact = make(Precision::F32)->loss(richBatch())->loss;
        const auto model = make(Precision::BF16);
        const auto narrow = model->accumulate(richBatch());
        QVERIFY_RESULT(narrow);
        QVERIFY(narrow->loss != exact);
        QVERIFY(std::fabs(narrow->loss - exact) < 0.05 * exact);
        QVERIFY_RESULT(model->update({.rate = 1e-3}));
    }

    void aTensorOfAnotherSizeIsRefused()
    {
        const auto model = make(Precision::F32);
        const std::vector<float> few(3);
        const auto written = model->write(Part::Weight, "model.norm.weight", "F32",
                                          std::as_bytes(std::span<const float>(few)));
        QVERIFY(!written);
        QCOMPARE(written.error().message,
                 std::string("The tensor 'model.norm.weight' needs 64 bytes as F32, and there are "
                             "12."));
    }

    void otherArchitecturesAreRefused()
    {
        std::string json = config(true);
        json.replace(json.find("llama"), 5, "qwen2");
        const auto model = createTrainingModel(*parseModelConfig(json, "c"), {});
        QVERIFY(!model);
        QVERIFY(model.error().code == ErrorCode::Unsupported);
    }
};

QTEST_GUILESS_MAIN(TestTrainingModel)
#include "tst_trainingmodel.moc"
