// The whole engine on trained models: what their authors and READMEs say they do is what it gives.

#include "reasoning/steprule.h"
#include "sampling/draws.h"
#include "sessiontools.h"
#include "shareddata.h"

#include <QTest>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numbers>
#include <set>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr std::string_view walk =
    "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>";
constexpr std::string_view sum = "7 + 5 + 9 + 4 sum <think>";

std::string decoded(const Engine& engine, const std::vector<StepRecord>& steps)
{
    std::vector<TokenId> ids;
    for (const StepRecord& step : steps)
        ids.push_back(step.sampled);
    return engine.tokenizer()->decode(ids);
}

/// Feeds the records' inputs to a new cache and says where the distributions differ.
std::string differenceWhenFedAgain(const Engine& engine, const std::vector<TokenId>& prompt,
                                   const std::vector<StepRecord>& steps)
{
    const LanguageModel& model = engine.model();
    auto cache = model.createCache();
    if (!cache)
        return cache.error().message;
    std::vector<float> x(prompt.size() * static_cast<std::size_t>(engine.identity().embeddingSize));
    std::vector<float> logits(static_cast<std::size_t>(engine.identity().vocabularySize));
    auto fed = model.embedTokens(prompt, x).and_then(
        [&] { return model.forward(x, **cache, LogitsOf::Last, logits); });
    x.resize(static_cast<std::size_t>(engine.identity().embeddingSize));
    for (const StepRecord& step : steps) {
        if (!fed)
            return fed.error().message;
        const auto at = "step " + std::to_string(step.step.value);
        if ((*cache)->rows() != step.position.value)
            return at + ": rows";
        LogitsSummary raw;
        LogitsPass(logits).summarise(static_cast<int>(step.candidates.size()), raw);
        if (raw.entropy != step.entropy || raw.varentropy != step.varentropy ||
            raw.pMax != step.pMax)
            return at + ": entropy " + std::to_string(raw.entropy) + " against " +
                   std::to_string(step.entropy);
        for (const Candidate& candidate : step.candidates)
            if (static_cast<float>(raw.probability(logits[candidate.id.index()])) != candidate.raw)
                return at + ": candidate " + std::to_string(candidate.id.value);
        fed = model.embed(step.input, x).and_then([&] {
            if (step.input.kind == InputKind::Noise)
                addNormalNoise({step.rng.seed, step.rng.step, noiseStream}, step.input.noiseScale,
                               x);
            return model.forward(x, **cache, LogitsOf::Last, logits);
        });
    }
    return {};
}

} // namespace

class tst_RealModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();

    void knowTheirMarkers();
    void addGreedily();
    void showTwoComponentsAtATrueFork();
    void recordWhatIsFoundWhenFedAgain_data() { addModes(); }
    void recordWhatIsFoundWhenFedAgain();
    void softWithOneComponentIsGreedyToTheBit();
    void continueAForkAtEveryStep_data() { addModes(); }
    void continueAForkAtEveryStep();
    void continueAfterARewindToEveryStep();
    void continueAResumedRecord_data() { addModes(); }
    void continueAResumedRecord();
    void stopWhenTheContextIsFull();
    void tellTheStoryThatTheirAuthorPublished();

private:
    static void addModes();
    /// A run of 40 steps in that mode, thinking hard over a walk.
    [[nodiscard]] std::unique_ptr<Session> wander(const QByteArray& mode) const;

    std::shared_ptr<const Engine> m_starter;
};

void tst_RealModels::initTestCase()
{
    auto engine = Engine::load(std::filesystem::path(HALFTONE_TEST_MODELS) / "starter",
                               {.device = "cpu", .threads = 1});
    QVERIFY_RESULT(engine);
    m_starter = std::move(*engine);
}

void tst_RealModels::addModes()
{
    QTest::addColumn<QByteArray>("mode");
    for (const char* mode : {"discrete", "soft", "gumbel", "dirichlet", "noise", "mix-inputs",
                             "latent", "cautious", "swi", "entropix", "filler", "budget"})
        QTest::newRow(mode) << QByteArray(mode);
}

