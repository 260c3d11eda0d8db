// halftone-cli replay --verify: stored runs come out again to the bit, and what differs is named.
#include "cliprocess.h"
#include "engine/engine.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"
#include "store/runrecorder.h"
#include "store/sessionstore.h"

#include <QTest>

#include <cmath>
#include <optional>
#include <span>

using namespace halftone;
using namespace halftone::test;

namespace {

const std::string walk =
    "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>";

RunSettings settingsOf(const std::string& mode, std::int64_t maxSteps)
{
    RunSettings settings;
    settings.mode = mode;
    settings.seed = 3;
    settings.maxSteps = maxSteps;
    settings.parameters["temperature"] = 1.0;
    return settings;
}

RunInfo infoOf(const Session& session)
{
    RunInfo info = session.describe();
    info.prompt = walk;
    return info;
}

QJsonObject difference(const CliResult& result)
{
    return result.object()["first_difference"].toObject();
}

} // namespace

class TestCliVerify : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void runsOfTheCommandLineComeOutAgain_data();
    void runsOfTheCommandLineComeOutAgain();
    void inputsSetByHandAreSetAgain();
    void forkedRunsAreFedTheirParentsSteps();
    void forksOfForksComeOutAgain();
    void theFirstStepThatDiffersIsNamed();
    void anotherPredictorIsNamed();
    void aRunThatGoesOnAfterItsEndDiffers();
    void anotherModelIsRefused();
    void aMovedModelCanBeNamed();
    void aRunWithoutStepsIsEqual();
    void aRunOfQuantisedWeightsIsComputedWithSuchAgain();

private:
    [[nodiscard]] std::unique_ptr<Session> session(const RunSettings&) const;
    /// Stores the session's steps from the origin on, and returns the run's number.
    [[nodiscard]] RunId store(const Session&, RunInfo) const;
    [[nodiscard]] SessionId sessionOf(RunId) const;
    [[nodiscard]] CliResult verify(RunId, const QStringList& more = {}) const;

    Cli m_cli;
    std::shared_ptr<const Engine> m_engine;
};

void TestCliVerify::initTestCase()
{
    const auto engine = Engine::load(testModel("starter").toStdString(), ModelOptions{"cpu", 1});
    QVERIFY_RESULT(engine);
    m_engine = *engine;
}

std::unique_ptr<Session> TestCliVerify::session(const RunSettings& settings) const
{
    const auto ids = m_engine->encodePrompt(walk);
    auto made = m_engine->createSession(settings);
    if (!ids || !made || !(*made)->prefill(*ids))
        return nullptr;
    return std::move(*made);
}

RunId TestCliVerify::store(const Session& session, RunInfo info) const
{
    const auto library = SessionStore::open(m_cli.library().toStdString());
    if (!library)
        return {};
    if (info.session.value == 0)
        info.session = (*library)->createSession("Verified").value_or(SessionId{});
    const auto run = (*library)->createRun(info, *m_engine->tokens());
    if (!run)
        return {};
    const std::span<const StepRecord> steps(session.steps());
    const std::size_t first = info.origin ? info.origin->step.index() : 0;
    if (!(*library)->appendSteps(*run, steps.subspan(first)) ||
        !(*library)->finishRun(*run, RunStatus::Finished, session.stopReason(), session.timings()))
        return {};
    return *run;
}

SessionId TestCliVerify::sessionOf(RunId run) const
{
    const auto library =
        SessionStore::open(m_cli.library().toStdString(), SessionStore::Access::ReadOnly);
    const auto info = library ? (*library)->run(run) : Unexpected(library.error());
    return info ? info->session : SessionId{};
}

CliResult TestCliVerify::verify(RunId run, const QStringList& more) const
{
    return m_cli.run(QStringList{"replay", QString::number(run.value), "--verify", "--json"} +
                     more);
}

void TestCliVerify::runsOfTheCommandLineComeOutAgain_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("discrete") << QStringList{"--temperature", "1"};
    QTest::newRow("greedy") << QStringList{"--temperature", "0"};
    QTest::newRow("soft") << QStringList{"--mode", "soft", "--temperature", "1"};
    QTest::newRow("two threads") << QStringList{"--mode", "soft", "--threads", "2"};
    QTest::newRow("cold stop with ids fed by force") << QStringList{"--mode",
                                                                    "soft",
                                                                    "--cold-stop-entropy",
                                                                    "20",
                                                                    "--cold-stop-length",
                                                                    "3",
                                                                    "--cold-stop-inject",
                                                                    "lell nilt",
                                                                    "--answer-temperature",
                                                                    "1"};
    QTest::newRow("going on after the end") << QStringList{"--ignore-end", "--max-steps", "60"};
    QTest::newRow("few candidates") << QStringList{"--candidates", "3"};
}

