// What a person says of tokens, in whole runs: penalties, biases, bans and a forced start, against
// a reference that adjusts the fake model's logits in plain loops; and texts that end the run.
#include "reasoning/modes.h"
#include "sessioncases.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr int vocabulary = 12;

std::vector<float> rowAfter(int token)
{
    return reference::randomLogits(vocabulary, 9000 + static_cast<std::uint64_t>(token), 2);
}

/// randomModel(12, 9), whose rows these are.
std::shared_ptr<const Engine> engine()
{
    return engineOf(randomModel(vocabulary, 9), {});
}

/// Temperature 1 and no filter, so that `filtered` is the softmax of the adjusted logits.
RunSettings plain(ParameterValues more)
{
    ParameterValues values{
        {"temperature", 1.0}, {"top-k", std::int64_t{0}}, {"top-p", 1.0}, {"min-p", 0.0}};
    for (auto& [name, value] : more)
        values[name] = value;
    RunSettings settings = settingsOf("discrete", std::move(values));
    settings.maxSteps = 40;
    settings.candidates = vocabulary;
    return settings;
}

const std::vector<TokenId> prompt{a, b, a};

/// Fails the test unless every step of a run was decided from these logits: `adjust` is given the
/// model's own and all tokens so far.
template <class Adjust>
void compareWithReference(const RunSettings& settings, const Adjust& adjust)
{
    const auto session = sessionOf(engine(), settings, prompt);
    QVERIFY(session);
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().size(), 40U);
    std::vector<int> said;
    int last = prompt.back().value;
    for (const StepRecord& step : session->steps()) {
        const auto own = rowAfter(last);
        std::vector<double> adjusted(own.begin(), own.end());
        adjust(adjusted, said);
        const std::vector<double> raw = reference::softmax(own, 1);
        const std::vector<double> filtered =
            reference::softmax(std::vector<float>(adjusted.begin(), adjusted.end()), 1);
        // The recorded distribution stays the model's own.
        QVERIFY(std::abs(step.entropy - reference::entropy(raw)) < 1e-6);
        QVERIFY(std::abs(step.filteredEntropy - reference::entropy(filtered)) < 1e-6);
        QVERIFY(std::abs(step.scaledEntropy - reference::entropy(filtered)) < 1e-6);
        for (const Candidate& candidate : step.candidates) {
            QVERIFY(std::abs(candidate.raw - raw[candidate.id.index()]) < 1e-6);
            QVERIFY(std::abs(candidate.filtered - filtered[candidate.id.index()]) < 1e-6);
        }
        last = step.sampled.value;
        said.push_back(last);
    }
}

std::int64_t times(const std::vector<int>& said, int id)
{
    return std::count(said.begin(), said.end(), id);
}

constexpr double impossible = -std::numeric_limits<double>::infinity();

/// Tokens "x", the halves of "é", "!", "ab", "cd" and "\n", said in the order x ab cd é ! \n.
std::shared_ptr<const Engine> speaker()
{
    const auto next = [](int to) { return Odds{{TokenId{to}, 1}}; };
    auto tokenizer = Tokenizer::fromJson(
        R"({"version": "1.0", "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
            "post_processor": null, "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "merges": [],
                      "vocab": {"x": 0, "\u00c3": 1, "\u00a9": 2, "!": 3, "ab": 4, "cd": 5,
                                "\u010a": 6}}})",
        "halves");
    if (!tokenizer)
        qFatal("%s", tokenizer.error().message.c_str());
    return Engine::fromParts(wordModel({{TokenId{0}, next(4)},
                                        {TokenId{4}, next(5)},
                                        {TokenId{5}, next(1)},
                                        {TokenId{1}, next(2)},
                                        {TokenId{2}, next(3)},
                                        {TokenId{3}, next(6)},
                                        {TokenId{6}, next(0)}}),
                             std::move(*tokenizer), {});
}

RunSettings speaking(std::vector<std::string> stop)
{
    RunSettings settings = settingsOf("discrete", greedy);
    settings.maxSteps = 14;
    settings.stop = std::move(stop);
    return settings;
}

} // namespace

class tst_SessionTokens : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void decidesAsIfUnadjustedWhenAllIsOff();
    void penalisesWhatWasSaid();
    void penalisesWithinTheWindowAndThePrompt();
    void biasesAndBans();
    void neverMixesABannedToken();
    void adjustsEachSegmentByItsOwn();
    void refusesBadTokensWhenTheRunIsMade();
    void failsWhenEverythingPossibleIsBanned();
    void beginsWithTheForcedStart();
    void forcesABannedStart();
    void beginsAForkFromTheStartWithItsOwnForcedStart();
    void startsThinkingByAForcedMarker();

    void endsWithAStopText_data();
    void endsWithAStopText();
    void asksTheEndTokenFirst();
    void joinsWordsBeforeItLooksForAStopText();
    void goesOnAfterAStopTextThatWasThereBefore();
    void stopsAForkAndAResumedRunAtTheSameStep();
    void stopsAtTheTokenThatAMixtureShows();
};

