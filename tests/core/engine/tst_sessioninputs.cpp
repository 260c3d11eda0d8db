// What a session is given: the prompt, and inputs that a person sets in place of the decided ones.
#include "sessiontools.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

using namespace halftone;
using namespace halftone::test;

namespace {

/// Shows the cache of its one session.
class CacheShowingModel : public FakeLanguageModel
{
public:
    CacheShowingModel(int size, std::uint64_t seed)
        : FakeLanguageModel(rows(size, seed))
    {
    }
    Result<std::unique_ptr<KvCache>> createCache() const override
    {
        auto made = FakeLanguageModel::createCache();
        cache = dynamic_cast<FakeCache*>(made->get());
        return made;
    }
    mutable FakeCache* cache = nullptr;

private:
    static Rows rows(int size, std::uint64_t seed)
    {
        Rows all;
        for (int i = 0; i < size; ++i)
            all.push_back(
                reference::randomLogits(size, seed * 1000 + static_cast<std::uint64_t>(i), 2));
        return all;
    }
};

} // namespace

class tst_SessionInputs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refusesPrompts_data();
    void refusesPrompts();
    void refusesAStepBeforeThePrompt();
    void readsAPromptOnce();
    void readsAPromptAgainAfterItWasCancelled();
    void reportsTheProgressOfALongPrompt();

    void feedsWhatAPersonSets();
    void normalisesAMixtureSetByAPerson();
    void keepsARecordedMixtureToTheBit();
    void keepsWhatWasFedAtEarlierPositions_data();
    void keepsWhatWasFedAtEarlierPositions();
    void refusesInputsThatCannotBeFed_data();
    void refusesInputsThatCannotBeFed();
};

void tst_SessionInputs::refusesPrompts_data()
{
    QTest::addColumn<std::vector<TokenId>>("prompt");
    QTest::addColumn<QByteArray>("sentence");
    QTest::newRow("empty") << std::vector<TokenId>()
                           << QByteArray("The prompt is empty; a model needs one token at least "
                                         "to begin with.");
    QTest::newRow("an id outside")
        << std::vector{a, TokenId{7}}
        << QByteArray("Token id 7 is outside the vocabulary of fake, whose ids go from 0 to 6.");
    QTest::newRow("too long") << std::vector<TokenId>(11, a)
                              << QByteArray("The prompt has 11 tokens, but the context of fake "
                                            "holds 10; shorten it.");
}

void tst_SessionInputs::refusesPrompts()
{
    QFETCH(std::vector<TokenId>, prompt);
    QFETCH(QByteArray, sentence);
    const auto session =
        engineOf(wordModel({{a, {{b, 1}}}}, 10))->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    const auto read = (*session)->prefill(prompt);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(QByteArray::fromStdString(read.error().message), sentence);
    QVERIFY_RESULT((*session)->prefill(std::vector{a}));
}

void tst_SessionInputs::refusesAStepBeforeThePrompt()
{
    const auto session = engineOf(walkModel())->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    QVERIFY(!(*session)->step());
    QVERIFY(!(*session)->rewind(StepIndex{0}));
    QVERIFY(!(*session)->fork(StepIndex{0}));
    QVERIFY(!(*session)->resume(std::vector<StepRecord>(1)));
    QVERIFY_RESULT((*session)->prefill(std::vector{think}));
    QVERIFY_RESULT((*session)->step());
}

void tst_SessionInputs::readsAPromptOnce()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("discrete"), {think});
    const auto again = session->prefill(std::vector{think});
    QVERIFY(!again);
    QCOMPARE(again.error().code, ErrorCode::InvalidArgument);
    QVERIFY_RESULT(session->step());
}

void tst_SessionInputs::readsAPromptAgainAfterItWasCancelled()
{
    auto model = FakeLanguageModel::cycle(5);
    const FakeLanguageModel& fake = *model;
    const auto session =
        engineOf(std::move(model), {})->createSession(settingsOf("discrete", greedy));
    QVERIFY_RESULT(session);
    const std::vector<TokenId> prompt(1000, TokenId{3});
    CancelToken cancel;
    const auto read = (*session)->prefill(
        prompt, [&](const Progress&) { cancel.cancel(); }, cancel);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::Cancelled);
    QVERIFY(fake.forwardRows < 1000);
    QVERIFY_RESULT((*session)->prefill(prompt));
    const auto step = (*session)->step();
    QVERIFY_RESULT(step);
    QCOMPARE((*step)->sampled, TokenId{4});
    QCOMPARE((*step)->cache.rows, 1000);
}