void TestCliVerify::runsOfTheCommandLineComeOutAgain()
{
    QFETCH(QStringList, arguments);
    const CliResult run = m_cli.run(
        QStringList{"run", "--prompt", QString::fromStdString(walk), "--json"} + arguments);
    COMPARE_DONE(run);
    const CliResult result = verify(RunId{run.object()["run"].toInteger()});
    COMPARE_DONE(result);
    QCOMPARE(result.object()["equal"], QJsonValue(true));
    QVERIFY(result.object()["first_difference"].isNull());
    QCOMPARE(result.object()["steps"], run.object()["steps"]);
}

void TestCliVerify::inputsSetByHandAreSetAgain()
{
    const auto soft = session(settingsOf("soft", 12));
    QVERIFY(soft);
    QVERIFY_RESULT(soft->step());
    QVERIFY_RESULT(soft->stepWith(StepInput::token(TokenId{40})));
    StepInput mixture;
    mixture.kind = InputKind::Mixture;
    mixture.ids = {TokenId{41}, TokenId{42}, TokenId{43}};
    mixture.weights = {3, 2, 2};
    QVERIFY_RESULT(soft->stepWith(mixture));
    while (!soft->finished())
        QVERIFY_RESULT(soft->step());
    const CliResult result = verify(store(*soft, infoOf(*soft)));
    QVERIFY2(result.exitCode == 0, result.out + result.err);
    QCOMPARE(result.object()["equal"], QJsonValue(true));
}

void TestCliVerify::forkedRunsAreFedTheirParentsSteps()
{
    const auto parent = session(settingsOf("soft", 12));
    QVERIFY(parent);
    while (!parent->finished())
        QVERIFY_RESULT(parent->step());
    const RunId parentRun = store(*parent, infoOf(*parent));

    RunSettings changed = settingsOf("discrete", 20);
    changed.seed = 99;
    const auto child = parent->fork(StepIndex{3}, changed);
    QVERIFY_RESULT(child);
    QVERIFY_RESULT((*child)->stepWith(StepInput::token(TokenId{40})));
    while (!(*child)->finished())
        QVERIFY_RESULT((*child)->step());
    RunInfo info = infoOf(**child);
    info.session = sessionOf(parentRun);
    info.origin = ForkOrigin{parentRun, StepIndex{3}, "fed another word"};
    const RunId childRun = store(**child, info);

    const CliResult result = verify(childRun);
    QVERIFY2(result.exitCode == 0, result.out + result.err);
    QCOMPARE(result.object()["shared_steps"].toInteger(), 3);
    const CliResult text = m_cli.run({"replay", QString::number(childRun.value), "--verify"});
    QVERIFY2(text.out.contains("came out the same to the bit"), text.out);
    QVERIFY2(text.out.contains("after 3 shared with run " + QByteArray::number(parentRun.value)),
             text.out);
}

void TestCliVerify::forksOfForksComeOutAgain()
{
    std::unique_ptr<Session> current = session(settingsOf("soft", 40));
    QVERIFY(current);
    std::optional<ForkOrigin> origin;
    // The third leaves the second at the second's own first step.
    for (const std::int64_t fork : {2, 2, 2}) {
        for (int i = 0; i < 7 && !current->finished(); ++i)
            QVERIFY_RESULT(current->step());
        RunInfo info = infoOf(*current);
        info.origin = origin;
        if (origin)
            info.session = sessionOf(origin->parent);
        const RunId run = store(*current, info);
        const CliResult result = verify(run);
        QVERIFY2(result.exitCode == 0, result.out + result.err);
        origin = ForkOrigin{run, StepIndex{fork}, "went on from there"};
        auto next = current->fork(StepIndex{fork});
        QVERIFY_RESULT(next);
        current = std::move(*next);
    }
}

void TestCliVerify::theFirstStepThatDiffersIsNamed()
{
    const auto made = session(settingsOf("discrete", 8));
    QVERIFY(made);
    while (!made->finished())
        QVERIFY_RESULT(made->step());
    const auto library = SessionStore::open(m_cli.library().toStdString());
    QVERIFY_RESULT(library);
    const auto folder = (*library)->createSession("Changed");
    QVERIFY_RESULT(folder);
    RunInfo info = infoOf(*made);
    info.session = *folder;
    const auto run = (*library)->createRun(info, *m_engine->tokens());
    QVERIFY_RESULT(run);
    std::vector<StepRecord> steps = made->steps();
    QVERIFY(steps.size() > 3);
    // The last bit of a number.
    steps[2].entropy = std::nextafter(steps[2].entropy, 10.0);
    steps[3].sampled = TokenId{0};
    QVERIFY_RESULT((*library)->appendSteps(*run, steps));

    const CliResult result = verify(*run);
    QCOMPARE(result.err, QByteArray());
    QCOMPARE(result.exitCode, 1);
    QCOMPARE(result.object()["equal"], QJsonValue(false));
    QCOMPARE(difference(result)["step"].toInteger(), 2);
    QVERIFY(difference(result)["description"].toString().startsWith("entropy "));

    const CliResult text = m_cli.run({"replay", QString::number(run->value), "--verify"});
    QCOMPARE(text.exitCode, 1);
    QVERIFY2(text.out.contains("differs first at step 2: entropy "), text.out);
}

