// What all plots over steps share, on the one with the simplest data.
#include "plots/cacheplot.h"

#include "plotfixture.h"

#include <QLabel>
#include <QSignalSpy>
#include <QWheelEvent>

#include <cmath>

using namespace halftone;
using namespace halftone::ui;

namespace {

using Fixture = test::PlotFixture<CachePlot>;

void turnWheel(const StepPlot& plot, double step, QPoint turn, Qt::KeyboardModifiers keys = {})
{
    const QPointF place = test::placeOf(plot, step);
    QWheelEvent event(place, plot.canvas()->mapToGlobal(place), {}, turn, Qt::NoButton, keys,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(plot.canvas(), &event);
}

void drag(const StepPlot& plot, Qt::MouseButton button, double from, double to,
          Qt::KeyboardModifiers keys = {})
{
    const QPoint start = test::placeOf(plot, from);
    const QPoint end = test::placeOf(plot, to);
    QTest::mousePress(plot.canvas(), button, keys, start);
    QMouseEvent move(QEvent::MouseMove, end, plot.canvas()->mapToGlobal(end), Qt::NoButton, button,
                     keys);
    QCoreApplication::sendEvent(plot.canvas(), &move);
    QTest::mouseRelease(plot.canvas(), button, keys, end);
}

} // namespace

class TestStepPlot : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aClickMovesTheFocusToTheStepUnderIt_data()
    {
        QTest::addColumn<qint64>("step");
        for (const qint64 step : {0, 1, 37, 60, 99})
            QTest::addRow("step %lld", step) << step;
    }

    void aClickMovesTheFocusToTheStepUnderIt()
    {
        QFETCH(qint64, step);
        Fixture f;
        f.view.refreshNow();
        f.cursor.moveTo(50);
        test::press(f.view, static_cast<double>(step));
        QCOMPARE(f.cursor.step(), step);
    }

    void aDragTakesTheFocusAlongAndEndsAtTheEdge()
    {
        Fixture f;
        f.view.refreshNow();
        drag(f.view, Qt::LeftButton, 10, 42);
        QCOMPARE(f.cursor.step(), qint64{42});
        const StepWindow before = f.view.range();
        drag(f.view, Qt::LeftButton, 42, 5000);
        QCOMPARE(f.cursor.step(), qint64{99});
        QCOMPARE(f.view.range(), before);
    }

    void theLineFollowsTheFocusWithoutEcho()
    {
        Fixture f;
        f.cursor.moveTo(20);
        QSignalSpy moved(&f.cursor, &StepCursor::stepChanged);
        f.cursor.moveTo(70);
        const QImage image = test::drawn(f.view);
        QVERIFY(test::hasColor(image, test::columnAt(f.view, 70), f.view.theme().cursor));
        QVERIFY(!test::hasColor(image, test::columnAt(f.view, 20), f.view.theme().cursor));
        QCOMPARE(moved.count(), 1); // ours
    }

    void theLineMovesByItselfWithinAFrameOrTwo()
    {
        Fixture f;
        f.view.refreshNow();
        f.cursor.moveTo(30);
        QTRY_VERIFY(test::hasColor(f.view.canvas()->grab().toImage(), test::columnAt(f.view, 30),
                                   f.view.theme().cursor));
    }

    void stepsThatArriveAppear()
    {
        Fixture f(10, 0);
        f.view.refreshNow();
        QCOMPARE(f.view.shownRows(), (std::pair<qint64, qint64>{0, 9}));
        f.document.append(test::syntheticRun(200, 0).steps);
        f.view.refreshNow();
        QCOMPARE(f.view.shownRows(), (std::pair<qint64, qint64>{0, 209}));
        QCOMPARE(f.view.range(), (StepWindow{-0.5, 209.5}));
        QCOMPARE(f.view.data().rows, qint64{210});
    }

    void aRunThatGrowsUnderAZoomIsFollowedOnlyFromItsEnd()
    {
        Fixture f(200, 0);
        f.view.setRange({100, 200});
        const std::vector<StepRecord> more = test::syntheticRun(50, 0).steps;
        f.document.append(more);
        QVERIFY(f.view.range().upper > 249);
        QVERIFY(std::abs(f.view.range().size() - 100) < 1e-9);

        f.cursor.moveTo(180);
        const StepWindow before = f.view.range();
        f.document.append(more);
        QCOMPARE(f.view.range(), before);
    }

