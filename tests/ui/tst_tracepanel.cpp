#include "panels/tracepanel.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "models/steptablemodel.h"
#include "sampletrace.h"
#include "widgets/colorlegend.h"
#include "widgets/findbar.h"
#include "widgets/traceview.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;
using halftone::test::SampleTrace;

namespace {

/// A panel on screen with its document and cursor.
struct Stage
{
    explicit Stage(const QSize& size = {500, 300})
        : document(&cursor)
        , panel(&document, &cursor)
    {
        panel.resize(size);
        panel.show();
        view = panel.findChild<TraceView*>();
        table = panel.findChild<QTableView*>();
        view->setFocus();
    }
    [[nodiscard]] bool start()
    {
        panel.activateWindow();
        return QTest::qWaitForWindowActive(&panel) &&
               QTest::qWaitFor([this] { return view->isLaidOut(); });
    }
    void open(SampleTrace& trace, bool live = false) { trace.openIn(document, live); }
    [[nodiscard]] bool isInView(qint64 step) const
    {
        const QRect rect = view->stepRect(step);
        return !rect.isEmpty() && view->viewport()->rect().contains(rect.center());
    }
    void click(qint64 step, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::mouseClick(view->viewport(), Qt::LeftButton, modifiers,
                          view->stepRect(step).center());
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::keyClick(view, key, modifiers);
    }

    StepCursor cursor;
    RunDocument document;
    TracePanel panel;
    TraceView* view = nullptr;
    QTableView* table = nullptr;
};

SampleTrace sentence()
{
    SampleTrace trace;
    trace.prompt({"Say", " it", ":"});
    for (const char* piece : {"The", " cat", " s", "at", ".", "\n", "The", " end"})
        trace.token(piece);
    return trace;
}

QString clipboardText()
{
    return QGuiApplication::clipboard()->text();
}

/// The colour that fills a cell: of a corner, where no letter is.
QColor fillOf(const Stage& stage, qint64 step)
{
    const QImage image = stage.view->viewport()->grab().toImage();
    return image.pixelColor(stage.view->stepRect(step).bottomLeft() + QPoint(2, -2));
}

} // namespace

class TestTracePanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theMenuIsForTheStepUnderTheMouse();
    void aClickMovesTheCursorAndOtherViewsFollowOnce();
    void theCursorOfOthersIsFollowedWithoutEcho();
    void aClickOnThePromptOrBesideTheTextMovesNothing();
    void keysMoveTheCursor();
    void upAndDownStayInTheirColumn();
    void pagesMoveByAViewport();
    void shiftSelectsAndCopyGivesTheText();
    void copyWithBoundariesGivesALineAStep();
    void halfACharacterIsShownAndCopiedWhole();
    void boundariesGiveEveryTokenItsOwnBytes();
    void coloursFollowTheChosenQuantity();
    void theLegendNamesQuantitySupportAndUnit();
    void findGoesThroughTheMatchesAndWrapsRound();
    void findSeesWhatSeveralTokensSpell();
    void theTableIsTheSameTraceAndSharesTheCursor();
    void theTableModelGrowsByRows();
    void aLiveTraceFollowsItsEndUntilOneScrollsAway();
    void softStepsShowTheirHeaviestComponents();
    void theRowsOfASoftPromptAreNamedByTheirNearestTokens();
    void theLegendTellsHowThePartnersStepsAreMarked();
    void aHundredThousandStepsScrollAnywhere();
    void anotherRunReplacesEverything();
    void aClosedDocumentIsAnInvitation();
};

void TestTracePanel::aClickMovesTheCursorAndOtherViewsFollowOnce()
{
    Stage stage;
    TracePanel other(&stage.document, &stage.cursor);
    other.resize(500, 300);
    other.show();
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    QCOMPARE(stage.cursor.step(), 7);

    const QSignalSpy moved(&stage.cursor, &StepCursor::stepChanged);
    stage.click(2);
    QCOMPARE(stage.cursor.step(), 2);
    QCOMPARE(moved.count(), 1);
    stage.click(2);
    QCOMPARE(moved.count(), 1);
}

