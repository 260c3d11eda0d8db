// What a step in the middle of a run takes from the heap: what its record keeps, and nothing else.
// In a program of its own, since it counts every allocation.
#include "countedallocations.h"
#include "scriptedmodel.h"
#include "sessiontools.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

class Idle : public StepObserver
{
public:
    void stepTaken(const StepRecord&) override {}
};

/// Of what a record holds, the parts that lie on the heap.
std::int64_t heapParts(const StepRecord& step)
{
    const auto one = [](const auto& part) { return part.empty() ? 0 : 1; };
    return one(step.input.ids) + one(step.input.weights) + one(step.input.vector) +
           one(step.candidates) + one(step.nearest) + one(step.events) + one(step.ruleState) +
           one(step.forcedQueue);
}

} // namespace

class tst_StepAllocations : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void areThoseOfTheRecord_data()
    {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<double>("temperature");
        for (const QString mode : {"discrete", "soft", "gumbel", "dirichlet"})
            for (const double temperature : {0.0, 0.6, 1.0})
                QTest::newRow(qPrintable(QString("%1, T = %2").arg(mode).arg(temperature)))
                    << mode << temperature;
    }

    void areThoseOfTheRecord()
    {
        QFETCH(QString, mode);
        QFETCH(double, temperature);
        RunSettings settings =
            settingsOf(mode.toStdString(), {{"temperature", temperature}, {"top-p", 0.9}});
        settings.ignoreEnd = true;
        const auto session = sessionOf(
            Engine::fromParts(std::make_unique<ScriptedModel>(300), nullptr, wordMarkers()),
            settings, {think});
        QVERIFY(session);
        Idle observer;
        session->setObserver(&observer);
        // Buffers have grown by then, and the list of steps grows at a power of 2.
        QVERIFY_RESULT(run(*session, 70));
        for (int i = 0; i < 50; ++i) {
            const std::int64_t before = allocationsSoFar();
            const auto step = session->step();
            const std::int64_t taken = allocationsSoFar() - before;
            QVERIFY_RESULT(step);
            QCOMPARE(taken, heapParts(**step));
        }
    }
};

QTEST_GUILESS_MAIN(tst_StepAllocations)
#include "tst_stepallocations.moc"