void TestCliVerify::anotherPredictorIsNamed()
{
    const std::filesystem::path file = m_cli.path("predictor.safetensors").toStdString();
    const auto write = [&](float rate) {
        const auto width = m_engine->identity().embeddingSize;
        const auto words = static_cast<std::size_t>(m_engine->identity().vocabularySize);
        SafetensorsWriter writer;
        writer.add("hidden.weight", {1, width},
                   std::vector<float>(static_cast<std::size_t>(width), 0.0F));
        writer.add("hidden.bias", {1}, std::vector<float>{1});
        writer.add("alpha.weight", {static_cast<std::int64_t>(words), 1},
                   std::vector<float>(words, 30.0F));
        writer.add("lambda.weight", {static_cast<std::int64_t>(words), 1},
                   std::vector<float>(words, rate));
        writer.write(file);
    };
    write(12);
    const CliResult run =
        m_cli.run({"run", "--prompt", QString::fromStdString(walk), "--mode", "budget",
                   "--predictor", QString::fromStdString(file.string()), "--json"});
    COMPARE_DONE(run);
    const RunId id{run.object()["run"].toInteger()};
    QCOMPARE(verify(id).exitCode, 0);

    write(13); // as open as before, so that the same tokens are drawn
    const CliResult result = verify(id);
    QCOMPARE(result.exitCode, 1);
    QCOMPARE(difference(result)["step"].toInteger(), 0);
    const QString description = difference(result)["description"].toString();
    QVERIFY2(description.startsWith("event detail ") && description.count("; predictor ") == 2,
             qPrintable(description));
}

void TestCliVerify::aRunThatGoesOnAfterItsEndDiffers()
{
    const auto made = session(settingsOf("discrete", 4));
    QVERIFY(made);
    while (!made->finished())
        QVERIFY_RESULT(made->step());
    RunInfo info = infoOf(*made);
    RunSettings fewer = made->settings();
    fewer.maxSteps = 2;
    info.settings = toJson(fewer);
    const CliResult result = verify(store(*made, info));
    QCOMPARE(result.exitCode, 1);
    // The re-run records its end at the second step, where the stored one does not.
    QCOMPARE(difference(result)["step"].toInteger(), 1);
    QVERIFY(difference(result)["description"].toString().contains("max-steps"));
}

void TestCliVerify::anotherModelIsRefused()
{
    const auto made = session(settingsOf("discrete", 2));
    QVERIFY(made);
    QVERIFY_RESULT(made->step());
    const RunId run = store(*made, infoOf(*made));
    const CliResult result = verify(run, {"--model", "starter-soft"});
    QCOMPARE(result.out, QByteArray());
    COMPARE_FAILURE(result, 3, "is not the model of run");
}

void TestCliVerify::aMovedModelCanBeNamed()
{
    const auto made = session(settingsOf("discrete", 4));
    QVERIFY(made);
    while (!made->finished())
        QVERIFY_RESULT(made->step());
    RunInfo info = infoOf(*made);
    info.model.path = "/nowhere/moved";
    info.model.name = "moved";
    const RunId run = store(*made, info);
    COMPARE_FAILURE(verify(run), 3, "is no longer at /nowhere/moved");
    QCOMPARE(verify(run, {"--model", testModel("starter")}).exitCode, 0);
}

void TestCliVerify::aRunWithoutStepsIsEqual()
{
    const auto made = session(settingsOf("discrete", 4));
    QVERIFY(made);
    QCOMPARE(verify(store(*made, infoOf(*made))).object()["equal"], QJsonValue(true));
}

void TestCliVerify::aRunOfQuantisedWeightsIsComputedWithSuchAgain()
{
    const CliResult made =
        m_cli.run({"run", "--type", "q4_0", "--mode", "soft", "--threads", "1", "--max-steps", "6",
                   "--prompt", QString::fromStdString(walk), "--json"});
    COMPARE_DONE(made);
    const qint64 run = made.object()["run"].toInteger();
    QVERIFY(run > 0);
    const QJsonObject shown =
        m_cli.run({"show", QString::number(run), "--json"}).object()["model"].toObject();
    QCOMPARE(shown["weight_type"].toString(), QString("q4_0"));
    QVERIFY(shown["fingerprint"].toString().endsWith("-q4_0"));
    const CliResult again = verify(RunId{run});
    COMPARE_DONE(again);
    QCOMPARE(again.object()["equal"], QJsonValue(true));
}

QTEST_GUILESS_MAIN(TestCliVerify)
#include "tst_cliverify.moc"