void tst_SessionTokens::decidesAsIfUnadjustedWhenAllIsOff()
{
    const auto off = sessionOf(engine(), plain({}), prompt);
    QVERIFY_RESULT(run(*off));
    const auto neutral = sessionOf(
        engine(), plain({{"penalty-window", std::int64_t{3}}, {"logit-bias", std::string("3:0")}}),
        prompt);
    QVERIFY_RESULT(run(*neutral));
    QCOMPARE_STEPS(neutral->steps(), off->steps());
    compareWithReference(plain({}), [](std::vector<double>&, const std::vector<int>&) {});
}

void tst_SessionTokens::penalisesWhatWasSaid()
{
    compareWithReference(plain({{"repetition-penalty", 1.7},
                                {"frequency-penalty", 0.3},
                                {"presence-penalty", 0.9}}),
                         [](std::vector<double>& z, const std::vector<int>& said) {
                             for (int id = 0; id < vocabulary; ++id) {
                                 double& logit = z[static_cast<std::size_t>(id)];
                                 if (times(said, id) == 0)
                                     continue;
                                 logit = logit > 0 ? logit / 1.7 : logit * 1.7;
                                 logit -= 0.3 * static_cast<double>(times(said, id)) + 0.9;
                             }
                         });
}

void tst_SessionTokens::penalisesWithinTheWindowAndThePrompt()
{
    compareWithReference(plain({{"frequency-penalty", 0.8},
                                {"penalty-window", std::int64_t{5}},
                                {"penalty-prompt", true}}),
                         [](std::vector<double>& z, const std::vector<int>& said) {
                             std::vector<int> all{3, 4, 3};
                             all.insert(all.end(), said.begin(), said.end());
                             if (all.size() > 5)
                                 all.erase(all.begin(), all.end() - 5);
                             for (int id = 0; id < vocabulary; ++id)
                                 z[static_cast<std::size_t>(id)] -=
                                     0.8 * static_cast<double>(times(all, id));
                         });
}

void tst_SessionTokens::biasesAndBans()
{
    compareWithReference(
        plain({{"logit-bias", std::string("2:+1.5, 7:-3")}, {"ban", std::string("0, 11")}}),
        [](std::vector<double>& z, const std::vector<int>&) {
            z[2] += 1.5;
            z[7] -= 3;
            z[0] = z[11] = impossible;
        });
}

void tst_SessionTokens::neverMixesABannedToken()
{
    const auto words = Engine::fromParts(randomModel(7, 9), wordTokenizer(), wordMarkers());
    int modesRun = 0;
    for (const Mode& mode : modes()) {
        RunSettings settings = settingsOf(mode.name, {{"ban", std::string("0, 4")}});
        settings.maxSteps = 12;
        const auto session = words->createSession(settings);
        if (!session) // needs what this model lacks
            continue;
        ++modesRun;
        QVERIFY_RESULT((*session)->prefill(prompt));
        QVERIFY_RESULT(run(**session));
        for (const StepRecord& step : (*session)->steps()) {
            if (step.forced)
                continue;
            QVERIFY2(step.sampled != end && step.sampled != b, mode.name.c_str());
            for (const TokenId id : step.input.ids)
                QVERIFY2(id != end && id != b, mode.name.c_str());
        }
    }
    QVERIFY(modesRun >= 8);
}

void tst_SessionTokens::adjustsEachSegmentByItsOwn()
{
    RunSettings settings = plain({{"ban", std::string("5")}});
    settings.schedule.segments = {
        {{.kind = TriggerKind::Step, .step = 20, .entropy = 0, .text = {}},
         {},
         {{"ban", std::string("6")}, {"presence-penalty", 1.0}}}};
    compareWithReference(settings, [](std::vector<double>& z, const std::vector<int>& said) {
        if (said.size() < 20) {
            z[5] = impossible;
            return;
        }
        for (int id = 0; id < vocabulary; ++id)
            z[static_cast<std::size_t>(id)] -= times(said, id) > 0 ? 1 : 0;
        z[6] = impossible;
    });
}

void tst_SessionTokens::refusesBadTokensWhenTheRunIsMade()
{
    const auto refused = engine()->createSession(plain({{"ban", std::string("12")}}));
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("go from 0 to 11") != std::string::npos);
}