void tst_SessionInputs::reportsTheProgressOfALongPrompt()
{
    const auto session =
        engineOf(FakeLanguageModel::cycle(5), {})->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    std::vector<std::uint64_t> done;
    const auto progress = [&](const Progress& p) {
        QCOMPARE(p.total, 1000U);
        QVERIFY(!p.stage.empty());
        done.push_back(p.done);
    };
    QVERIFY_RESULT((*session)->prefill(std::vector<TokenId>(1000, TokenId{3}), progress));
    QVERIFY(done.size() > 3);
    QVERIFY(std::is_sorted(done.begin(), done.end()));
    QCOMPARE(done.back(), 1000U);
}

void tst_SessionInputs::feedsWhatAPersonSets()
{
    const auto session = sessionOf(engineOf(walkModel()),
                                   settingsOf("soft", {{"answer-temperature", 0.0}}), {think});
    const auto set = session->stepWith(StepInput::token(d));
    QVERIFY_RESULT(set);
    const StepRecord record = **set;
    QCOMPARE(record.input, StepInput::token(d));
    QCOMPARE(record.sampled, d);
    QVERIFY(record.forced);
    QCOMPARE(eventKinds(record), std::vector{EventKind::ByHand});
    QVERIFY(setByHand(record));
    // What would have been decided from is recorded all the same.
    QVERIFY(std::abs(record.filteredEntropy - std::numbers::ln2) < 1e-9);
    QCOMPARE(record.candidates[0].filtered, 0.5F);
    QCOMPARE(record.candidates[0].mixture, 0.0F);

    const auto next = session->step();
    QVERIFY_RESULT(next);
    QCOMPARE((*next)->sampled, end);
    QVERIFY(!setByHand(**next));

    // A forced end of thinking ends it as the model's own would, but is not the model's choice.
    const auto other = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    QVERIFY_RESULT(other->stepWith(StepInput::token(endThink)));
    QCOMPARE(eventKinds(other->steps()[0]), std::vector{EventKind::ByHand});
    QVERIFY_RESULT(other->step());
    QCOMPARE(other->steps()[1].phase, Phase::Answer);
}

void tst_SessionInputs::normalisesAMixtureSetByAPerson()
{
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    const auto set =
        session->stepWith({InputKind::Mixture, {d, b, c, a}, {1.0F, 2.0F, 0.0F, 1.0F}, {}});
    QVERIFY_RESULT(set);
    QCOMPARE((*set)->input.ids, (std::vector{b, a, d}));
    QCOMPARE((*set)->input.weights, (std::vector{0.5F, 0.25F, 0.25F}));
    QCOMPARE((*set)->sampled, b);

    const auto one = session->stepWith({InputKind::Mixture, {d}, {0.3F}, {}});
    QVERIFY_RESULT(one);
    QCOMPARE((*one)->input, StepInput::token(d));
}

void tst_SessionInputs::keepsARecordedMixtureToTheBit()
{
    const auto engine = engineOf(randomModel(40, 4), {});
    const auto session =
        sessionOf(engine, settingsOf("soft", {{"temperature", 3.0}, {"top-p", 1.0}}), {TokenId{1}});
    for (int i = 0; i < 20; ++i) {
        QVERIFY_RESULT(session->step());
        const StepInput recorded = session->steps().back().input;
        QVERIFY(recorded.ids.size() > 2);
        QVERIFY_RESULT(session->rewind(StepIndex{i}));
        QVERIFY_RESULT(session->stepWith(recorded));
        QCOMPARE(session->steps().back().input, recorded);
    }
}