    void theWheelZoomsAtThePointer()
    {
        Fixture f;
        f.view.refreshNow();
        turnWheel(f.view, 30, {0, 120});
        const StepWindow zoomed = f.view.range();
        QVERIFY(zoomed.size() < 100);
        f.view.refreshNow();
        const double pixel = f.view.pixelOf(30);
        turnWheel(f.view, 30, {0, 120});
        QVERIFY(f.view.range().size() < zoomed.size());
        QVERIFY(std::abs(f.view.pixelOf(30) - pixel) < 1.5);
        for (int i = 0; i < 20; ++i)
            turnWheel(f.view, 30, {0, -120});
        QCOMPARE(f.view.range(), (StepWindow{-0.5, 99.5}));
    }

    void zoomEndsAtAHandfulOfSteps()
    {
        Fixture f;
        for (int i = 0; i < 50; ++i)
            turnWheel(f.view, 30, {0, 120});
        QVERIFY(f.view.range().size() >= 5);
        QVERIFY(f.view.range().lower <= 30 && f.view.range().upper >= 30);
    }

    void theWheelPansWithShiftAndSideways_data()
    {
        QTest::addColumn<QPoint>("turn");
        QTest::addColumn<bool>("shift");
        QTest::newRow("shift") << QPoint(0, -120) << true;
        QTest::newRow("sideways") << QPoint(-120, 0) << false;
    }

    void theWheelPansWithShiftAndSideways()
    {
        QFETCH(QPoint, turn);
        QFETCH(bool, shift);
        Fixture f;
        f.view.setRange({20, 60});
        turnWheel(f.view, 40, turn, shift ? Qt::ShiftModifier : Qt::NoModifier);
        QCOMPARE(f.view.range().size(), 40.0);
        QVERIFY(f.view.range().lower > 20);
    }

    void middleDragAndShiftDragPanWithoutMovingTheFocus_data()
    {
        QTest::addColumn<int>("button");
        QTest::addColumn<bool>("shift");
        QTest::newRow("middle") << static_cast<int>(Qt::MiddleButton) << false;
        QTest::newRow("shift") << static_cast<int>(Qt::LeftButton) << true;
    }

    void middleDragAndShiftDragPanWithoutMovingTheFocus()
    {
        QFETCH(int, button);
        QFETCH(bool, shift);
        Fixture f;
        f.cursor.moveTo(50);
        f.view.setRange({30, 70});
        f.view.refreshNow();
        drag(f.view, static_cast<Qt::MouseButton>(button), 50, 40,
             shift ? Qt::ShiftModifier : Qt::NoModifier);
        QVERIFY(std::abs(f.view.range().lower - 40) < 0.5);
        QCOMPARE(f.cursor.step(), qint64{50});
    }