void tst_SessionTokens::failsWhenEverythingPossibleIsBanned()
{
    FakeLanguageModel::Rows rows(7, std::vector<float>(7, float(impossible)));
    rows[3] = {0, 0, 0, 0, 0, 0, 0};
    rows[4][5] = 0;
    const auto session =
        sessionOf(engineOf(std::make_unique<FakeLanguageModel>(rows)),
                  settingsOf("discrete", {{"ban", std::string("5")},
                                          {"logit-bias", std::string("4:100")}}),
                  {a});
    QVERIFY_RESULT(session->step());
    QCOMPARE(session->steps()[0].sampled, b);
    const auto failed = session->step();
    QVERIFY(!failed);
    QVERIFY(failed.error().message.find("step 1 every token") != std::string::npos);
    QCOMPARE(session->steps().size(), 1U);
}

void tst_SessionTokens::beginsWithTheForcedStart()
{
    const auto engine = Engine::fromParts(randomModel(7, 5), wordTokenizer(), {});
    RunSettings settings = settingsOf("discrete", {{"force-start", std::string("c d c")}});
    settings.maxSteps = 6;
    const auto session = sessionOf(engine, settings, {a});
    QVERIFY_RESULT(run(*session));
    const auto& steps = session->steps();
    for (std::size_t i = 0; i < 3; ++i) {
        QCOMPARE(steps[i].input, StepInput::token(i == 1 ? d : c));
        QVERIFY(steps[i].forced);
        QCOMPARE(steps[i].events.back().detail, std::string("the forced start"));
        QCOMPARE(steps[i].forcedQueue.size(), 3 - i);
    }
    QVERIFY(!steps[3].forced && steps[3].forcedQueue.empty());
}

void tst_SessionTokens::forcesABannedStart()
{
    const auto engine = Engine::fromParts(randomModel(7, 5), wordTokenizer(), {});
    RunSettings settings = settingsOf(
        "discrete", {{"force-start", std::string("c c")}, {"ban", std::string("'c'")}});
    settings.maxSteps = 20;
    const auto session = sessionOf(engine, settings, {a});
    QVERIFY_RESULT(run(*session));
    const auto said = sampledIds(session->steps());
    QCOMPARE(times(said, c.value), std::int64_t{2});
    QCOMPARE(said[1], c.value);
}

void tst_SessionTokens::beginsAForkFromTheStartWithItsOwnForcedStart()
{
    const auto engine = Engine::fromParts(randomModel(7, 5), wordTokenizer(), {});
    const auto session =
        sessionOf(engine, settingsOf("discrete", {{"force-start", std::string("c d c")}}), {a});
    QVERIFY_RESULT(run(*session, 2));
    auto other = session->fork(StepIndex{0},
                               settingsOf("soft", {{"force-start", std::string("b")}}));
    QVERIFY_RESULT(other);
    QVERIFY_RESULT(run(**other, 2));
    QCOMPARE((*other)->steps()[0].sampled, b);
    QVERIFY((*other)->steps()[0].forced && !(*other)->steps()[1].forced);

    auto none = session->fork(StepIndex{0}, settingsOf("discrete"));
    QVERIFY_RESULT(none);
    QVERIFY_RESULT(run(**none, 1));
    QVERIFY(!(*none)->steps()[0].forced);

    QVERIFY_RESULT(session->rewind(StepIndex{0}));
    QVERIFY_RESULT(run(*session, 3));
    QCOMPARE(sampledIds(session->steps()), (std::vector<int>{5, 6, 5}));
}

void tst_SessionTokens::startsThinkingByAForcedMarker()
{
    const auto engine = Engine::fromParts(walkModel(), wordTokenizer(), wordMarkers());
    RunSettings settings = settingsOf("soft", {{"force-start", std::string("think")}});
    settings.start = StartPhase::Answer;
    const auto session = sessionOf(engine, settings, {a});
    QVERIFY_RESULT(run(*session, 2));
    QCOMPARE(session->steps()[0].phase, Phase::Answer);
    QCOMPARE(session->steps()[1].phase, Phase::Think);
    QCOMPARE(session->steps()[1].mode, std::string("soft"));
}

