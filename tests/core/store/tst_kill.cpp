// A process that records is killed with SIGKILL at many moments. The program starts itself as that
// process: "tst_kill --record LIBRARY PAUSE_US" records for ever and prints each step with the time
// at which it was taken.
#include "qverifyresult.h"
#include "store/runrecorder.h"
#include "testrun.h"

#include <QProcess>
#include <QTest>

#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

using namespace halftone;
using namespace halftone::test;
using namespace Qt::StringLiterals;

namespace {

constexpr std::int64_t mayBeLostNs = 200'000'000;

std::int64_t nowNs()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

int record(const char* library, std::chrono::microseconds pause)
{
    const auto recorder =
        RunRecorder::start(library, someRun("killed"), {std::shared_ptr<void>(), &someTokens()});
    if (!recorder) {
        std::fprintf(stderr, "%s\n", recorder.error().message.c_str());
        return 1;
    }
    auto next = std::chrono::steady_clock::now();
    for (std::int64_t step = 0;; ++step) {
        const std::int64_t takenNs = nowNs();
        (*recorder)->stepTaken(randomRecord(1, step));
        std::printf("%lld %lld\n", static_cast<long long>(step), static_cast<long long>(takenNs));
        std::fflush(stdout);
        next += pause;
        std::this_thread::sleep_until(next);
    }
}

struct Killed
{
    std::int64_t atNs = 0;
    std::map<std::int64_t, std::int64_t> takenNs; // by step
};

/// Kills a recording process when it has told of `steps` steps.
Killed killAfter(const std::filesystem::path& library, std::int64_t steps, int pauseUs)
{
    QProcess process;
    process.setProgram(QCoreApplication::applicationFilePath());
    process.setArguments(
        {u"--record"_s, QString::fromStdString(library.string()), QString::number(pauseUs)});
    process.start();
    QByteArray told;
    if (!process.waitForStarted())
        qFatal("the recording process did not start");
    while (told.count('\n') < steps && process.waitForReadyRead())
        told += process.readAllStandardOutput();
    Killed killed;
    killed.atNs = nowNs();
    process.kill();
    process.waitForFinished();
    told += process.readAllStandardOutput();
    for (const QByteArray& line : told.split('\n')) {
        long long step = 0;
        long long takenNs = 0;
        if (std::sscanf(line.constData(), "%lld %lld", &step, &takenNs) == 2)
            killed.takenNs[step] = takenNs;
    }
    return killed;
}

} // namespace

class KillTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aKilledProcessLosesTheLastFifthOfASecondAtMost()
    {
        const TemporaryFolder folder;
        const auto before = SessionStore::open(folder.library()).value();
        const RunId kept = before->createRun(someRun("kept"), someTokens()).value();
        QVERIFY_RESULT(before->appendSteps(kept, randomRecords(2, 0, 10)));

        std::size_t sessions = 1;
        for (const std::int64_t steps : {1, 7, 40, 90, 140, 210, 333, 480, 600}) {
            const Killed killed = killAfter(folder.library(), steps, 1000);
            QVERIFY(killed.takenNs.size() >= static_cast<std::size_t>(steps));
            ++sessions;
            const auto store = SessionStore::open(folder.library());
            QVERIFY_RESULT(store);
            QCOMPARE((*store)->notice(), "");
            const auto list = (*store)->sessions();
            QVERIFY_RESULT(list);
            QCOMPARE(list->size(), sessions);
            QCOMPARE(list->front().name, "killed");
            const RunSummary& run = list->front().runs.at(0);
            QCOMPARE(run.status, RunStatus::Interrupted);
            const auto stored = (*store)->steps(run.id);
            QVERIFY_RESULT(stored);
            const auto count = static_cast<std::int64_t>(stored->size());
            QCOMPARE(firstDifference(*stored, randomRecords(1, 0, count)), std::string());
            for (const auto& [step, takenNs] : killed.takenNs)
                if (takenNs <= killed.atNs - mayBeLostNs)
                    QVERIFY2(
                        step < count,
                        qPrintable(u"step %1, taken %2 ms before the end, is lost"_s.arg(step).arg(
                            (killed.atNs - takenNs) / 1'000'000)));
        }
        // Nothing that was there before is touched, and this process's own run goes on.
        QCOMPARE(before->run(kept)->status, RunStatus::Running);
        QVERIFY_RESULT(before->appendSteps(kept, randomRecords(2, 10, 20)));
        QCOMPARE(firstDifference(before->steps(kept).value(), randomRecords(2, 0, 20)),
                 std::string());
        QCOMPARE(runSql(folder.library(), "PRAGMA integrity_check"), "ok");
    }

    void aProcessKilledInTheMidstOfWritingLeavesWholeSteps()
    {
        const TemporaryFolder folder;
        std::size_t runs = 0;
        for (const std::int64_t steps : {0, 0, 0, 100, 900, 1500, 3000}) {
            killAfter(folder.library(), steps, 0);
            const auto store = SessionStore::open(folder.library());
            QVERIFY_RESULT(store);
            const auto list = (*store)->sessions();
            QVERIFY_RESULT(list);
            QVERIFY(list->size() == runs || list->size() == runs + 1);
            runs = list->size();
            for (const SessionSummary& session : *list) {
                QCOMPARE(session.runs.at(0).status, RunStatus::Interrupted);
                const auto stored = (*store)->steps(session.runs.at(0).id);
                QVERIFY_RESULT(stored);
                QCOMPARE(
                    firstDifference(*stored,
                                    randomRecords(1, 0, static_cast<std::int64_t>(stored->size()))),
                    std::string());
            }
        }
        QVERIFY(runs >= 4);
        QCOMPARE(runSql(folder.library(), "PRAGMA integrity_check"), "ok");
    }
};

int main(int argc, char** argv)
{
    if (argc == 4 && qstrcmp(argv[1], "--record") == 0)
        return record(argv[2], std::chrono::microseconds(std::atoi(argv[3])));
    const QCoreApplication application(argc, argv);
    KillTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_kill.moc"
