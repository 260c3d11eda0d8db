// The strip alone: where borders stand, and what mouse and keys ask for.
#include "widgets/schedulestrip.h"

#include <QAccessible>
#include <QApplication>
#include <QSignalSpy>
#include <QTest>

using namespace halftone::ui;

namespace {

StripSegment known(qint64 step, const char* label = "soft")
{
    StripSegment segment;
    segment.trigger = QStringLiteral("step %1").arg(step);
    segment.label = QLatin1String(label);
    segment.fill = Qt::lightGray;
    segment.step = step;
    segment.movable = true;
    return segment;
}

StripSegment waiting(const char* trigger)
{
    StripSegment segment;
    segment.trigger = QLatin1String(trigger);
    segment.label = QStringLiteral("temperature 0.3");
    segment.fill = Qt::cyan;
    return segment;
}

StripSegment beginning()
{
    StripSegment segment;
    segment.label = QStringLiteral("discrete");
    segment.fill = Qt::yellow;
    return segment;
}

/// A strip of 1012 pixels: 10 pixels a step.
struct Fixture
{
    explicit Fixture(std::vector<StripSegment> segments)
    {
        strip.resize(1012, 40);
        strip.setLastStep(100);
        strip.setEditable(true);
        strip.setSegments(std::move(segments));
        strip.show();
        strip.activateWindow();
        if (!QTest::qWaitForWindowActive(&strip))
            qFatal("no window");
    }
    [[nodiscard]] QPoint at(qint64 step) const { return {int(strip.xOf(step)), 20}; }
    /// To the widget there, as a real mouse would.
    [[nodiscard]] QWidget* under(QPoint point) { return strip.childAt(point); }
    void press(QPoint point)
    {
        QWidget* widget = under(point);
        QTest::mousePress(widget, Qt::LeftButton, {}, widget->mapFrom(&strip, point));
    }
    void move(QPoint point, QWidget* grabber)
    {
        QMouseEvent moved(QEvent::MouseMove, grabber->mapFrom(&strip, point),
                          strip.mapToGlobal(point), Qt::NoButton, Qt::LeftButton, {});
        QApplication::sendEvent(grabber, &moved);
    }

    ScheduleStrip strip;
};

} // namespace

class ScheduleStripTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void knownStepsStandThereAndEventsBetweenThem()
    {
        const Fixture f({beginning(), known(20), waiting("when a"), waiting("when b"), known(80),
                         waiting("when c")});
        QCOMPARE(f.strip.borderOf(1), f.strip.xOf(20));
        QCOMPARE(f.strip.borderOf(2), f.strip.xOf(40));
        QCOMPARE(f.strip.borderOf(3), f.strip.xOf(60));
        QCOMPARE(f.strip.borderOf(4), f.strip.xOf(80));
        QCOMPARE(f.strip.borderOf(5), f.strip.xOf(90));
        for (qint64 step = 0; step <= 100; ++step)
            QCOMPARE(f.strip.stepAt(f.strip.xOf(step)), step);
    }

    void aBorderIsDraggedToAStep()
    {
        Fixture f({beginning(), known(20), known(80)});
        QSignalSpy moved(&f.strip, &ScheduleStrip::moveRequested);
        QWidget* grabber = f.under(f.at(20));
        f.press(f.at(20));
        f.move(f.at(33), grabber);
        f.move(f.at(47), grabber);
        QCOMPARE(moved.size(), 2);
        QCOMPARE(moved[0], (QVariantList{QVariant::fromValue(std::size_t(1)), qint64(33), true}));
        QCOMPARE(moved[1], (QVariantList{QVariant::fromValue(std::size_t(1)), qint64(47), false}));
        QTest::mouseRelease(grabber, Qt::LeftButton);
        f.move(f.at(60), grabber);
        QCOMPARE(moved.size(), 2);
    }

    void anEventsBorderAndAReadOnlyStripStay()
    {
        Fixture f({beginning(), waiting("when a"), known(80)});
        QSignalSpy moved(&f.strip, &ScheduleStrip::moveRequested);
        QWidget* grabber = f.under(f.at(40));
        f.press(f.at(40));
        f.move(f.at(60), grabber);
        QTest::mouseRelease(grabber, Qt::LeftButton);
        f.strip.setEditable(false);
        grabber = f.under(f.at(80));
        f.press(f.at(80));
        f.move(f.at(60), grabber);
        QTest::mouseRelease(grabber, Qt::LeftButton);
        QTest::keyClick(f.strip.block(2), Qt::Key_Left);
        QTest::keyClick(f.strip.block(2), Qt::Key_Delete);
        QCOMPARE(moved.size(), 0);
    }

    void theGroundStaysUnderADrag()
    {
        Fixture f({beginning(), known(20)});
        QWidget* grabber = f.under(f.at(20));
        f.press(f.at(20));
        f.strip.setLastStep(200);
        QCOMPARE(f.strip.lastStep(), 100);
        QTest::mouseRelease(grabber, Qt::LeftButton);
        QCOMPARE(f.strip.lastStep(), 200);
    }

    void keysMoveGoOnEditAddAndRemove()
    {
        Fixture f({beginning(), known(20), known(80)});
        QSignalSpy moved(&f.strip, &ScheduleStrip::moveRequested);
        QSignalSpy edited(&f.strip, &ScheduleStrip::editRequested);
        QSignalSpy added(&f.strip, &ScheduleStrip::addRequested);
        QSignalSpy removed(&f.strip, &ScheduleStrip::removeRequested);
        f.strip.block(0)->setFocus();
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Down);
        QCOMPARE(QApplication::focusWidget(), f.strip.block(1));
        QCOMPARE(f.strip.current(), std::size_t(1));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Right);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(moved[0][1].toLongLong(), 21);
        QCOMPARE(moved[1][1].toLongLong(), 10);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        QCOMPARE(QApplication::focusWidget(), f.strip.block(2));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Insert);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Delete);
        for (const QSignalSpy* spy : {&edited, &added, &removed}) {
            QCOMPARE(spy->size(), 1);
            QCOMPARE(spy->front().front().value<std::size_t>(), std::size_t(2));
        }
        QTest::keyClick(f.strip.block(0), Qt::Key_Delete); // the beginning stays
        QCOMPARE(removed.size(), 1);
    }

    void aDoubleClickEditsTheSegmentUnderIt()
    {
        Fixture f({beginning(), known(20), known(80)});
        QSignalSpy edited(&f.strip, &ScheduleStrip::editRequested);
        QWidget* block = f.under(f.at(50));
        QTest::mouseDClick(block, Qt::LeftButton, {}, block->mapFrom(&f.strip, f.at(50)));
        QCOMPARE(edited.size(), 1);
        QCOMPARE(edited.front().front().value<std::size_t>(), std::size_t(1));
    }

    void aRemovedSegmentHandsTheKeyboardToItsNeighbour()
    {
        Fixture f({beginning(), known(20), known(80)});
        f.strip.block(2)->setFocus();
        f.strip.setSegments({beginning(), known(20)});
        QCOMPARE(QApplication::focusWidget(), f.strip.block(1));
        QCOMPARE(f.strip.current(), std::size_t(1));
    }

    void screenReadersHearEachSegment()
    {
        StripSegment bad = known(80, "soft, temperature -1");
        bad.problem = QStringLiteral("temperature must be 0 to 2.");
        const Fixture f({beginning(), waiting("when entropy above 2.5 nats"), bad});
        const auto name = [&](std::size_t i) {
            return QAccessible::queryAccessibleInterface(f.strip.block(i))->text(QAccessible::Name);
        };
        QCOMPARE(name(0), QStringLiteral("Segment 0, from the beginning: discrete"));
        QCOMPARE(name(1),
                 QStringLiteral("Segment 1, when entropy above 2.5 nats: temperature 0.3"));
        QVERIFY(name(2).contains(QStringLiteral("must be 0 to 2")));
    }

    void theMarkedStepIsDrawnWhereItIs()
    {
        Fixture f({beginning(), known(20)});
        const QImage before = f.strip.grab().toImage();
        f.strip.setMarkedStep(60);
        const QImage after = f.strip.grab().toImage();
        const int x = int(f.strip.xOf(60));
        int least = f.strip.width();
        int greatest = 0;
        for (int column = 0; column < after.width(); ++column)
            if (after.pixel(column, 35) != before.pixel(column, 35)) {
                least = std::min(least, column);
                greatest = std::max(greatest, column);
            }
        QVERIFY2(least >= x - 4 && greatest <= x + 4 && least <= greatest,
                 qPrintable(QStringLiteral("%1 to %2, not %3").arg(least).arg(greatest).arg(x)));
    }
};

QTEST_MAIN(ScheduleStripTest)
#include "tst_schedulestrip.moc"
