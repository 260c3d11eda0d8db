#include "trace/runinfo.h"
#include "trace/steprecord.h"

#include <QTest>

using namespace halftone;

/// The names stand in the store, in JSON and in CSV: changing one breaks files that exist.
class tst_TraceNames : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ofInputKinds();
    void ofPhases();
    void ofStopReasons();
    void ofEvents();
    void ofRunStates();
};

void tst_TraceNames::ofInputKinds()
{
    QCOMPARE(name(InputKind::Token), std::string_view("token"));
    QCOMPARE(name(InputKind::Mixture), std::string_view("mixture"));
    QCOMPARE(name(InputKind::Noise), std::string_view("noise"));
    QCOMPARE(name(InputKind::Hidden), std::string_view("hidden"));
}

void tst_TraceNames::ofPhases()
{
    QCOMPARE(name(Phase::Prompt), std::string_view("prompt"));
    QCOMPARE(name(Phase::Think), std::string_view("think"));
    QCOMPARE(name(Phase::Answer), std::string_view("answer"));
}

void tst_TraceNames::ofStopReasons()
{
    QCOMPARE(name(StopReason::None), std::string_view("none"));
    QCOMPARE(name(StopReason::EndToken), std::string_view("end-token"));
    QCOMPARE(name(StopReason::MaxSteps), std::string_view("max-steps"));
    QCOMPARE(name(StopReason::ContextFull), std::string_view("context-full"));
    QCOMPARE(name(StopReason::User), std::string_view("user"));
}

void tst_TraceNames::ofEvents()
{
    QCOMPARE(name(EventKind::ThinkingStarted), std::string_view("thinking-started"));
    QCOMPARE(name(EventKind::ThinkingEnded), std::string_view("thinking-ended"));
    QCOMPARE(name(EventKind::ColdStop), std::string_view("cold-stop"));
    QCOMPARE(name(EventKind::Forced), std::string_view("forced"));
    QCOMPARE(name(EventKind::ModeSwitched), std::string_view("mode-switched"));
}

void tst_TraceNames::ofRunStates()
{
    QCOMPARE(name(RunStatus::Running), std::string_view("running"));
    QCOMPARE(name(RunStatus::Finished), std::string_view("finished"));
    QCOMPARE(name(RunStatus::Stopped), std::string_view("stopped"));
    QCOMPARE(name(RunStatus::Interrupted), std::string_view("interrupted"));
    QCOMPARE(name(RunStatus::Failed), std::string_view("failed"));
}

QTEST_GUILESS_MAIN(tst_TraceNames)
#include "tst_tracenames.moc"