void TestTracePanel::theCursorOfOthersIsFollowedWithoutEcho()
{
    Stage stage;
    SampleTrace trace;
    trace.repeat({"one ", "two ", "three "}, 5000);
    stage.open(trace);
    QVERIFY(stage.start());
    stage.panel.setTableShown(true);
    const QSignalSpy moved(&stage.cursor, &StepCursor::stepChanged);
    for (const qint64 step : {17, 4000, 2500}) {
        stage.cursor.moveTo(step);
        QCOMPARE(stage.cursor.step(), step);
        QVERIFY(stage.isInView(step));
        QCOMPARE(stage.table->currentIndex().row(), static_cast<int>(step));
    }
    QCOMPARE(moved.count(), 3);
}

void TestTracePanel::aClickOnThePromptOrBesideTheTextMovesNothing()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.cursor.moveTo(4);
    QTest::mouseClick(stage.view->viewport(), Qt::LeftButton, {}, QPoint(10, 10));
    QCOMPARE(stage.cursor.step(), 4);
    QTest::mouseClick(stage.view->viewport(), Qt::LeftButton, {},
                      stage.view->viewport()->rect().bottomRight() - QPoint(5, 5));
    QCOMPARE(stage.cursor.step(), 4);
}

void TestTracePanel::keysMoveTheCursor()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.key(Qt::Key_Home);
    QCOMPARE(stage.cursor.step(), 0);
    stage.key(Qt::Key_Left);
    QCOMPARE(stage.cursor.step(), 0);
    stage.key(Qt::Key_Right);
    QCOMPARE(stage.cursor.step(), 1);
    stage.key(Qt::Key_End);
    QCOMPARE(stage.cursor.step(), 7);
    stage.key(Qt::Key_Left);
    QCOMPARE(stage.cursor.step(), 6);
}

void TestTracePanel::upAndDownStayInTheirColumn()
{
    Stage stage;
    SampleTrace trace;
    for (int line = 0; line < 4; ++line)
        for (const char* piece : {"aaaa", " bbbb", " cccc", line == 1 ? "\n" : " dddd\n"})
            trace.token(piece);
    stage.open(trace);
    QVERIFY(stage.start());
    stage.cursor.moveTo(3);
    stage.key(Qt::Key_Down); // a short line: its last step
    QCOMPARE(stage.cursor.step(), 7);
    stage.key(Qt::Key_Down); // and back in the column
    QCOMPARE(stage.cursor.step(), 11);
    stage.key(Qt::Key_Up);
    stage.key(Qt::Key_Up);
    QCOMPARE(stage.cursor.step(), 3);
    stage.key(Qt::Key_Up); // above the first line
    QCOMPARE(stage.cursor.step(), 0);
}

void TestTracePanel::pagesMoveByAViewport()
{
    Stage stage;
    SampleTrace trace;
    trace.repeat({"a\n"}, 500);
    stage.open(trace);
    QVERIFY(stage.start());
    stage.cursor.moveTo(100);
    const int lineHeight = stage.view->stepRect(101).top() - stage.view->stepRect(100).top();
    const int linesInView = stage.view->viewport()->height() / lineHeight;
    stage.key(Qt::Key_PageDown);
    const qint64 down = stage.cursor.step();
    QVERIFY2(std::abs(down - 100 - linesInView) <= 1, qPrintable(QString::number(down)));
    QVERIFY(stage.isInView(down));
    stage.key(Qt::Key_PageUp);
    QVERIFY(std::abs(stage.cursor.step() - 100) <= 1);
}

