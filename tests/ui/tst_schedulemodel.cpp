// The next run's schedule under its edits: what they do, in which order segments stand, and that
// every one can be undone.
#include "models/schedulemodel.h"
#include "models/schedulewords.h"

#include <QSignalSpy>
#include <QTest>

using namespace halftone;
using namespace halftone::ui;

namespace {

/// "step 40 soft | entropy above 2.5 nats": triggers with modes.
QString shown(const ScheduleModel& model)
{
    QStringList parts;
    for (const Segment& segment : model.schedule().segments)
        parts << QString::fromStdString(describe(segment.when) +
                                        (segment.mode.empty() ? "" : " " + segment.mode));
    return parts.join(QStringLiteral(" | "));
}

Segment atStep(std::int64_t step, const std::string& mode = {})
{
    Segment segment;
    segment.when.step = step;
    segment.mode = mode;
    return segment;
}

Segment above(double entropy)
{
    Segment segment;
    segment.when.kind = TriggerKind::EntropyAbove;
    segment.when.entropy = entropy;
    segment.mode = "discrete";
    return segment;
}

void add(ScheduleModel& model, Segment segment, std::size_t current = 0)
{
    const std::size_t place = model.placeFor(segment.when, current);
    model.insert(place, std::move(segment));
}

} // namespace

class ScheduleModelTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stepsStandInTheirOrderAndEventsAfterTheChosenSegment()
    {
        ScheduleModel model;
        add(model, atStep(80));
        add(model, atStep(20, "soft"));
        add(model, above(2.5), 1);
        add(model, atStep(50));
        QCOMPARE(shown(model), QStringLiteral("step 20 soft | entropy above 2.5 nats discrete | "
                                              "step 50 | step 80"));
    }

    void aStepMovesBetweenItsNeighboursOnly()
    {
        ScheduleModel model;
        for (const std::int64_t step : {20, 40, 60})
            add(model, atStep(step));
        model.moveTo(1, 5, true);
        QCOMPARE(model.schedule().segments[1].when.step, 21);
        model.moveTo(1, 5000, true);
        QCOMPARE(model.schedule().segments[1].when.step, 59);
        model.moveTo(0, -3, true);
        QCOMPARE(model.schedule().segments[0].when.step, 1);
    }

    void anEditedStepThatPassesAnotherTakesItsPlace()
    {
        ScheduleModel model;
        for (const std::int64_t step : {20, 40, 60})
            add(model, atStep(step));
        model.replace(0, atStep(50, "soft"));
        QCOMPARE(shown(model), QStringLiteral("step 40 | step 50 soft | step 60"));
        model.replace(1, above(1));
        QCOMPARE(shown(model), QStringLiteral("step 40 | entropy above 1 nats discrete | step 60"));
    }

    void everyEditIsUndoneAndRedoneByName()
    {
        ScheduleModel model;
        QSignalSpy changed(&model, &ScheduleModel::changed);
        add(model, atStep(20, "soft"));
        add(model, above(2));
        model.replace(1, atStep(30));
        model.remove(0);
        model.setSchedule({}, QStringLiteral("clear"));
        QCOMPARE(changed.size(), 5);
        QStringList ways;
        while (model.history()->canUndo()) {
            model.history()->undo();
            ways << shown(model);
        }
        QCOMPARE(ways.join(QStringLiteral("; ")),
                 QStringLiteral("step 30; entropy above 2 nats discrete | step 30; "
                                "entropy above 2 nats discrete | step 20 soft; step 20 soft; "));
        while (model.history()->canRedo())
            model.history()->redo();
        QCOMPARE(shown(model), QString());
        QCOMPARE(model.history()->undoText(), QStringLiteral("clear"));
    }

    void aDragIsUndoneAsOneMoveAndTheNextAsAnother()
    {
        ScheduleModel model;
        add(model, atStep(20));
        for (const std::int64_t step : {21, 25, 40})
            model.moveTo(0, step, step == 21);
        for (const std::int64_t step : {41, 70})
            model.moveTo(0, step, step == 41);
        model.history()->undo();
        QCOMPARE(shown(model), QStringLiteral("step 40"));
        model.history()->undo();
        QCOMPARE(shown(model), QStringLiteral("step 20"));
    }

    void whatChangesNothingIsNoEdit()
    {
        ScheduleModel model;
        add(model, atStep(20));
        const int edits = model.history()->count();
        model.moveTo(0, 20, true);
        model.setSchedule(model.schedule(), QStringLiteral("the same"));
        QCOMPARE(model.history()->count(), edits);
    }

    void segmentsAreSaidInWords()
    {
        Segment segment = atStep(40, "soft");
        segment.parameters["temperature"] = 0.6;
        segment.parameters["max-topk"] = std::int64_t{4};
        QCOMPARE(triggerText(segment.when), QStringLiteral("step 40"));
        QCOMPARE(changeText(segment), QStringLiteral("soft, max-topk 4, temperature 0.6"));
        QCOMPARE(triggerText(above(2.5).when), QStringLiteral("when entropy above 2.5 nats"));
        segment.when.kind = TriggerKind::Text;
        segment.when.text = "\n";
        QCOMPARE(triggerText(segment.when), QStringLiteral("when text \"\\n\""));
        QCOMPARE(changeText({}), QStringLiteral("no change"));
    }
};

QTEST_GUILESS_MAIN(ScheduleModelTest)
#include "tst_schedulemodel.moc"
