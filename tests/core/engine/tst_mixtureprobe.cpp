// The single-thread probe against divergences computed from the fake model's table.
#include "sessiontools.h"

#include <QTest>

#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

/// From H((P + Q) / 2) - (H(P) + H(Q)) / 2, in nats.
double divergence(const std::vector<double>& p, const std::vector<double>& q)
{
    std::vector<double> mean(p.size());
    for (std::size_t i = 0; i < p.size(); ++i)
        mean[i] = (p[i] + q[i]) / 2;
    return reference::entropy(mean) - (reference::entropy(p) + reference::entropy(q)) / 2;
}

std::vector<float> rowAfter(TokenId token)
{
    return reference::randomLogits(12, 9000 + static_cast<std::uint64_t>(token.value), 2);
}

RunSettings probed(bool probe)
{
    RunSettings settings = settingsOf("soft", {{"max-topk", std::int64_t{4}}});
    settings.probe = probe;
    settings.maxSteps = 12;
    settings.ignoreEnd = true;
    return settings;
}

} // namespace

class tst_MixtureProbe : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void measuresMixturesAgainstTheirParts()
    {
        const auto session = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}), probed(true), {a});
        QVERIFY_RESULT(run(*session));
        int measured = 0;
        for (const StepRecord& step : session->steps()) {
            QCOMPARE(step.probe.has_value(), step.input.kind == InputKind::Mixture);
            if (!step.probe)
                continue;
            ++measured;
            // The fake model's logits after a vector are the vector times its table.
            std::vector<float> mixed(12);
            std::vector<double> average(12);
            for (std::size_t i = 0; i < step.input.ids.size(); ++i) {
                const std::vector<float> row = rowAfter(step.input.ids[i]);
                const std::vector<double> p = reference::softmax(row, 1);
                for (std::size_t v = 0; v < 12; ++v) {
                    mixed[v] += step.input.weights[i] * row[v];
                    average[v] += static_cast<double>(step.input.weights[i]) * p[v];
                }
            }
            const auto after = reference::softmax(mixed, 1);
            const auto first = reference::softmax(rowAfter(step.input.ids[0]), 1);
            const auto second = reference::softmax(rowAfter(step.input.ids[1]), 1);
            QVERIFY(std::abs(step.probe->top1 - divergence(after, first)) < 1e-6);
            QVERIFY(std::abs(step.probe->top2 - divergence(after, second)) < 1e-6);
            QVERIFY(std::abs(step.probe->average - divergence(after, average)) < 1e-6);
            QVERIFY(std::abs(step.probe->parts - divergence(first, second)) < 1e-6);
        }
        QVERIFY(measured > 3);
    }

    /// The fake model's cache keeps what it was fed: a probe that left a row would show.
    void measuresTheSameAfterTheRun()
    {
        const auto engine = engineOf(randomModel(12, 9), {{}, {}, {}});
        const auto during = sessionOf(engine, probed(true), {a});
        const auto after = sessionOf(engine, probed(false), {a});
        QVERIFY_RESULT(run(*during));
        QVERIFY_RESULT(run(*after, 8));
        const auto resumed = sessionOf(engine, probed(false), {a});
        int measured = 0;
        for (const StepRecord& step : during->steps()) {
            if (step.step.value > 8 || !step.probe)
                continue;
            ++measured;
            const auto live = after->probe(step); // the paused run; step 8 is yet to be taken
            QVERIFY_RESULT(live);
            QVERIFY(*live == *step.probe);
            const std::span<const StepRecord> recorded(during->steps());
            QVERIFY_RESULT(resumed->rewind(StepIndex{0}));
            QVERIFY_RESULT(resumed->resume(recorded.first(step.step.index())));
            const auto stored = resumed->probe(step);
            QVERIFY_RESULT(stored);
            QVERIFY(*stored == *step.probe);
        }
        QVERIFY(measured > 3);
        const RunTimings before = after->timings();
        QVERIFY(after->probe(during->steps()[0]));
        QCOMPARE(after->timings(), before);
        QVERIFY_RESULT(run(*after));
        QCOMPARE_STEPS(after->steps(), during->steps());
    }

    void refusesStepsThatFedNoMixture()
    {
        RunSettings settings = settingsOf("discrete", greedy);
        settings.maxSteps = 3;
        const auto session = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}), settings, {a});
        QVERIFY_RESULT(run(*session));
        const auto refused = session->probe(session->steps()[1]);
        QVERIFY(!refused);
        QCOMPARE(refused.error().message,
                 std::string("Step 1 fed one token, and the probe compares a mixture with its "
                             "parts: choose a step that fed a mixture."));
    }

    void changesNothingOfTheRun()
    {
        const auto with = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}), probed(true), {a});
        const auto without = sessionOf(engineOf(randomModel(12, 9), {{}, {}, {}}), probed(false), {a});
        QVERIFY_RESULT(run(*with));
        QVERIFY_RESULT(run(*without));
        QCOMPARE_STEPS(with->steps(), without->steps());
        QVERIFY(!without->steps()[0].probe);
    }
};

QTEST_GUILESS_MAIN(tst_MixtureProbe)
#include "tst_mixtureprobe.moc"