void TestTracePanel::shiftSelectsAndCopyGivesTheText()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.click(1);
    stage.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(clipboardText(), u" cat"_s);
    stage.click(4, Qt::ShiftModifier);
    QCOMPARE(*stage.view->selection(), (StepRange{1, 4}));
    stage.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(clipboardText(), u" cat sat."_s);
    stage.key(Qt::Key_Left, Qt::ShiftModifier);
    stage.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(clipboardText(), u" cat sat"_s);
    stage.key(Qt::Key_A, Qt::ControlModifier);
    stage.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(clipboardText(), u"The cat sat.\nThe end"_s);

    // Dragging selects too.
    QTest::mousePress(stage.view->viewport(), Qt::LeftButton, {}, stage.view->stepRect(0).center());
    QTest::mouseMove(stage.view->viewport(), stage.view->stepRect(2).center());
    QTest::mouseRelease(stage.view->viewport(), Qt::LeftButton, {},
                        stage.view->stepRect(2).center());
    QCOMPARE(*stage.view->selection(), (StepRange{0, 2}));
    QCOMPARE(stage.cursor.step(), 2);
}

void TestTracePanel::copyWithBoundariesGivesALineAStep()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.click(4);
    stage.click(5, Qt::ShiftModifier);
    stage.key(Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(clipboardText(),
             u"4\t%1\t.\n5\t%2\t↵"_s.arg(trace.id(".").value).arg(trace.id("\n").value));
}

void TestTracePanel::halfACharacterIsShownAndCopiedWhole()
{
    Stage stage;
    SampleTrace trace;
    trace.token("a");
    trace.token("\xF0\x9F");
    trace.token("\x98\x80");
    trace.token("b");
    stage.open(trace);
    QVERIFY(stage.start());
    // The first half has a cell of its own that can be clicked, narrower than two byte marks.
    stage.click(1);
    QCOMPARE(stage.cursor.step(), 1);
    const int closed = stage.view->stepRect(1).width();
    stage.click(2, Qt::ShiftModifier);
    stage.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(clipboardText(), u"😀"_s);
    stage.click(1);
    stage.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(clipboardText(), u"<0xF0><0x9F>"_s);
    stage.key(Qt::Key_B);
    QTRY_VERIFY(stage.view->stepRect(1).width() > 3 * closed);
}

void TestTracePanel::boundariesGiveEveryTokenItsOwnBytes()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    const int width = stage.view->stepRect(3).width();
    const QImage before = stage.view->viewport()->grab().toImage();
    stage.key(Qt::Key_B);
    QTRY_VERIFY(stage.view->stepRect(3).width() > width);
    QVERIFY(stage.view->viewport()->grab().toImage() != before);
}

void TestTracePanel::coloursFollowTheChosenQuantity()
{
    Stage stage;
    SampleTrace trace;
    trace.token("sure ", 0.999, Phase::Think);
    trace.token("unsure ", 0.5, Phase::Think);
    trace.token("wrong ", 0.001, Phase::Answer);
    trace.token("last");
    stage.open(trace);
    QVERIFY(stage.start());
    stage.key(Qt::Key_1);
    QCOMPARE(fillOf(stage, 0), stage.view->colors().rampColor(trace.steps[0].entropy / 1.0));
    QVERIFY(lightnessOf(fillOf(stage, 1)) < lightnessOf(fillOf(stage, 0)));
    QCOMPARE(fillOf(stage, 2), fillOf(stage, 0)); // as sure, of something else
    stage.key(Qt::Key_2);
    QVERIFY(lightnessOf(fillOf(stage, 2)) < lightnessOf(fillOf(stage, 1)));
    QVERIFY(lightnessOf(fillOf(stage, 1)) < lightnessOf(fillOf(stage, 0)));
    stage.key(Qt::Key_3);
    QCOMPARE(fillOf(stage, 0), fillOf(stage, 1));
    QVERIFY(fillOf(stage, 2) != fillOf(stage, 0));
    QCOMPARE(stage.panel.findChild<QComboBox*>(u"colorBox"_s)->currentText(), u"Phase"_s);
}

