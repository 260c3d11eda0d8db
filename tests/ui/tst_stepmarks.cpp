#include "plots/stepmarks.h"

#include "syntheticrun.h"

#include <QTest>

using namespace halftone;
using namespace halftone::ui;

class TestStepMarks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void phasesAreStretchesOfSteps()
    {
        StepMarks marks;
        marks.extend(test::syntheticRun(10, 5).steps);
        QVERIFY(marks.spans() ==
                (std::vector<PhaseSpan>{{0, 9, Phase::Think}, {10, 14, Phase::Answer}}));
    }

    void eventsAndTheEndAreMarkedAndTold()
    {
        StepMarks marks;
        marks.extend(test::syntheticRun(10, 5).steps);
        std::vector<qint64> steps;
        for (const StepMark& mark : marks.marks())
            steps.push_back(mark.step);
        QCOMPARE(steps, (std::vector<qint64>{9, 10, 14}));
        QCOMPARE(marks.describe(9),
                 QStringLiteral("cold stop (entropy below 0.01 nats for 8 steps)"));
        QCOMPARE(marks.describe(14), QStringLiteral("end token"));
        QVERIFY(marks.describe(3).isEmpty());
    }

    void stepsThatArriveInPiecesGiveTheSameMarks()
    {
        const test::SyntheticRun run = test::syntheticRun(10, 5);
        StepMarks whole;
        whole.extend(run.steps);
        StepMarks pieces;
        for (std::size_t end = 0; end <= run.steps.size(); end += 3)
            pieces.extend(StepList(run.steps).first(end));
        QVERIFY(pieces.spans() == whole.spans());
        QVERIFY(pieces.marks() == whole.marks());
    }

    void anotherRunBeginsAnew()
    {
        StepMarks marks;
        marks.extend(test::syntheticRun(10, 5).steps);
        marks.clear();
        marks.extend(test::syntheticRun(2, 0).steps);
        QVERIFY(marks.spans() == (std::vector<PhaseSpan>{{0, 1, Phase::Think}}));
    }
};

QTEST_GUILESS_MAIN(TestStepMarks)
#include "tst_stepmarks.moc"