    void keysZoomPanAndMoveTheFocus()
    {
        Fixture f;
        f.cursor.moveTo(50);
        QTest::keyClick(&f.view, Qt::Key_Plus);
        QCOMPARE(f.view.range().size(), 50.0);
        QTest::keyClick(&f.view, Qt::Key_Right);
        QVERIFY(f.view.range().lower > 25);
        QTest::keyClick(&f.view, Qt::Key_Left);
        QTest::keyClick(&f.view, Qt::Key_Minus);
        QCOMPARE(f.view.range().size(), 100.0);
        QTest::keyClick(&f.view, Qt::Key_Plus);
        QTest::keyClick(&f.view, Qt::Key_Home);
        QCOMPARE(f.view.range(), (StepWindow{-0.5, 99.5}));
        QTest::keyClick(&f.view, Qt::Key_Plus);
        QTest::keyClick(&f.view, Qt::Key_0);
        QCOMPARE(f.view.range(), (StepWindow{-0.5, 99.5}));
        QTest::keyClick(&f.view, Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(f.cursor.step(), qint64{51});
        QTest::keyClick(&f.view, Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(f.cursor.step(), qint64{50});
    }

    void aDoubleClickShowsTheWholeRun()
    {
        Fixture f;
        f.view.setRange({20, 40});
        f.view.refreshNow();
        QTest::mouseDClick(f.view.canvas(), Qt::LeftButton, {}, test::placeOf(f.view, 30));
        QCOMPARE(f.view.range(), (StepWindow{-0.5, 99.5}));
    }

    void aFocusOutOfSightIsBroughtIntoIt()
    {
        Fixture f;
        f.view.setRange({0, 20});
        f.cursor.moveTo(80);
        QVERIFY(f.view.range().lower <= 80 && f.view.range().upper >= 80);
        QCOMPARE(f.view.range().size(), 20.0);
    }

    void thePointerIsReadOutAndTheFocusWhenItLeaves()
    {
        Fixture f;
        f.view.refreshNow();
        f.cursor.moveTo(10);
        QSignalSpy told(&f.view, &StepPlot::readOutChanged);
        test::movePointer(f.view, test::placeOf(f.view, 33));
        QCOMPARE(f.view.hoveredStep(), std::optional<qint64>(33));
        QVERIFY(told.last().at(0).toString().startsWith(QStringLiteral("Step 33, thinking")));
        QVERIFY(test::hasColor(test::drawn(f.view), test::columnAt(f.view, 33),
                               f.view.theme().crosshair));
        test::movePointer(f.view, {-1, -1}); // onto the focus frame
        QVERIFY(!f.view.hoveredStep());
        QVERIFY(told.last().at(0).toString().startsWith(QStringLiteral("Step 10, thinking")));
        QVERIFY(!test::hasColor(test::drawn(f.view), test::columnAt(f.view, 33),
                                f.view.theme().crosshair));
    }

    void phasesHaveBandsAndEventsHaveLines()
    {
        Fixture f;
        const QImage image = test::drawn(f.view);
        const PlotTheme& theme = f.view.theme();
        QVERIFY(test::hasColor(image, test::columnAt(f.view, 30), theme.thinkBand));
        QVERIFY(!test::hasColor(image, test::columnAt(f.view, 30), theme.answerBand));
        QVERIFY(test::hasColor(image, test::columnAt(f.view, 80), theme.answerBand));
        QVERIFY(test::hasColor(image, test::columnAt(f.view, 59), theme.mark)); // cold stop
        QVERIFY(!test::hasColor(image, test::columnAt(f.view, 57), theme.mark));
    }

    void withoutARunAHintStandsInPlaceOfEmptyAxes()
    {
        Fixture f;
        f.document.close();
        f.view.refreshNow();
        QVERIFY(!f.view.canvas()->isVisible());
        QVERIFY(f.view.readOut().isEmpty());
        const QList<QLabel*> labels = f.view.findChildren<QLabel*>();
        QCOMPARE(labels.size(), 1);
        QVERIFY(labels.first()->isVisible() && !labels.first()->text().isEmpty());
        f.document.open(f.run.info, f.run.tokens, f.run.steps, false);
        f.view.refreshNow();
        QVERIFY(f.view.canvas()->isVisible());
    }

    void nothingHappensToAnEmptyPlot()
    {
        Fixture f;
        f.document.close();
        f.view.refreshNow();
        test::press(f.view, 5);
        turnWheel(f.view, 5, {0, 120});
        for (const Qt::Key key : {Qt::Key_Plus, Qt::Key_Minus, Qt::Key_Left, Qt::Key_Home})
            QTest::keyClick(&f.view, key);
        f.view.refreshNow();
        QCOMPARE(f.cursor.step(), qint64{-1});
    }

    void aPlotThatWasHiddenShowsWhatHappenedMeanwhile()
    {
        Fixture f(10, 0);
        f.view.hide();
        f.document.append(test::syntheticRun(90, 0).steps);
        f.cursor.moveTo(50);
        f.view.show();
        QTRY_VERIFY(test::hasColor(f.view.canvas()->grab().toImage(), test::columnAt(f.view, 50),
                                   f.view.theme().cursor));
    }

    void theKeyboardFocusHasAFrameAroundThePlot()
    {
        Fixture f;
        const QColor highlight = f.view.palette().color(QPalette::Highlight);
        const QRect leftEdge(0, 0, 2, f.view.height());
        f.view.clearFocus();
        QVERIFY(!test::hasColor(f.view.grab().toImage(), leftEdge, highlight));
        f.view.activateWindow();
        f.view.setFocus();
        QTRY_VERIFY(f.view.hasFocus());
        QVERIFY(test::hasColor(f.view.grab().toImage(), leftEdge, highlight));
    }

    void colorsFollowThePalette()
    {
        Fixture f;
        QVERIFY(!f.view.theme().dark);
        f.view.setPalette(test::darkPalette());
        QVERIFY(f.view.theme().dark);
        const QImage image = test::drawn(f.view);
        QCOMPARE(image.pixelColor(1, 1), test::darkPalette().color(QPalette::Base));
    }
};

QTEST_MAIN(TestStepPlot)
#include "tst_stepplot.moc"