std::unique_ptr<Session> tst_RealModels::wander(const QByteArray& mode) const
{
    RunSettings settings = settingsOf(mode.toStdString(), {{"temperature", 1.5}, {"top-p", 1.0}});
    settings.seed = 3;
    settings.maxSteps = 40;
    settings.ignoreEnd = true;
    auto session = sessionOf(m_starter, settings, *m_starter->encodePrompt(walk));
    if (const auto done = run(*session); !done)
        qWarning("%s", done.error().message.c_str());
    return session;
}

void tst_RealModels::knowTheirMarkers()
{
    QCOMPARE(m_starter->markers().thinkStart, TokenId{3});
    QCOMPARE(m_starter->markers().thinkEnd, TokenId{4});
    QCOMPARE(m_starter->markers().endTokens, std::vector{TokenId{2}});
    QCOMPARE(m_starter->identity().vocabularySize, 68);
    QCOMPARE(m_starter->identity().fingerprint.size(), 32U);
    QVERIFY(m_starter->identity().meanEmbeddingNorm > 0);
    QCOMPARE(m_starter->tokens()->piece(TokenId{20}), std::string("bern"));
}

void tst_RealModels::addGreedily()
{
    const auto prompt = m_starter->encodePrompt(sum);
    QVERIFY_RESULT(prompt);
    const auto session = sessionOf(m_starter, settingsOf("discrete", greedy), *prompt);
    QVERIFY_RESULT(run(*session));
    const auto& steps = session->steps();
    QCOMPARE(decoded(*m_starter, steps), std::string("7 2 1 5 </think> 5 </s>"));
    QCOMPARE(session->stopReason(), StopReason::EndToken);
    QCOMPARE(steps.front().phase, Phase::Think);
    QCOMPARE(eventKinds(steps[4]), std::vector{EventKind::ThinkingEnded});
    QCOMPARE(steps[5].phase, Phase::Answer);
}

void tst_RealModels::showTwoComponentsAtATrueFork()
{
    const auto prompt = m_starter->encodePrompt(walk);
    QVERIFY_RESULT(prompt);
    const auto session =
        sessionOf(m_starter,
                  settingsOf("soft", {{"temperature", 1.0}, {"answer-temperature", 0.0}}), *prompt);
    QVERIFY_RESULT(run(*session));
    // bern leads to diff and to femp.
    const auto diff = m_starter->tokenizer()->idOf("diff");
    const auto femp = m_starter->tokenizer()->idOf("femp");
    const StepRecord& fork = session->steps().front();
    QCOMPARE(fork.input.kind, InputKind::Mixture);
    QCOMPARE(fork.input.ids.size(), 2U);
    QCOMPARE(std::set(fork.input.ids.begin(), fork.input.ids.end()), (std::set{*diff, *femp}));
    QVERIFY(std::abs(fork.input.weights[0] - 0.5F) < 0.1F);
    QVERIFY(std::abs(fork.mixtureEntropy - std::numbers::ln2) < 0.02);
    QVERIFY(std::abs(fork.entropy - std::numbers::ln2) < 0.25);
    // The mean of two rows that are not the same is shorter than they are.
    QVERIFY(fork.inputNormRatio < 0.9);
    QVERIFY(session->steps().back().phase == Phase::Answer);
}

void tst_RealModels::recordWhatIsFoundWhenFedAgain()
{
    QFETCH(QByteArray, mode);
    const auto session = wander(mode);
    const auto& steps = session->steps();
    QCOMPARE(steps.size(), 40U);
    if (mode == "soft")
        QVERIFY(std::any_of(steps.begin(), steps.end(), [](const StepRecord& step) {
            return step.input.kind == InputKind::Mixture;
        }));
    const std::string difference = differenceWhenFedAgain(*m_starter, session->prompt(), steps);
    QVERIFY2(difference.empty(), difference.c_str());
}

