// A recording run of each mode is killed in the midst of it: what was stored is verified, goes on,
// and comes out again when the same command is given a second time.
#include "cliprocess.h"
#include "engine/engine.h"
#include "engine/partner.h"
#include "qverifyresult.h"
#include "store/sessionstore.h"

#include <QTest>

#include <algorithm>
#include <span>

using namespace halftone;
using namespace halftone::test;

namespace {

const QString walk =
    QStringLiteral("diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>");

constexpr std::size_t resumed = 8; // steps that are taken after those that were stored

struct Stored
{
    RunInfo info;
    std::vector<StepRecord> steps;
};

std::string difference(std::span<const StepRecord> found, std::span<const StepRecord> expected)
{
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i)
        if (std::string text = describeDifference(found[i], expected[i]); !text.empty())
            return "step " + std::to_string(i) + ": " + text;
    return {};
}

} // namespace

class TestCliKill : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void whatWasStoredGoesOnAndComesOutAgain_data();
    void whatWasStoredGoesOnAndComesOutAgain();

private:
    /// The newest session's run, not the trials that it made.
    [[nodiscard]] Result<RunId> newestRun() const;
    [[nodiscard]] std::size_t stepsOfNewest(std::size_t sessions) const;
    /// Starts the command, kills it when so many steps at least are stored, and reads what is left.
    void killed(const QStringList& arguments, std::size_t steps, Stored& stored);

    Cli m_cli;
    QString m_model;
    std::shared_ptr<const Engine> m_engine;
    std::size_t m_sessions = 0;
};

void TestCliKill::initTestCase()
{
    m_model = endlessModel(m_cli);
    const auto engine = Engine::load(m_model.toStdString(), {.device = "cpu", .threads = 1});
    QVERIFY_RESULT(engine);
    m_engine = *engine;
}

Result<RunId> TestCliKill::newestRun() const
{
    const auto library =
        SessionStore::open(m_cli.library().toStdString(), SessionStore::Access::ReadOnly);
    if (!library)
        return Unexpected(library.error());
    const auto sessions = (*library)->sessions();
    if (!sessions)
        return Unexpected(sessions.error());
    const auto& runs = sessions->front().runs;
    const auto own =
        std::find_if(runs.begin(), runs.end(), [](const RunSummary& run) { return !run.parent; });
    return own != runs.end() ? own->id : RunId{};
}

/// 0 until there are so many sessions.
std::size_t TestCliKill::stepsOfNewest(std::size_t sessions) const
{
    const auto library =
        SessionStore::open(m_cli.library().toStdString(), SessionStore::Access::ReadOnly);
    const auto all = library ? (*library)->sessions() : Unexpected(library.error());
    if (!all || all->size() < sessions)
        return 0;
    const auto run = newestRun();
    return run ? static_cast<std::size_t>((*library)->stepCount(*run).value_or(0)) : 0;
}

void TestCliKill::killed(const QStringList& arguments, std::size_t steps, Stored& stored)
{
    ++m_sessions;
    QProcess process;
    process.setStandardOutputFile(QProcess::nullDevice());
    m_cli.start(process, QStringList{"run", "--model", m_model, "--prompt", walk, "--ignore-end",
                                     "--max-steps", "190000", "--threads", "1", "--seed", "11"} +
                             arguments);
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(stepsOfNewest(m_sessions) >= steps, 60000);
    process.kill(); // SIGKILL
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitStatus(), QProcess::CrashExit);

    const auto run = newestRun();
    QVERIFY_RESULT(run);
    const auto library = SessionStore::open(m_cli.library().toStdString());
    QVERIFY_RESULT(library);
    stored = {(*library)->run(*run).value(), (*library)->steps(*run).value()};
    QCOMPARE(stored.info.status, RunStatus::Interrupted);
    QVERIFY(stored.steps.size() >= steps);
}

void TestCliKill::whatWasStoredGoesOnAndComesOutAgain_data()
{
    QTest::addColumn<QStringList>("arguments");
    const auto row = [](const char* mode, const QStringList& arguments) {
        QTest::newRow(mode) << QStringList{"--mode", mode} + arguments;
    };
    row("discrete", {"--temperature", "1.2"});
    row("soft", {"--noise-sigma", "0.3", "--cold-stop-entropy", "1", "--cold-stop-length", "2"});
    row("gumbel", {"--temperature", "1.2"});
    row("dirichlet", {"--temperature", "1.2"});
    row("noise", {"--think-budget", "40"});
    row("mix-inputs", {"--mix-top", "5"});
    row("latent", {"--latent-steps", "30", "--answer-temperature", "1.2"});
    row("cautious", {"--trials", "3", "--trial-length", "4"});
    row("swi", {"--swi-window", "2", "--logit-bias", "4:-30"});
    row("entropix", {"--entropix-clarify", "lell nilt"});
    row("filler", {"--filler-count", "20", "--answer-temperature", "1.2"});
    row("budget", {"--think-budget", "20", "--budget-inject", "lell nilt", "--temperature", "1.2"});
    row("speculative",
        {"--partner", m_model, "--hand-over", "entropy", "--turn-length", "3", "--in-answer", "on",
         "--temperature", "1.5", "--answer-temperature", "1.5"});
}

void TestCliKill::whatWasStoredGoesOnAndComesOutAgain()
{
    QFETCH(QStringList, arguments);
    Stored first;
    killed(arguments, 20, first);
    if (QTest::currentTestFailed())
        return;
    const CliResult verified =
        m_cli.run({"replay", QString::number(first.info.id.value), "--verify", "--json"});
    COMPARE_DONE(verified);
    QCOMPARE(verified.object()["equal"], QJsonValue(true));
    QCOMPARE(verified.object()["steps"].toInteger(), std::ssize(first.steps));

    Stored second;
    killed(arguments, first.steps.size() + resumed, second);
    if (QTest::currentTestFailed())
        return;
    QCOMPARE(difference(second.steps, first.steps), std::string());

    const auto settings = runSettingsFromJson(first.info.settings);
    QVERIFY_RESULT(settings);
    const auto session =
        m_engine->createSession(*settings, needsPartner(*settings) ? m_engine : nullptr);
    QVERIFY_RESULT(session);
    QVERIFY_RESULT((*session)->prefill(first.info.promptIds));
    QVERIFY_RESULT((*session)->resume(first.steps));
    for (std::size_t i = 0; i < resumed; ++i)
        QVERIFY_RESULT((*session)->step());
    QCOMPARE(difference((*session)->steps(), second.steps), std::string());
}

QTEST_GUILESS_MAIN(TestCliKill)
#include "tst_clikill.moc"