void TestTracePanel::theLegendNamesQuantitySupportAndUnit()
{
    Stage stage;
    SampleTrace trace;
    trace.token("a", 0.5); // ln 2 nats: the scale ends at 1
    stage.open(trace);
    QVERIFY(stage.start());
    const auto* legend = stage.panel.findChild<ColorLegend*>();
    QCOMPARE(legend->text(), u"Entropy · raw, full vocabulary, nats: 0 to 1"_s);
    stage.key(Qt::Key_2);
    QCOMPARE(legend->text(), u"Probability of the shown token · raw, full vocabulary: 0 to 1"_s);
    stage.key(Qt::Key_3);
    QVERIFY(legend->text().contains(u"thinking"_s));
}

void TestTracePanel::findGoesThroughTheMatchesAndWrapsRound()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.cursor.moveTo(1);
    stage.key(Qt::Key_F, Qt::ControlModifier);
    auto* edit = stage.panel.findChild<QLineEdit*>(u"findEdit"_s);
    QVERIFY(edit->isVisible());
    QTRY_VERIFY(edit->hasFocus());
    QTest::keyClicks(edit, u"the"_s);
    const auto* result = stage.panel.findChild<QLabel*>(u"findResult"_s);
    QCOMPARE(stage.cursor.step(), 6);
    QCOMPARE(result->text(), u"2 of 2"_s);
    QTest::keyClick(edit, Qt::Key_Return);
    QCOMPARE(stage.cursor.step(), 0);
    QTest::keyClick(edit, Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(stage.cursor.step(), 6);
    QTest::keyClicks(edit, u" dog"_s);
    QCOMPARE(result->text(), u"not found"_s);
    QCOMPARE(stage.cursor.step(), 6);
    QTest::keyClick(edit, Qt::Key_Escape);
    QVERIFY(!edit->isVisible());
    QVERIFY(stage.view->hasFocus());
}

void TestTracePanel::findSeesWhatSeveralTokensSpell()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.key(Qt::Key_F, Qt::ControlModifier);
    auto* edit = stage.panel.findChild<QLineEdit*>(u"findEdit"_s);
    QTest::keyClicks(edit, u"cat sat"_s);
    QCOMPARE(stage.cursor.step(), 1);
    QCOMPARE(*stage.view->selection(), (StepRange{1, 3}));
}

void TestTracePanel::theTableIsTheSameTraceAndSharesTheCursor()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.cursor.moveTo(3);
    stage.key(Qt::Key_T);
    QVERIFY(stage.table->isVisible());
    QVERIFY(stage.table->hasFocus());
    QCOMPARE(stage.table->currentIndex().row(), 3);
    QTest::keyClick(stage.table, Qt::Key_Down);
    QCOMPARE(stage.cursor.step(), 4);
    const QAbstractItemModel* model = stage.table->model();
    QCOMPARE(model->index(1, StepTableModel::Token).data().toString(), u"␣cat"_s);
    QCOMPARE(model->index(1, StepTableModel::Position).data().toInt(), 4);
    QTest::keyClick(stage.table, Qt::Key_C, Qt::ControlModifier);
    QVERIFY(clipboardText().startsWith(u"4\t7\tanswer\t.\t0.32"_s));
    QTest::keyClick(stage.table, Qt::Key_T);
    QVERIFY(stage.view->isVisible());
}

void TestTracePanel::theTableModelGrowsByRows()
{
    StepCursor cursor;
    RunDocument document(&cursor);
    StepTableModel model(&document);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    SampleTrace trace = sentence();
    trace.openIn(document, true);
    const QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    const QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    trace.token("!").stop = StopReason::EndToken;
    trace.token("?").forced = true;
    trace.appendTo(document);
    QCOMPARE(model.rowCount(), 10);
    QCOMPARE(inserted.count(), 1);
    QCOMPARE(inserted.front().at(1).toInt(), 8);
    QCOMPARE(inserted.front().at(2).toInt(), 9);
    QCOMPARE(reset.count(), 0);
    QCOMPARE(model.index(8, StepTableModel::Events).data().toString(), u"end of run: end token"_s);
    QCOMPARE(model.index(9, StepTableModel::Events).data().toString(), u"forced"_s);
    QCOMPARE(model.index(0, StepTableModel::Entropy).data(Qt::EditRole).toDouble(),
             trace.steps[0].entropy);
}

