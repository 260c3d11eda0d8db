// Noise on fed vectors, looked at in the rows that reached the model.
#include "sessiontools.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr int words = 200;

/// Keeps every row that is fed, prompts left out.
class ListeningModel : public FakeLanguageModel
{
public:
    using FakeLanguageModel::FakeLanguageModel;
    Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                         std::span<float> logits, std::span<float> hidden,
                         const LogitsMadeFn&) const override
    {
        auto done = FakeLanguageModel::forward(x, cache, which, logits, hidden);
        rows.push_back(dynamic_cast<FakeCache&>(cache).fed.back());
        return done;
    }
    mutable std::vector<std::vector<float>> rows;
};

struct Run
{
    std::unique_ptr<Session> session;
    std::vector<StepRecord> steps;
    std::vector<std::vector<float>> rows; // of each step but the last, which is not fed
};

struct World
{
    explicit World(TokenMarkers markers = wordMarkers())
    {
        FakeLanguageModel::Rows table;
        for (int i = 0; i < words; ++i) {
            table.push_back(reference::randomLogits(words, static_cast<std::uint64_t>(i), 2));
            table.back()[endThink.index()] = -40;
        }
        auto owned = std::make_unique<ListeningModel>(std::move(table));
        model = owned.get();
        engine = engineOf(std::move(owned), std::move(markers));
    }

    [[nodiscard]] std::unique_ptr<Session> session(const RunSettings& settings) const
    {
        auto session = sessionOf(engine, settings, {a});
        model->rows.clear();
        return session;
    }
    [[nodiscard]] Run run(const RunSettings& settings) const
    {
        Run it{session(settings), {}, {}};
        if (const auto done = test::run(*it.session); !done)
            qWarning("%s", done.error().message.c_str());
        it.steps = it.session->steps();
        it.rows = model->rows;
        return it;
    }

    const ListeningModel* model = nullptr;
    std::shared_ptr<const Engine> engine;
};

RunSettings noisy(const std::string& mode, double sigma, std::uint64_t seed = 3)
{
    RunSettings settings =
        settingsOf(mode, {{"noise-sigma", sigma}, {"think-budget", std::int64_t{40}}});
    settings.seed = seed;
    settings.maxSteps = 50;
    settings.ignoreEnd = true;
    return settings;
}

/// What the record says was fed, before the noise.
std::vector<float> clean(const StepRecord& step)
{
    if (!step.input.vector.empty())
        return step.input.vector;
    std::vector<float> row(words);
    for (std::size_t i = 0; i < step.input.ids.size(); ++i)
        row[step.input.ids[i].index()] += step.input.weights[i];
    return row;
}

} // namespace

class tst_SessionNoise : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void addsNoiseOfTheRmsThatWasAsked_data();
    void addsNoiseOfTheRmsThatWasAsked();
    void feedsTheSameVectorForTheSameRecord();
    void drawsEachStepsNoiseAnew();
    void feedsEndAndAnswerWithoutNoise();
    void decidesTheFirstStepAsWithoutNoise();
    void recordsTheLengthOfTheNoisyVector();
};

void tst_SessionNoise::addsNoiseOfTheRmsThatWasAsked_data()
{
    QTest::addColumn<std::string>("mode");
    QTest::addColumn<double>("sigma");
    for (const char* mode : {"noise", "soft", "gumbel", "dirichlet"})
        for (const double sigma : {0.33, 2.0})
            QTest::addRow("%s, %g", mode, sigma) << std::string(mode) << sigma;
}

void tst_SessionNoise::addsNoiseOfTheRmsThatWasAsked()
{
    QFETCH(std::string, mode);
    QFETCH(double, sigma);
    // Strong noise would say </think> before the budget does.
    const Run it = World(TokenMarkers{}).run(noisy(mode, sigma));
    double squares = 0;
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i + 1 < 40; ++i) {
        QCOMPARE(it.steps[i].input.kind, InputKind::Noise);
        const std::vector<float> mean = clean(it.steps[i]);
        for (std::size_t d = 0; d < mean.size(); ++d) {
            const double noise = it.rows[i][d] - mean[d];
            sum += noise;
            squares += noise * noise;
            ++count;
        }
    }
    // The table is the identity: rows of length 1. 39 steps of 200 values: a standard error of
    // 0.8 percent.
    const double expected = sigma / std::sqrt(double(words));
    QVERIFY(std::abs(std::sqrt(squares / count) / expected - 1) < 0.03);
    QVERIFY(std::abs(sum / count) < 4 * expected / std::sqrt(count));
}

void tst_SessionNoise::feedsTheSameVectorForTheSameRecord()
{
    const World world;
    for (const char* mode : {"noise", "soft"}) {
        const Run first = world.run(noisy(mode, 0.33));
        const Run again = world.run(noisy(mode, 0.33));
        QCOMPARE_STEPS(again.steps, first.steps);
        QCOMPARE(again.rows, first.rows);

        // Nothing is decided again, under another seed: the record alone says what was fed.
        const auto resumed = world.session(noisy(mode, 0.33, 99));
        QVERIFY_RESULT(resumed->resume(first.steps));
        QCOMPARE(world.model->rows, first.rows);
    }
}

void tst_SessionNoise::drawsEachStepsNoiseAnew()
{
    const World world;
    RunSettings fuzzy = noisy("noise", 0.33);
    fuzzy.parameters["temperature"] = 0.0;
    const Run it = world.run(fuzzy);
    const Run other = world.run([&] {
        RunSettings settings = fuzzy;
        settings.seed = 4;
        return settings;
    }());
    const auto noise = [](const Run& run, std::size_t step) {
        return run.rows[step][0] - clean(run.steps[step])[0];
    };
    QVERIFY(noise(it, 0) != noise(it, 1));
    QVERIFY(noise(it, 0) != noise(other, 0));
}

void tst_SessionNoise::feedsEndAndAnswerWithoutNoise()
{
    const Run it = World().run(noisy("soft", 0.33));
    QCOMPARE(it.steps[39].input, StepInput::token(endThink));
    for (std::size_t i = 39; i < it.rows.size(); ++i) {
        QCOMPARE(it.steps[i].input.kind, InputKind::Token);
        QCOMPARE(it.rows[i], clean(it.steps[i]));
    }
}

void tst_SessionNoise::decidesTheFirstStepAsWithoutNoise()
{
    // Noise has a stream of its own: it changes no other draw.
    const World world;
    for (const char* mode : {"soft", "gumbel", "dirichlet"}) {
        StepRecord with = world.run(noisy(mode, 0.33)).steps.front();
        const StepRecord without = world.run(noisy(mode, 0)).steps.front();
        QVERIFY(with.input.noiseScale > 0);
        with.input.kind = without.input.kind;
        with.input.noiseScale = 0;
        with.inputNormRatio = without.inputNormRatio;
        QCOMPARE(QString::fromStdString(describeDifference(with, without)), QString());
    }
}

void tst_SessionNoise::recordsTheLengthOfTheNoisyVector()
{
    const Run it = World().run(noisy("noise", 2));
    for (std::size_t i = 0; i < it.rows.size(); ++i) {
        double squares = 0;
        for (const float value : it.rows[i])
            squares += static_cast<double>(value) * value;
        QVERIFY(std::abs(it.steps[i].inputNormRatio - std::sqrt(squares)) < 1e-6);
    }
    QVERIFY(it.steps[0].inputNormRatio > 1.5);
}

QTEST_GUILESS_MAIN(tst_SessionNoise)
#include "tst_sessionnoise.moc"