void tst_SessionInputs::keepsWhatWasFedAtEarlierPositions_data()
{
    QTest::addColumn<QByteArray>("mode");
    for (const char* mode : {"soft", "gumbel", "mix-inputs", "swi"})
        QTest::newRow(mode) << QByteArray(mode);
}

/// Mixture of Inputs' runner writes the embeddings of tokens over those of mixtures.
void tst_SessionInputs::keepsWhatWasFedAtEarlierPositions()
{
    QFETCH(QByteArray, mode);
    auto model = std::make_unique<CacheShowingModel>(12, 5);
    const CacheShowingModel& showing = *model;
    RunSettings settings = settingsOf(mode.toStdString(), {{"temperature", 1.0}});
    settings.maxSteps = 30;
    const auto session = sessionOf(engineOf(std::move(model), {}), settings, {a, b});
    QVERIFY_RESULT(run(*session));
    QVERIFY_RESULT(session->rewind(StepIndex{20}));
    QVERIFY_RESULT(run(*session));
    const auto& steps = session->steps();
    const auto& fed = showing.cache->fed;
    QCOMPARE(fed.size(), 2 + steps.size() - 1); // the last one's input is not needed
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
        std::vector<float> weights(12);
        for (std::size_t k = 0; k < steps[i].input.ids.size(); ++k)
            weights[steps[i].input.ids[k].index()] = steps[i].input.weights[k];
        QCOMPARE(fed[2 + i], weights);
    }
    QVERIFY(std::any_of(steps.begin(), steps.end(), [](const StepRecord& step) {
        return step.input.kind == InputKind::Mixture;
    }));
}

void tst_SessionInputs::refusesInputsThatCannotBeFed_data()
{
    QTest::addColumn<StepInput>("input");
    QTest::addColumn<QByteArray>("words");
    const float infinity = std::numeric_limits<float>::infinity();
    const auto row = [](const char* title, StepInput input, const char* words) {
        QTest::newRow(title) << std::move(input) << QByteArray(words);
    };
    row("id too high", StepInput::token(TokenId{7}), "Token id 7 is outside the vocabulary");
    row("id below 0", StepInput::token(TokenId{-1}), "Token id -1 is outside the vocabulary");
    row("no id", {InputKind::Token, {}, {}, {}}, "0 were given");
    row("two ids for a token", {InputKind::Token, {a, b}, {1, 1}, {}}, "2 were given");
    row("empty mixture", {InputKind::Mixture, {}, {}, {}}, "0 ids and 0 weights");
    row("too few weights", {InputKind::Mixture, {a, b}, {1}, {}}, "2 ids and 1 weights");
    row("id of a mixture", {InputKind::Mixture, {a, TokenId{99}}, {1, 1}, {}}, "Token id 99");
    row("negative weight", {InputKind::Mixture, {a, b}, {1, -1}, {}}, "the weight -1");
    row("infinite weight", {InputKind::Mixture, {a, b}, {1, infinity}, {}}, "the weight inf");
    row("no number", {InputKind::Mixture, {a, b}, {1, infinity - infinity}, {}}, "nan");
    row("all weights 0", {InputKind::Mixture, {a, b}, {0, 0}, {}}, "All weights");
    row("twice the same", {InputKind::Mixture, {a, a}, {1, 1}, {}}, "more than once");
    row("hidden", {InputKind::Hidden, {}, {}, {1, 2, 3}}, "kind 'hidden'");
    row("noise", {InputKind::Noise, {a}, {1}, {}}, "kind 'noise'");
}

void tst_SessionInputs::refusesInputsThatCannotBeFed()
{
    QFETCH(StepInput, input);
    QFETCH(QByteArray, words);
    const auto session = sessionOf(engineOf(walkModel()), settingsOf("soft"), {think});
    const auto step = session->stepWith(input);
    QVERIFY(!step);
    QCOMPARE(step.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(step.error().message.find(words.toStdString()) != std::string::npos,
             step.error().message.c_str());
    // A refusal is no failure of the run.
    QVERIFY(session->steps().empty());
    QVERIFY_RESULT(session->step());
}

QTEST_GUILESS_MAIN(tst_SessionInputs)
#include "tst_sessioninputs.moc"