void TestTracePanel::aLiveTraceFollowsItsEndUntilOneScrollsAway()
{
    Stage stage;
    SampleTrace trace;
    trace.repeat({"word "}, 2000);
    stage.open(trace, true);
    QVERIFY(stage.start());
    const auto grow = [&] {
        trace.repeat({"word "}, std::ssize(trace.steps) + 100);
        trace.appendTo(stage.document);
        QVERIFY(QTest::qWaitFor([&] { return stage.view->isLaidOut(); }));
    };
    grow();
    QCOMPARE(stage.cursor.step(), 2099);
    QVERIFY(stage.isInView(2099));
    stage.view->verticalScrollBar()->setValue(100);
    grow();
    QCOMPARE(stage.cursor.step(), 2199);
    QCOMPARE(stage.view->verticalScrollBar()->value(), 100);
    stage.key(Qt::Key_End);
    QVERIFY(stage.isInView(2199));
    grow();
    QVERIFY(stage.isInView(2299));
}

void TestTracePanel::softStepsShowTheirHeaviestComponents()
{
    Stage stage;
    SampleTrace trace(" ");
    trace.token("from", 0.9, Phase::Think);
    trace.mixture({{"bern", 0.5F}, {"femp", 0.3F}, {"gill", 0.15F}, {"nilt", 0.05F}});
    stage.open(trace);
    QVERIFY(stage.start());
    stage.cursor.moveTo(0);
    const QRect cell = stage.view->stepRect(1);
    const QImage with = stage.view->viewport()->grab().toImage();
    stage.key(Qt::Key_M);
    QTRY_VERIFY(stage.view->stepRect(1).width() < cell.width());
    const QImage without = stage.view->viewport()->grab().toImage();
    // Three rows under the cell, none without.
    const int x = cell.left() + 1;
    const QColor page = without.pixelColor(x, cell.bottom() + 6);
    for (int row = 0; row < 3; ++row) {
        const int y = cell.bottom() + 6 + row * 12;
        QVERIFY(with.pixelColor(x, y) != page);
        QCOMPARE(without.pixelColor(x, y), page);
    }
}

void TestTracePanel::theRowsOfASoftPromptAreNamedByTheirNearestTokens()
{
    Stage stage;
    auto* rows = stage.panel.findChild<QLabel*>(u"softPromptRows"_s);
    SampleTrace trace(" ");
    trace.token("from", 0.9);
    trace.token("bern", 0.9);
    trace.info.softPrompt =
        QStringLiteral(R"({"path": "/tuned", "fingerprint": "0", "nearest":
            [[{"id": %1, "cosine": 0.75}, {"id": %2, "cosine": 0.5}],
             [{"id": %2, "cosine": 0.25}]]})")
            .arg(trace.id("from").value)
            .arg(trace.id("bern").value)
            .toStdString();
    stage.open(trace);
    QVERIFY(stage.start());
    QVERIFY(rows->isVisible());
    QVERIFY2(rows->text().endsWith(u"from 0.75 · bern 0.25"_s), qPrintable(rows->text()));
    QVERIFY(rows->toolTip().contains(u"row 0: from 0.75, bern 0.5"_s));
    SampleTrace plain(" ");
    plain.token("from", 0.9);
    stage.open(plain);
    QVERIFY(!rows->isVisible());
}

