// Two trained models that take turns: the two that are built in, which have one tokenizer.
#include "sessiontools.h"
#include "shareddata.h"
#include "speculativereference.h"

#include <QTest>

#include <algorithm>
#include <filesystem>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr std::string_view walk =
    "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>";

std::shared_ptr<const Engine> builtIn(const char* name)
{
    auto engine = Engine::load(std::filesystem::path(HALFTONE_TEST_MODELS) / name,
                               {.device = "cpu", .threads = 1});
    if (!engine)
        qFatal("%s", engine.error().message.c_str());
    return std::move(*engine);
}

} // namespace

class tst_TwoModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void writeAsTheReferenceLetsThem();
    void continueAForkAtManySteps();
    void continueAResumedRecordAtManySteps();
    void areOneWhereBothAreTheSame();
    void refuseEachOtherOverTwoTokenizers();

private:
    [[nodiscard]] int id(const char* word) const { return m_weak->tokenizer()->idOf(word)->value; }
    [[nodiscard]] RunSettings takingTurns() const;
    [[nodiscard]] std::vector<TokenId> prompt() const { return *m_weak->encodePrompt(walk); }

    std::shared_ptr<const Engine> m_weak;
    std::shared_ptr<const Engine> m_strong;
};

void tst_TwoModels::initTestCase()
{
    m_weak = builtIn("starter");
    m_strong = builtIn("starter-soft");
}

/// Hot, so that every word comes.
RunSettings tst_TwoModels::takingTurns() const
{
    RunSettings settings = settingsOf(
        "speculative", {{"temperature", 3.0},
                        {"top-k", std::int64_t{0}},
                        {"top-p", 1.0},
                        {"answer-temperature", 3.0},
                        {"in-answer", true},
                        {"delimiter", std::string("</think>")},
                        {"affirming-words", std::string("lell")},
                        {"doubting-words", std::string("nilt")},
                        {"verifying-words", std::string("diff, femp, gand, kurn, melt, buzz")},
                        {"turn-length", std::int64_t{3}},
                        {"verify-length", std::int64_t{2}},
                        {"recap-after", std::int64_t{1}},
                        {"recap-after-growth", std::int64_t{1}},
                        {"recap-after-most", std::int64_t{3}},
                        {"recap-text", std::string("bern gill")},
                        {"recap-length", std::int64_t{4}},
                        {"recap-length-growth", std::int64_t{1}},
                        {"recap-length-most", std::int64_t{5}}});
    settings.seed = 6;
    settings.maxSteps = 120;
    settings.ignoreEnd = true;
    return settings;
}

void tst_TwoModels::writeAsTheReferenceLetsThem()
{
    // From an empty cache for every word: what a lane has in its cache must be the same text.
    const auto after = [](const std::shared_ptr<const Engine>& engine) {
        return [engine](const std::vector<int>& text) {
            std::vector<TokenId> ids;
            for (const int id : text)
                ids.emplace_back(id);
            return *engine->logits(ids, LogitsOf::Last);
        };
    };
    std::vector<int> ids;
    for (const TokenId token : prompt())
        ids.push_back(token.value);
    SpeculativeReference reference(after(m_weak), after(m_strong), ids);
    reference.seed = 6;
    reference.length = 120;
    reference.temperature = 3.0;
    reference.delimiter = id("</think>");
    reference.affirming = {id("lell")};
    reference.doubting = {id("nilt")};
    reference.verifying = {id("diff"), id("femp"), id("gand"), id("kurn"), id("melt"), id("buzz")};
    reference.recapAfter = 1;
    reference.recapText = {id("bern"), id("gill")};
    const auto expected = reference.write();
    for (const char* what : {"turn", "neutral", "verify", "recap"})
        QVERIFY2(reference.used[what] > 0, what);

    const auto session = sessionOf(m_weak, takingTurns(), prompt(), m_strong);
    QVERIFY_RESULT(run(*session));
    const auto found = writtenBy(*session);
    QCOMPARE(found.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        QVERIFY2(found[i] == expected[i], qPrintable(QString::number(i)));
}

void tst_TwoModels::continueAForkAtManySteps()
{
    const auto whole = sessionOf(m_weak, takingTurns(), prompt(), m_strong);
    QVERIFY_RESULT(run(*whole));
    for (std::int64_t k = 0; k < 120; k += 7) {
        const auto fork = whole->fork(StepIndex{k});
        QVERIFY_RESULT(fork);
        QVERIFY_RESULT(run(**fork));
        QCOMPARE_STEPS((*fork)->steps(), whole->steps());
    }
}

void tst_TwoModels::continueAResumedRecordAtManySteps()
{
    const auto whole = sessionOf(m_weak, takingTurns(), prompt(), m_strong);
    QVERIFY_RESULT(run(*whole));
    for (std::size_t k = 1; k < 120; k += 7) {
        const auto session = sessionOf(m_weak, takingTurns(), prompt(), m_strong);
        QVERIFY_RESULT(session->resume(std::span(whole->steps()).first(k)));
        QVERIFY_RESULT(run(*session));
        QCOMPARE_STEPS(session->steps(), whole->steps());
    }
}

void tst_TwoModels::areOneWhereBothAreTheSame()
{
    // Who writes makes no difference then: the words are those of one model alone.
    RunSettings two = takingTurns();
    two.parameters["hand-over"] = std::string("entropy");
    two.parameters["hand-over-entropy"] = 0.5;
    RunSettings one = takingTurns();
    one.mode = "discrete";
    one.parameters = {
        {"temperature", 3.0}, {"top-k", std::int64_t{0}}, {"top-p", 1.0}, {"min-p", 0.0}};
    const auto both = sessionOf(m_weak, two, prompt(), m_weak);
    const auto alone = sessionOf(m_weak, one, prompt());
    QVERIFY_RESULT(run(*both));
    QVERIFY_RESULT(run(*alone));
    const auto& steps = both->steps();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        QCOMPARE(steps[i].sampled, alone->steps()[i].sampled);
        // Rows that were missed are fed at once: the same sums in another order.
        QVERIFY(std::abs(steps[i].entropy - alone->steps()[i].entropy) < 1e-4);
    }
    QVERIFY(std::any_of(steps.begin(), steps.end(), [](const auto& s) { return s.model == 1; }));
    QVERIFY(std::any_of(steps.begin(), steps.end(), [](const auto& s) { return s.model == 0; }));
}

void tst_TwoModels::refuseEachOtherOverTwoTokenizers()
{
    const auto folder = SHARED_DATA("models/stories260k");
    auto other = Engine::load(folder, {.device = "cpu", .threads = 1});
    QVERIFY_RESULT(other);
    const auto session = m_weak->createSession(takingTurns(), *other);
    QVERIFY(!session);
    QVERIFY2(session.error().message.starts_with("Two models can take turns only over one "
                                                 "tokenizer: token 0 is '<pad>' to starter"),
             session.error().message.c_str());
}

QTEST_GUILESS_MAIN(tst_TwoModels)
#include "tst_twomodels.moc"
