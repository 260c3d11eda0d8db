// "Collapse here" against the same thing done by hand.
#include "engine/collapse.h"

#include "sessiontools.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr int words = 12;
constexpr std::uint64_t modelSeed = 9;

std::shared_ptr<const Engine> randomEngine()
{
    return engineOf(randomModel(words, modelSeed), {{}, {}, {}});
}

RunSettings softSettings(std::int64_t maxSteps = 12)
{
    RunSettings settings = settingsOf("soft", {{"max-topk", std::int64_t{4}}});
    settings.seed = 5;
    settings.maxSteps = maxSteps;
    return settings;
}

std::unique_ptr<Session> softRun(const std::shared_ptr<const Engine>& engine,
                                 std::int64_t maxSteps = 12)
{
    auto session = sessionOf(engine, softSettings(maxSteps), {a});
    if (session && !run(*session))
        return nullptr;
    return session;
}

/// Prefill, the recorded inputs up to the step, one token, then the run's own rule.
std::vector<StepRecord> byHand(const Session& run, StepIndex step, TokenId token, std::int64_t more)
{
    auto session = sessionOf(run.engine().shared_from_this(), run.settings(), run.prompt());
    const std::span<const StepRecord> steps(run.steps());
    if (!session->resume(steps.first(step.index())) || !session->stepWith(StepInput::token(token)))
        return {};
    if (!test::run(*session, step.index() + 1 + static_cast<std::size_t>(more)))
        return {};
    return {session->steps().begin() + static_cast<std::ptrdiff_t>(step.index()),
            session->steps().end()};
}

/// The fake model's next logits are the fed vector times its table.
std::vector<double> distributionAfter(const StepInput& input)
{
    std::vector<float> logits(words);
    for (std::size_t i = 0; i < input.ids.size(); ++i) {
        const auto row = reference::randomLogits(
            words, modelSeed * 1000 + static_cast<std::uint64_t>(input.ids[i].value), 2);
        for (std::size_t v = 0; v < words; ++v)
            logits[v] += input.weights[i] * row[v];
    }
    return reference::softmax(logits, 1);
}

/// H((P + Q) / 2) - (H(P) + H(Q)) / 2, in nats.
double divergence(const std::vector<double>& p, const std::vector<double>& q)
{
    std::vector<double> mean(p.size());
    for (std::size_t i = 0; i < p.size(); ++i)
        mean[i] = (p[i] + q[i]) / 2;
    return reference::entropy(mean) - (reference::entropy(p) + reference::entropy(q)) / 2;
}

std::string messageOf(const Result<Collapse>& result)
{
    return result ? std::string() : result.error().message;
}

} // namespace

