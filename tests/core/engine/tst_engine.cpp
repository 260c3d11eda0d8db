#include "sessiontools.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

class tst_Engine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isMadeFromParts();
    void needsATokenizerForText();
    void saysWhichTextItCannotEncode();
    void makesSessionsThatKeepItAlive();
    void refusesBadSettings();
    void givesLogitsOfTheLastPosition();
    void givesLogitsOfAllPositions();
    void givesTheLogitsThatASessionSees();
    void refusesIdsThatItHasNoLogitsFor();
    void refusesAFolderThatIsNotThere();
};

void tst_Engine::isMadeFromParts()
{
    const auto engine = engineOf(walkModel());
    QCOMPARE(engine->identity().name, std::string("fake"));
    QVERIFY(engine->tokenizer() == nullptr);
    QCOMPARE(engine->tokens()->size(), 7U);
    QCOMPARE(engine->tokens()->piece(TokenId{3}), std::string("[3]"));
    QCOMPARE(engine->markers().thinkEnd, endThink);
    QVERIFY(engine->markers().isEnd(end));
    QVERIFY(!engine->markers().isEnd(a));
}

void tst_Engine::needsATokenizerForText()
{
    const auto ids = engineOf(walkModel())->encodePrompt("a b");
    QVERIFY(!ids);
    QCOMPARE(ids.error().code, ErrorCode::Unsupported);
    QVERIFY(ids.error().message.find("tokenizer.json") != std::string::npos);
}

void tst_Engine::saysWhichTextItCannotEncode()
{
    auto tokenizer = Tokenizer::fromJson(
        R"({"pre_tokenizer": {"type": "WhitespaceSplit"},
            "model": {"type": "WordLevel", "unk_token": null, "vocab": {"a": 3, "b": 4}}})",
        "words.json");
    QVERIFY_RESULT(tokenizer);
    const auto engine = Engine::fromParts(walkModel(), std::move(*tokenizer), wordMarkers());
    QVERIFY_RESULT(engine->encodePrompt("b a"));
    const auto ids = engine->encodePrompt("b c");
    QVERIFY(!ids);
    QCOMPARE(ids.error().code, ErrorCode::InvalidInput);
    QVERIFY(ids.error().message.starts_with("words.json: The word 'c' is not in the vocabulary"));
    const auto session =
        engine->createSession(settingsOf("soft", {{"cold-stop-inject", std::string("c")}}));
    QVERIFY(!session);
    QVERIFY(session.error().message.starts_with("cold-stop-inject cannot be made into tokens: "));
}

void tst_Engine::makesSessionsThatKeepItAlive()
{
    auto engine = engineOf(walkModel());
    const auto session = sessionOf(engine, settingsOf("soft"), {think});
    const auto fork = session->fork(StepIndex{0});
    engine.reset();
    QVERIFY_RESULT(run(*session));
    QVERIFY_RESULT(run(**fork));
}

void tst_Engine::refusesBadSettings()
{
    const auto engine = engineOf(walkModel());
    const auto unknown = engine->createSession(settingsOf("hard"));
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code, ErrorCode::InvalidArgument);
    QVERIFY(!engine->createSession(settingsOf("soft", {{"top-p", 2.0}})));
    // The words need a tokenizer, which this model has not.
    QVERIFY(!engine->createSession(settingsOf("soft", {{"cold-stop-inject", std::string("so")}})));
}

void tst_Engine::givesLogitsOfTheLastPosition()
{
    const auto logits = engineOf(walkModel())->logits(std::vector{think, c}, LogitsOf::Last);
    QVERIFY_RESULT(logits);
    QCOMPARE(logits->size(), 7U);
    QCOMPARE((*logits)[endThink.index()], 0.0F);
    QCOMPARE((*logits)[a.index()], -40.0F);
}

void tst_Engine::givesLogitsOfAllPositions()
{
    // Longer than one chunk.
    std::vector<TokenId> ids;
    for (int i = 0; i < 1000; ++i)
        ids.push_back(TokenId{i % 7});
    const auto engine = engineOf(randomModel(7, 1));
    const auto all = engine->logits(ids, LogitsOf::All);
    QVERIFY_RESULT(all);
    QCOMPARE(all->size(), 7000U);
    for (const std::size_t at : {0U, 1U, 127U, 128U, 500U, 999U}) {
        const auto last = engine->logits(std::vector{ids[at]}, LogitsOf::Last);
        QVERIFY_RESULT(last);
        QVERIFY(std::equal(last->begin(), last->end(),
                           all->begin() + static_cast<std::ptrdiff_t>(7 * at)));
    }
}

void tst_Engine::givesTheLogitsThatASessionSees()
{
    const auto engine = engineOf(randomModel(7, 1));
    const std::vector prompt{a, b, c};
    const auto logits = engine->logits(prompt, LogitsOf::Last);
    QVERIFY_RESULT(logits);
    LogitsSummary summary;
    LogitsPass(*logits).summarise(7, summary);
    const auto session = sessionOf(engine, settingsOf("discrete"), prompt);
    QVERIFY_RESULT(session->step());
    QVERIFY(session->steps()[0].entropy == summary.entropy);
}

void tst_Engine::refusesIdsThatItHasNoLogitsFor()
{
    const auto engine = engineOf(wordModel({}, 10));
    for (const auto& ids :
         {std::vector<TokenId>{}, std::vector{TokenId{7}}, std::vector<TokenId>(11, a)}) {
        const auto logits = engine->logits(ids, LogitsOf::All);
        QVERIFY(!logits);
        QCOMPARE(logits.error().code, ErrorCode::InvalidArgument);
    }
}

void tst_Engine::refusesAFolderThatIsNotThere()
{
    const auto engine = Engine::load("/nowhere/at/all", {});
    QVERIFY(!engine);
    QCOMPARE(engine.error().code, ErrorCode::NotFound);
    QVERIFY(engine.error().message.find("/nowhere/at/all") != std::string::npos);
}

QTEST_GUILESS_MAIN(tst_Engine)
#include "tst_engine.moc"