void TestTracePanel::theLegendTellsHowThePartnersStepsAreMarked()
{
    Stage stage;
    SampleTrace trace(" ");
    trace.token("from", 0.9);
    stage.open(trace);
    auto* legend = stage.panel.findChild<ColorLegend*>();
    QVERIFY(!legend->text().contains(u"partner"_s));
    SampleTrace two(" ");
    two.token("from", 0.9);
    two.info.partner = R"({"name": "strong", "path": "/strong", "fingerprint": "0"})";
    stage.open(two);
    QVERIFY(legend->text().contains(u"underlined: the partner model decided"_s));
}

void TestTracePanel::aHundredThousandStepsScrollAnywhere()
{
    Stage stage;
    SampleTrace trace;
    trace.repeat({"Seven", " steps", " make", " a", " week", ".", "\n"}, 100'000);
    stage.open(trace);
    QVERIFY(stage.start());
    QVERIFY(stage.isInView(99'999));
    QScrollBar* bar = stage.view->verticalScrollBar();
    for (const double share : {0.0, 0.37, 0.5, 1.0}) {
        bar->setValue(static_cast<int>(share * bar->maximum()));
        const qint64 step = stage.view->stepAt({12, 150});
        QVERIFY(step >= 0);
        QCOMPARE(step % 7, 0); // lines begin with the sentence
        QVERIFY(std::abs(static_cast<double>(step) / 100'000 - share) < 0.01);
        stage.click(step);
        QCOMPARE(stage.cursor.step(), step);
        QVERIFY(!stage.view->viewport()->grab().isNull());
    }
    // Another width: the step in focus stays in view.
    stage.cursor.moveTo(70'000);
    stage.panel.resize(300, 300);
    QTRY_VERIFY(stage.view->isLaidOut());
    QVERIFY(stage.isInView(70'000));
}

void TestTracePanel::anotherRunReplacesEverything()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.key(Qt::Key_A, Qt::ControlModifier);
    SampleTrace second;
    second.token("x");
    stage.open(second);
    QTRY_VERIFY(stage.view->isLaidOut());
    QVERIFY(!stage.view->selection());
    QCOMPARE(stage.cursor.step(), 0);
    QCOMPARE(stage.table->model()->rowCount(), 1);
    QVERIFY(stage.view->stepRect(1).isEmpty());
}

void TestTracePanel::aClosedDocumentIsAnInvitation()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    stage.document.close();
    for (const Qt::Key key : {Qt::Key_Left, Qt::Key_Down, Qt::Key_PageUp, Qt::Key_End, Qt::Key_B})
        stage.key(key);
    stage.key(Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(stage.cursor.step(), -1);
    QVERIFY(!stage.panel.grab().isNull());
}

void TestTracePanel::theMenuIsForTheStepUnderTheMouse()
{
    Stage stage;
    SampleTrace trace = sentence();
    stage.open(trace);
    QVERIFY(stage.start());
    QAction command(u"Collapse Here"_s);
    stage.panel.addStepCommands({&command});
    QVERIFY(stage.view->actions().contains(&command));
    QVERIFY(stage.table->actions().contains(&command));
    QCOMPARE(stage.view->contextMenuPolicy(), Qt::ActionsContextMenu);

    stage.click(1);
    QTest::mouseClick(stage.view->viewport(), Qt::RightButton, {},
                      stage.view->stepRect(4).center());
    QCOMPARE(stage.cursor.step(), 4);
    // Inside a selection it keeps the selection.
    stage.click(1);
    stage.click(3, Qt::ShiftModifier);
    QTest::mouseClick(stage.view->viewport(), Qt::RightButton, {},
                      stage.view->stepRect(2).center());
    QCOMPARE(stage.cursor.step(), 2);
    QVERIFY(stage.view->selection());
    QCOMPARE(stage.view->selection()->first, 1);
    QCOMPARE(stage.view->selection()->last, 3);
}

QTEST_MAIN(TestTracePanel)
#include "tst_tracepanel.moc"
