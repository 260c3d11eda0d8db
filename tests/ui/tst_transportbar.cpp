#include "panels/transportbar.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "sampletrace.h"
#include "widgets/scrubbar.h"

#include <QLabel>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>
#include <QVBoxLayout>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;
using halftone::test::SampleTrace;

namespace {

struct Stage
{
    Stage()
        : document(&cursor)
    {
        bar = new TransportBar(&document, &cursor, &window);
        neighbour = new QWidget(&window);
        neighbour->setFocusPolicy(Qt::StrongFocus);
        auto* layout = new QVBoxLayout(&window);
        layout->addWidget(bar);
        layout->addWidget(neighbour);
        window.resize(700, 120);
        window.show();
    }
    [[nodiscard]] bool start(SampleTrace& trace)
    {
        trace.openIn(document);
        const bool active = QTest::qWaitForWindowActive(&window);
        bar->setFocus();
        return active;
    }
    void press(const QString& button)
    {
        QTest::mouseClick(bar->findChild<QToolButton*>(button), Qt::LeftButton);
    }

    StepCursor cursor;
    RunDocument document;
    QWidget window;
    TransportBar* bar;
    QWidget* neighbour;
};

SampleTrace steps(std::int64_t count)
{
    SampleTrace trace;
    trace.repeat({"a", "b"}, count);
    return trace;
}

} // namespace

class TestTransportBar : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void buttonsMoveTheCursor();
    void keysWorkWithFocusHereOrWhereTheyAreShared();
    void playingGoesToTheEndAndStops();
    void playingAtTheEndBeginsAgain();
    void playingStopsWhenTheCursorIsMovedByHand();
    void theScrubBarGoesWhereItIsClicked();
    void theStepNumberMovesTheCursorAndFollowsIt();
    void aShorterRunMovesNothing();
    void anEmptyDocumentDisablesAll();
};

void TestTransportBar::buttonsMoveTheCursor()
{
    Stage stage;
    SampleTrace trace = steps(10);
    QVERIFY(stage.start(trace));
    stage.press(u"firstButton"_s);
    QCOMPARE(stage.cursor.step(), 0);
    stage.press(u"forwardButton"_s);
    stage.press(u"forwardButton"_s);
    QCOMPARE(stage.cursor.step(), 2);
    stage.press(u"backButton"_s);
    QCOMPARE(stage.cursor.step(), 1);
    stage.press(u"lastButton"_s);
    QCOMPARE(stage.cursor.step(), 9);
}

void TestTransportBar::keysWorkWithFocusHereOrWhereTheyAreShared()
{
    Stage stage;
    SampleTrace trace = steps(10);
    QVERIFY(stage.start(trace));
    auto* scrub = stage.bar->findChild<ScrubBar*>();
    QTest::keyClick(scrub, Qt::Key_Home);
    QCOMPARE(stage.cursor.step(), 0);
    QTest::keyClick(scrub, Qt::Key_Right);
    QCOMPARE(stage.cursor.step(), 1);

    stage.neighbour->setFocus();
    QTest::keyClick(stage.neighbour, Qt::Key_Right);
    QCOMPARE(stage.cursor.step(), 1);
    stage.bar->shareKeys(stage.neighbour);
    QTest::keyClick(stage.neighbour, Qt::Key_Right);
    QCOMPARE(stage.cursor.step(), 2);
    QTest::keyClick(stage.neighbour, Qt::Key_Space);
    QVERIFY(stage.bar->isPlaying());
    QTest::keyClick(stage.neighbour, Qt::Key_Space);
    QVERIFY(!stage.bar->isPlaying());
    QTest::keyClick(stage.neighbour, Qt::Key_End);
    QCOMPARE(stage.cursor.step(), 9);
}

void TestTransportBar::playingGoesToTheEndAndStops()
{
    Stage stage;
    SampleTrace trace = steps(50);
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(5);
    const QSignalSpy moved(&stage.cursor, &StepCursor::stepChanged);
    stage.bar->setSpeed(500);
    stage.press(u"playButton"_s);
    QVERIFY(stage.bar->isPlaying());
    QTRY_COMPARE(stage.cursor.step(), 49);
    QVERIFY(!stage.bar->isPlaying());
    qint64 before = 5;
    for (const QList<QVariant>& arguments : moved) {
        QVERIFY(arguments.front().toLongLong() > before);
        before = arguments.front().toLongLong();
    }
}