void tst_RealModels::softWithOneComponentIsGreedyToTheBit()
{
    for (const std::string_view text : {walk, sum}) {
        const auto prompt = m_starter->encodePrompt(text);
        QVERIFY_RESULT(prompt);
        const auto soft = sessionOf(
            m_starter,
            settingsOf("soft", {{"max-topk", std::int64_t{1}}, {"answer-temperature", 0.0}}),
            *prompt);
        const auto hard = sessionOf(m_starter, settingsOf("discrete", greedy), *prompt);
        QVERIFY_RESULT(run(*soft));
        QVERIFY_RESULT(run(*hard));
        QCOMPARE(soft->steps().size(), hard->steps().size());
        for (std::size_t i = 0; i < hard->steps().size(); ++i) {
            const StepRecord& s = soft->steps()[i];
            const StepRecord& h = hard->steps()[i];
            QCOMPARE(s.input, h.input);
            QVERIFY(s.entropy == h.entropy && s.varentropy == h.varentropy && s.pMax == h.pMax &&
                    s.inputNormRatio == h.inputNormRatio && s.cache == h.cache);
        }
    }
}

void tst_RealModels::continueAForkAtEveryStep()
{
    QFETCH(QByteArray, mode);
    const auto whole = wander(mode);
    for (std::int64_t k = 0; k < 40; ++k) {
        const auto fork = whole->fork(StepIndex{k});
        QVERIFY_RESULT(fork);
        QVERIFY_RESULT(run(**fork));
        QCOMPARE_STEPS((*fork)->steps(), whole->steps());
    }
}

void tst_RealModels::continueAfterARewindToEveryStep()
{
    const auto whole = wander("soft");
    const auto session = wander("soft");
    for (std::int64_t k = 39; k >= 0; --k) {
        QVERIFY_RESULT(session->rewind(StepIndex{k}));
        QVERIFY_RESULT(run(*session));
        QCOMPARE_STEPS(session->steps(), whole->steps());
    }
}

void tst_RealModels::continueAResumedRecord()
{
    QFETCH(QByteArray, mode);
    const auto whole = wander(mode);
    const auto session = sessionOf(m_starter, whole->settings(), whole->prompt());
    // While latent steps go on, and after them.
    QVERIFY_RESULT(session->resume(std::span(whole->steps()).first(3)));
    QVERIFY_RESULT(session->resume(std::span(whole->steps()).subspan(3, 22)));
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), whole->steps());
}

void tst_RealModels::stopWhenTheContextIsFull()
{
    RunSettings settings = settingsOf("discrete");
    settings.maxSteps = 10'000;
    settings.ignoreEnd = true;
    const auto session = sessionOf(m_starter, settings, *m_starter->encodePrompt(sum));
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->stopReason(), StopReason::ContextFull);
    QCOMPARE(session->steps().back().cache.rows, m_starter->identity().cache.contextLimit);
}

void tst_RealModels::tellTheStoryThatTheirAuthorPublished()
{
    const auto folder = SHARED_DATA("models/stories260k");
    std::ifstream file(folder / "expected_greedy.txt", std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    QVERIFY(expected.size() > 100);

    const auto engine = Engine::load(folder, {.device = "cpu", .threads = 1});
    QVERIFY_RESULT(engine);
    const auto prompt = (*engine)->encodePrompt("");
    QVERIFY_RESULT(prompt);
    RunSettings settings = settingsOf("discrete", greedy);
    settings.maxSteps = 1000;
    const auto session = sessionOf(*engine, settings, *prompt);
    std::string text;
    while (!session->finished() && text.size() < expected.size()) {
        QVERIFY_RESULT(session->step());
        text = decoded(**engine, session->steps());
    }
    // The published text leaves out the space that the tokenizer puts before its first word.
    if (text.starts_with(' ') && !expected.starts_with(' '))
        text.erase(0, 1);
    QVERIFY(text.size() + 1 >= expected.size());
    const std::size_t length = std::min(text.size(), expected.size());
    QCOMPARE(text.substr(0, length), expected.substr(0, length));
}

QTEST_GUILESS_MAIN(tst_RealModels)
#include "tst_realmodels.moc"