class tst_Collapse : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goesOnAsTheRunWouldHave_data()
    {
        QTest::addColumn<int>("to");
        QTest::addColumn<int>("component");
        QTest::newRow("heaviest") << static_cast<int>(CollapseTo::Heaviest) << 0;
        QTest::newRow("second") << static_cast<int>(CollapseTo::Second) << 1;
    }

    void goesOnAsTheRunWouldHave()
    {
        QFETCH(int, to);
        QFETCH(int, component);
        const auto session = softRun(randomEngine());
        QVERIFY(session);
        const StepIndex step{2};
        const StepInput mixture = session->steps()[2].input;
        QCOMPARE(mixture.kind, InputKind::Mixture);
        const TokenId token = mixture.ids[static_cast<std::size_t>(component)];

        const auto result = collapse(*session, session->steps(),
                                     {.step = step, .steps = 6, .to = static_cast<CollapseTo>(to)});
        QVERIFY_RESULT(result);
        QCOMPARE(result->token, token);
        QCOMPARE(result->weight, mixture.weights[static_cast<std::size_t>(component)]);
        QCOMPARE_STEPS(result->collapsed, byHand(*session, step, token, 6));
        QVERIFY(result->collapsed[1].input.kind == InputKind::Mixture); // soft again afterwards
        QVERIFY(!result->settings);

        QCOMPARE(result->original.size(), std::size_t{7});
        QCOMPARE(result->divergence.size(), std::size_t{7});
        QCOMPARE(result->divergence[0], 0.0);
        std::optional<StepIndex> firstDifference;
        for (std::size_t i = 0; i < 7; ++i) {
            QVERIFY(sameDecision(result->original[i], session->steps()[2 + i]));
            if (i == 0)
                continue;
            const double expected = divergence(distributionAfter(result->original[i - 1].input),
                                               distributionAfter(result->collapsed[i - 1].input));
            QVERIFY(std::abs(result->divergence[i] - expected) < 1e-6);
            if (!firstDifference && result->original[i].sampled != result->collapsed[i].sampled)
                firstDifference = result->original[i].step;
        }
        QVERIFY(result->divergence[1] > 1e-3);
        QCOMPARE(result->firstDifference, firstDifference);
    }

    void theDrawFollowsTheWeightsAndTheSeed()
    {
        const auto engine = randomEngine();
        const auto session = softRun(engine, 3);
        QVERIFY(session);
        const StepInput mixture = session->steps()[0].input;
        std::vector<double> counts(mixture.ids.size());
        constexpr int seeds = 2000;
        for (int seed = 0; seed < seeds; ++seed) {
            RunSettings settings = session->settings();
            settings.seed = static_cast<std::uint64_t>(seed);
            const auto other = session->fork(StepIndex{0}, settings);
            QVERIFY_RESULT(other);
            const CollapsePlan plan{.step = StepIndex{0}, .steps = 1, .to = CollapseTo::Drawn};
            const auto drawn = collapse(**other, session->steps(), plan);
            QVERIFY_RESULT(drawn);
            const auto found = std::find(mixture.ids.begin(), mixture.ids.end(), drawn->token);
            ++counts[static_cast<std::size_t>(found - mixture.ids.begin())];
            if (seed < 20)
                QCOMPARE(collapse(**other, session->steps(), plan)->token, drawn->token);
        }
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const double p = static_cast<double>(mixture.weights[i]);
            const double deviation = std::sqrt(p * (1 - p) / seeds);
            QVERIFY(std::abs(counts[i] / seeds - p) < 4 * deviation);
        }
    }

    void canGoOnGreedily()
    {
        const auto session = softRun(randomEngine());
        QVERIFY(session);
        const auto result = collapse(*session, session->steps(),
                                     {.step = StepIndex{2}, .steps = 5, .greedy = true});
        QVERIFY_RESULT(result);
        QCOMPARE(result->collapsed.size(), std::size_t{6});
        for (std::size_t i = 1; i < 6; ++i) {
            const StepRecord& step = result->collapsed[i];
            const auto p = distributionAfter(result->collapsed[i - 1].input);
            QCOMPARE(step.input.kind, InputKind::Token);
            QCOMPARE(step.sampled.value, std::max_element(p.begin(), p.end()) - p.begin());
            QCOMPARE(step.phase, session->steps()[2 + i].phase);
        }
        // A fork under these settings takes the same steps.
        const auto kept = session->fork(StepIndex{2}, result->settings);
        QVERIFY_RESULT(kept);
        QVERIFY_RESULT((*kept)->stepWith(StepInput::token(result->token)));
        QVERIFY_RESULT(run(**kept, 8));
        const std::vector<StepRecord> own((*kept)->steps().begin() + 2, (*kept)->steps().end());
        QCOMPARE_STEPS(result->collapsed, own);
    }

    void leavesTheRunAlone()
    {
        const auto engine = randomEngine();
        const auto whole = softRun(engine);
        const auto session = sessionOf(engine, softSettings(), {a});
        QVERIFY_RESULT(run(*session, 6));
        const RunTimings before = session->timings();
        QVERIFY_RESULT(collapse(*session, session->steps(), {.step = StepIndex{3}}));
        QCOMPARE(session->timings(), before);
        QVERIFY_RESULT(run(*session));
        QCOMPARE_STEPS(session->steps(), whole->steps());
    }

    void aRunThatStandsBeforeTheStepIsEnough()
    {
        const auto engine = randomEngine();
        const auto whole = softRun(engine);
        const auto stored = sessionOf(engine, softSettings(), {a});
        QVERIFY_RESULT(stored->resume(std::span(whole->steps()).first(4)));
        const CollapsePlan plan{.step = StepIndex{4}, .steps = 5};
        const auto live = collapse(*whole, whole->steps(), plan);
        const auto again = collapse(*stored, whole->steps(), plan);
        QVERIFY_RESULT(live);
        QVERIFY_RESULT(again);
        QCOMPARE_STEPS(again->collapsed, live->collapsed);
        QCOMPARE(again->divergence, live->divergence);
        QCOMPARE(stored->nextStep(), StepIndex{4});
    }

    void comparesAsFarAsTheRunWasTaken()
    {
        const auto session = sessionOf(randomEngine(), softSettings(), {a});
        QVERIFY_RESULT(run(*session, 5));
        const auto result =
            collapse(*session, session->steps(), {.step = StepIndex{3}, .steps = 4});
        QVERIFY_RESULT(result);
        QCOMPARE(result->original.size(), std::size_t{2});
        QCOMPARE(result->divergence.size(), std::size_t{2});
        QCOMPARE(result->collapsed.size(), std::size_t{5});
    }

    void endsWhereTheCollapsedRunEnds()
    {
        // The mixture of a and b goes on to c; a alone ends.
        const auto engine = engineOf(wordModel({{think, {{a, 0.6}, {b, 0.4}}},
                                                {a, {{end, 0.9}, {c, 0.1}}},
                                                {b, {{c, 0.999}, {end, 0.001}}},
                                                {c, {{d, 1}}},
                                                {d, {{c, 1}}}}));
        RunSettings settings = settingsOf("soft", {{"temperature", 1.0}});
        settings.maxSteps = 8;
        const auto session = sessionOf(engine, settings, {think});
        QVERIFY_RESULT(run(*session));
        QCOMPARE(session->steps()[1].sampled, c);
        const auto result = collapse(*session, session->steps(), {.step = StepIndex{0}});
        QVERIFY_RESULT(result);
        QCOMPARE(result->original.size(), std::size_t{8});
        QCOMPARE(sampledIds(result->collapsed), (std::vector<int>{a.value, end.value}));
        QCOMPARE(result->collapsed.back().stop, StopReason::EndToken);
        QCOMPARE(result->firstDifference, std::optional(StepIndex{1}));
        QCOMPARE(result->divergence.size(), std::size_t{2});
    }

    void aStepThatFedOneTokenHasNothingToCollapse()
    {
        RunSettings settings = settingsOf("discrete");
        settings.maxSteps = 3;
        const auto session = sessionOf(randomEngine(), settings, {a});
        QVERIFY_RESULT(run(*session));
        const auto refused = collapse(*session, session->steps(), {.step = StepIndex{1}});
        QCOMPARE(messageOf(refused),
                 std::string("Step 1 fed one token only: there is nothing to collapse."));
        QCOMPARE(messageOf(collapse(*session, session->steps(), {.step = StepIndex{3}})),
                 std::string("The run has no step 3; it has 3, counted from 0."));
    }

    void refusesToTakeNoStep()
    {
        const auto session = softRun(randomEngine(), 3);
        const auto refused =
            collapse(*session, session->steps(), {.step = StepIndex{0}, .steps = 0});
        QCOMPARE(messageOf(refused), std::string("From 1 to 10000 steps can be taken after the "
                                                 "collapsed one, not 0."));
    }

    void canBeCancelledAndTellsHowFarItIs()
    {
        const auto session = softRun(randomEngine());
        CancelToken cancel;
        std::uint64_t last = 0;
        const auto cancelled = collapse(
            *session, session->steps(), {.step = StepIndex{0}, .steps = 8},
            [&](const Progress& progress) {
                QCOMPARE(progress.total, std::uint64_t{9});
                last = progress.done;
                if (progress.done == 3)
                    cancel.cancel();
            },
            cancel);
        QVERIFY(!cancelled);
        QCOMPARE(cancelled.error().code, ErrorCode::Cancelled);
        QCOMPARE(last, std::uint64_t{3});
    }

    /// The built-in model at a true fork, where the mixture is of both nodes.
    void collapsesTheStarterModel()
    {
        const auto engine =
            Engine::load(HALFTONE_TEST_MODELS "/starter", ModelOptions{"cpu", 1});
        QVERIFY_RESULT(engine);
        const auto prompt = (*engine)->encodePrompt(
            "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>");
        QVERIFY_RESULT(prompt);
        const auto session = sessionOf(*engine, settingsOf("soft"), *prompt);
        QVERIFY(session);
        QVERIFY_RESULT(run(*session));
        const StepInput mixture = session->steps()[0].input;
        QVERIFY(mixture.weights[1] > 0.3F);
        for (const CollapseTo to : {CollapseTo::Heaviest, CollapseTo::Second}) {
            const auto result =
                collapse(*session, session->steps(), {.step = StepIndex{0}, .steps = 8, .to = to});
            QVERIFY_RESULT(result);
            QCOMPARE_STEPS(result->collapsed, byHand(*session, StepIndex{0}, result->token, 8));
            // What follows a mixture of two nodes is not what follows one of them.
            QVERIFY(result->divergence[1] > 0.01 && result->divergence[1] < std::log(2.0));
        }
    }
};

QTEST_GUILESS_MAIN(tst_Collapse)
#include "tst_collapse.moc"