void TestTransportBar::playingAtTheEndBeginsAgain()
{
    Stage stage;
    SampleTrace trace = steps(10);
    QVERIFY(stage.start(trace));
    QCOMPARE(stage.cursor.step(), 9);
    stage.press(u"playButton"_s);
    QVERIFY(stage.bar->isPlaying());
    QCOMPARE(stage.cursor.step(), 0);
}

void TestTransportBar::playingStopsWhenTheCursorIsMovedByHand()
{
    Stage stage;
    SampleTrace trace = steps(1000);
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    stage.bar->setPlaying(true);
    QTRY_VERIFY(stage.cursor.step() > 0);
    stage.cursor.moveTo(500);
    QVERIFY(!stage.bar->isPlaying());
}

void TestTransportBar::theScrubBarGoesWhereItIsClicked()
{
    Stage stage;
    SampleTrace trace = steps(101);
    QVERIFY(stage.start(trace));
    auto* scrub = stage.bar->findChild<ScrubBar*>();
    const auto pointOf = [&](qint64 step) {
        return QPoint(static_cast<int>(scrub->xOf(step) + 0.5), scrub->height() / 2);
    };
    QTest::mouseClick(scrub, Qt::LeftButton, {}, pointOf(25));
    QVERIFY(std::abs(stage.cursor.step() - 25) <= 1);
    QTest::mousePress(scrub, Qt::LeftButton, {}, pointOf(30));
    QTest::mouseMove(scrub, pointOf(75));
    QVERIFY(std::abs(stage.cursor.step() - 75) <= 1);
    QTest::mouseMove(scrub, pointOf(100));
    QTest::mouseRelease(scrub, Qt::LeftButton, {}, pointOf(100));
    QCOMPARE(stage.cursor.step(), 100);
    QTest::mouseMove(scrub, pointOf(50));
    QCOMPARE(stage.cursor.step(), 100);
}

void TestTransportBar::theStepNumberMovesTheCursorAndFollowsIt()
{
    Stage stage;
    SampleTrace trace = steps(100);
    QVERIFY(stage.start(trace));
    auto* box = stage.bar->findChild<QSpinBox*>(u"stepBox"_s);
    QCOMPARE(box->value(), 99);
    box->setFocus();
    box->selectAll();
    QTest::keyClicks(box, u"42"_s);
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(stage.cursor.step(), 42);
    stage.cursor.moveTo(7);
    QCOMPARE(box->value(), 7);
    QCOMPARE(stage.bar->findChild<ScrubBar*>()->value(), 7);
}

void TestTransportBar::aShorterRunMovesNothing()
{
    Stage stage;
    SampleTrace trace = steps(100);
    QVERIFY(stage.start(trace));
    SampleTrace shorter = steps(3);
    const QSignalSpy moved(&stage.cursor, &StepCursor::stepChanged);
    shorter.openIn(stage.document);
    QCOMPARE(stage.cursor.step(), 2);
    QCOMPARE(moved.count(), 1);
    shorter.repeat({"a"}, 5);
    shorter.appendTo(stage.document);
    QCOMPARE(stage.cursor.step(), 4);
    QCOMPARE(stage.bar->findChild<QSpinBox*>(u"stepBox"_s)->maximum(), 4);
}

void TestTransportBar::anEmptyDocumentDisablesAll()
{
    Stage stage;
    SampleTrace trace = steps(3);
    QVERIFY(stage.start(trace));
    stage.bar->setPlaying(true);
    stage.document.close();
    QVERIFY(!stage.bar->isPlaying());
    QVERIFY(!stage.bar->findChild<QToolButton*>(u"playButton"_s)->isEnabled());
    QVERIFY(!stage.bar->findChild<ScrubBar*>()->isEnabled());
    stage.bar->setPlaying(true);
    QVERIFY(!stage.bar->isPlaying());
    QVERIFY(!stage.bar->grab().isNull());
}

QTEST_MAIN(TestTransportBar)
#include "tst_transportbar.moc"