void tst_SessionTokens::endsWithAStopText_data()
{
    QTest::addColumn<QByteArrayList>("stop");
    QTest::addColumn<int>("steps"); // of ab cd C3 A9 ! \n x ab cd C3 A9 ! \n x
    QTest::newRow("none") << QByteArrayList{} << 14;
    QTest::newRow("not there") << QByteArrayList{"ba"} << 14;
    QTest::newRow("a whole token") << QByteArrayList{"cd"} << 2;
    QTest::newRow("within a token") << QByteArrayList{"d"} << 2;
    QTest::newRow("the first token") << QByteArrayList{"ab"} << 1;
    QTest::newRow("across two tokens") << QByteArrayList{"bc"} << 2;
    QTest::newRow("across four tokens") << QByteArrayList{"bcd\u00e9"} << 4;
    QTest::newRow("a character of two tokens") << QByteArrayList{"\u00e9"} << 4;
    QTest::newRow("a line's end") << QByteArrayList{"!\n"} << 6;
    QTest::newRow("over all so far") << QByteArrayList{"abcd\u00e9!\nx"} << 7;
    QTest::newRow("the prompt does not count") << QByteArrayList{"xab"} << 8;
    QTest::newRow("the first of several") << QByteArrayList{"!\n", "d\u00e9", "q"} << 4;
    QTest::newRow("a short one after a long one") << QByteArrayList{"abcd\u00e9!\nxq", "!"} << 5;
}

void tst_SessionTokens::endsWithAStopText()
{
    QFETCH(QByteArrayList, stop);
    QFETCH(int, steps);
    std::vector<std::string> texts;
    for (const QByteArray& text : stop)
        texts.push_back(text.toStdString());
    const auto session = sessionOf(speaker(), speaking(texts), {TokenId{0}});
    QVERIFY(session);
    QVERIFY_RESULT(run(*session));
    QCOMPARE(static_cast<int>(session->steps().size()), steps);
    const auto expected = steps < 14 ? StopReason::StopText : StopReason::MaxSteps;
    QCOMPARE(session->stopReason(), expected);
    QCOMPARE(session->steps().back().stop, expected);
}

void tst_SessionTokens::asksTheEndTokenFirst()
{
    const auto engine = Engine::fromParts(walkModel(), wordTokenizer(), wordMarkers());
    RunSettings settings = settingsOf("discrete", greedy);
    settings.stop = {"end"};
    const auto session = sessionOf(engine, settings, {d});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->stopReason(), StopReason::EndToken);
}

void tst_SessionTokens::joinsWordsBeforeItLooksForAStopText()
{
    const auto engine = Engine::fromParts(walkModel(), wordTokenizer(), wordMarkers());
    RunSettings settings = settingsOf("discrete", greedy);
    settings.stop = {"c endthink"};
    const auto session = sessionOf(engine, settings, {think});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->stopReason(), StopReason::StopText);
    QCOMPARE(session->steps().back().sampled, endThink);
    settings.stop = {"cendthink"};
    const auto other = sessionOf(engine, settings, {think});
    QVERIFY_RESULT(run(*other));
    QCOMPARE(other->stopReason(), StopReason::EndToken);
}

void tst_SessionTokens::goesOnAfterAStopTextThatWasThereBefore()
{
    const auto session = sessionOf(speaker(), speaking({"cd\u00e9"}), {TokenId{0}});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().size(), 4U);
    QVERIFY_RESULT(session->rewind(session->nextStep()));
    QVERIFY_RESULT(run(*session));
    // "abcdé!\nxabcdé": its second time.
    QCOMPARE(session->steps().size(), 11U);
    QCOMPARE(session->stopReason(), StopReason::StopText);
}

void tst_SessionTokens::stopsAForkAndAResumedRunAtTheSameStep()
{
    const auto engine = speaker();
    const auto whole = sessionOf(engine, speaking({"bcd\u00e9!"}), {TokenId{0}});
    QVERIFY_RESULT(run(*whole));
    QCOMPARE(whole->steps().size(), 5U);
    for (std::int64_t at = 0; at < 5; ++at) {
        const auto fork = whole->fork(StepIndex{at});
        QVERIFY_RESULT(fork);
        QVERIFY_RESULT(run(**fork));
        QCOMPARE_STEPS((*fork)->steps(), whole->steps());

        const auto resumed = sessionOf(engine, whole->settings(), {TokenId{0}});
        QVERIFY_RESULT(
            resumed->resume(std::span(whole->steps()).first(static_cast<std::size_t>(at))));
        QVERIFY_RESULT(run(*resumed));
        QCOMPARE_STEPS(resumed->steps(), whole->steps());
    }
}

void tst_SessionTokens::stopsAtTheTokenThatAMixtureShows()
{
    const auto engine =
        Engine::fromParts(wordModel({{think, {{a, 0.6}, {b, 0.4}}}, {a, {{c, 1}}}, {b, {{c, 1}}}}),
                          wordTokenizer(), wordMarkers());
    RunSettings settings = settingsOf("soft");
    settings.stop = {"a"};
    const auto session = sessionOf(engine, settings, {think});
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->steps().size(), 1U);
    QCOMPARE(session->steps()[0].input.kind, InputKind::Mixture);
    QCOMPARE(session->stopReason(), StopReason::StopText);
}

QTEST_GUILESS_MAIN(tst_SessionTokens)
#include "tst_sessiontokens.moc"
