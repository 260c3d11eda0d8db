// The schedules above the transport: edited with mouse and keys, loaded, saved, refused, and shown
// as they went in a run.
#include "panels/schedulebar.h"

#include "fakeengine.h"
#include "models/rundocument.h"
#include "models/schedulemodel.h"
#include "models/stepcursor.h"
#include "panels/parameterform.h"
#include "panels/runsetup.h"
#include "panels/segmentdialog.h"
#include "panels/transportbar.h"
#include "sampletrace.h"
#include "widgets/scrubbar.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QVBoxLayout>

using namespace halftone;
using namespace halftone::test;
using namespace halftone::ui;

namespace {

Segment atStep(std::int64_t step, const std::string& mode = {}, ParameterValues values = {})
{
    Segment segment;
    segment.when.step = step;
    segment.mode = mode;
    segment.parameters = std::move(values);
    return segment;
}

Segment atEntropy(double entropy, const std::string& mode)
{
    Segment segment;
    segment.when.kind = TriggerKind::EntropyAbove;
    segment.when.entropy = entropy;
    segment.mode = mode;
    return segment;
}

/// As in the window: the setup elsewhere, the bar over the transport.
struct Bench
{
    Bench()
        : engine(std::filesystem::path(folder.path().toStdString()) / "library.sqlite",
                 fakeLoader())
    {
        auto* column = new QVBoxLayout(&window);
        column->setContentsMargins(0, 0, 0, 0);
        bar = new ScheduleBar(&setup, &engine, &document, &cursor, &window);
        transport = new TransportBar(&document, &cursor, &window);
        bar->alignWith(transport->timeline());
        column->addWidget(bar);
        column->addWidget(transport);
        QObject::connect(bar, &ScheduleBar::refused, bar,
                         [this](const QString& why) { refusals << why; });
        RunSettings settings;
        settings.mode = "discrete";
        settings.maxSteps = 101;
        setup.setSettings(settings);
        window.resize(1200, 140);
        window.show();
        window.activateWindow();
        if (!QTest::qWaitForWindowActive(&window))
            qFatal("no window");
    }

    [[nodiscard]] ScheduleStrip* next() const
    {
        return bar->findChild<ScheduleStrip*>(QStringLiteral("nextSchedule"));
    }
    [[nodiscard]] ScheduleStrip* shown() const
    {
        return bar->findChild<ScheduleStrip*>(QStringLiteral("shownSchedule"));
    }
    [[nodiscard]] QString note(const char* name) const
    {
        return bar->findChild<QLabel*>(QLatin1String(name))->text();
    }
    [[nodiscard]] QString nameOf(const ScheduleStrip* strip, std::size_t i) const
    {
        return strip->block(i)->accessibleName();
    }
    void clickButton(const char* name) const
    {
        QTest::mouseClick(bar->findChild<QToolButton*>(QLatin1String(name)), Qt::LeftButton);
    }
    [[nodiscard]] SegmentDialog* dialog() const { return bar->findChild<SegmentDialog*>(); }
    [[nodiscard]] const std::vector<Segment>& segments() const
    {
        return setup.schedule()->schedule().segments;
    }
    void schedule(std::vector<Segment> of)
    {
        Schedule schedule;
        schedule.segments = std::move(of);
        setup.schedule()->setSchedule(std::move(schedule), QStringLiteral("a test's"));
    }
    [[nodiscard]] QString file(const char* name, const QByteArray& content) const
    {
        QFile file(folder.filePath(QLatin1String(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("a test's file cannot be written");
        return file.fileName();
    }
    /// A run of 11 steps under this schedule, whose segments begin at these steps.
    void show(const std::vector<Segment>& segments, std::initializer_list<std::int64_t> begins)
    {
        SampleTrace trace;
        trace.repeat({"one", "two"}, 11);
        for (StepRecord& step : trace.steps)
            for (const std::int64_t begin : begins)
                step.segment += step.step.value >= begin ? 1 : 0;
        RunSettings settings;
        settings.mode = "discrete";
        settings.schedule.segments = segments;
        trace.info.settings = toJson(settings);
        trace.openIn(document);
    }

    QTemporaryDir folder;
    EngineController engine;
    StepCursor cursor;
    RunDocument document{&cursor};
    RunSetup setup;
    QWidget window;
    ScheduleBar* bar = nullptr;
    TransportBar* transport = nullptr;
    QStringList refusals;
};

void type(QComboBox* box, const char* data)
{
    box->setFocus();
    const int wanted = box->findData(QLatin1String(data));
    while (box->currentIndex() != wanted)
        QTest::keyClick(box, box->currentIndex() < wanted ? Qt::Key_Down : Qt::Key_Up);
}

template <class Widget>
Widget* in(const QWidget* parent, const char* name)
{
    return parent->findChild<Widget*>(QLatin1String(name));
}

void pressOk(const SegmentDialog* dialog)
{
    QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok),
                      Qt::LeftButton);
}

} // namespace

class ScheduleBarTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aSegmentIsAddedInTheFormAndIsPartOfTheNextRun()
    {
        Bench bench;
        bench.clickButton("addSegment");
        SegmentDialog* dialog = bench.dialog();
        QVERIFY(dialog != nullptr && dialog->isVisible());
        auto* step = in<QSpinBox>(dialog, "triggerStep");
        step->setFocus();
        step->selectAll();
        QTest::keyClicks(step, QStringLiteral("40"));
        type(in<QComboBox>(dialog, "segmentMode"), "soft");
        auto* temperature = in<QDoubleSpinBox>(dialog, "parameter.temperature");
        temperature->setFocus();
        temperature->selectAll();
        QTest::keyClicks(temperature, QStringLiteral("0.35"));
        QTest::keyClick(temperature, Qt::Key_Tab);
        QCOMPARE(in<QLabel>(dialog, "segmentChanges")->text(),
                 QStringLiteral("Changes: soft, temperature 0.35"));
        pressOk(dialog);
        QCOMPARE(bench.setup.settings().schedule.segments,
                 (std::vector{atStep(40, "soft", {{"temperature", 0.35}})}));
        QCOMPARE(bench.nameOf(bench.next(), 1),
                 QStringLiteral("Segment 1, step 40: soft, temperature 0.35"));
        QCOMPARE(bench.next()->borderOf(1), bench.next()->xOf(40));
    }

    void everyKindOfTriggerCanBeChosen()
    {
        Bench bench;
        bench.schedule({atStep(40, "soft")});
        bench.next()->block(1)->setFocus();
        const auto edit = [&] {
            QTest::keyClick(bench.next()->block(1), Qt::Key_Return);
            return bench.dialog();
        };
        SegmentDialog* dialog = edit();
        QVERIFY(dialog != nullptr);
        auto* kind = in<QComboBox>(dialog, "triggerKind");
        kind->setFocus();
        QTest::keyClick(kind, Qt::Key_Down);
        auto* entropy = in<QDoubleSpinBox>(dialog, "triggerEntropy");
        QVERIFY(entropy->isVisible());
        entropy->selectAll();
        QTest::keyClicks(entropy, QStringLiteral("2.5"));
        pressOk(dialog);
        QCOMPARE(describe(bench.segments()[0].when), std::string("entropy above 2.5 nats"));
        QTRY_VERIFY(bench.dialog() == nullptr);

        dialog = edit();
        kind = in<QComboBox>(dialog, "triggerKind");
        kind->setFocus();
        QTest::keyClick(kind, Qt::Key_End);
        auto* text = in<QComboBox>(dialog, "triggerText");
        text->setFocus();
        text->lineEdit()->selectAll();
        QTest::keyClicks(text, QStringLiteral("so\\n"));
        pressOk(dialog);
        QCOMPARE(bench.segments()[0].when.text, std::string("so\n"));
        QTRY_VERIFY(bench.dialog() == nullptr);
        dialog = edit(); // and it is shown so
        QCOMPARE(in<QComboBox>(dialog, "triggerText")->currentText(), QStringLiteral("so\\n"));
    }

    void aFormThatCannotBeStaysOpenAndSaysWhy()
    {
        Bench bench;
        bench.clickButton("addSegment");
        SegmentDialog* dialog = bench.dialog();
        auto* problem = in<QLabel>(dialog, "segmentProblem");
        pressOk(dialog);
        QVERIFY(dialog->isVisible() && problem->isVisible());
        QVERIFY2(problem->text().contains(QStringLiteral("changes nothing")),
                 qPrintable(problem->text()));
        type(in<QComboBox>(dialog, "segmentMode"), "soft");
        auto* kind = in<QComboBox>(dialog, "triggerKind");
        kind->setFocus();
        QTest::keyClick(kind, Qt::Key_End);
        auto* text = in<QComboBox>(dialog, "triggerText");
        text->setFocus();
        text->lineEdit()->selectAll();
        QTest::keyClicks(text, QStringLiteral("\\x"));
        pressOk(dialog);
        QVERIFY2(problem->text().contains(QStringLiteral("\\x")), qPrintable(problem->text()));
        text->lineEdit()->selectAll();
        QTest::keyClick(text->lineEdit(), Qt::Key_Delete);
        pressOk(dialog);
        QVERIFY(problem->text().contains(QStringLiteral("empty")));
        QVERIFY(dialog->isVisible());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QVERIFY(bench.segments().empty());
    }

    void anEditKeepsWhatIsNotTouched()
    {
        Bench bench;
        const Segment before = atStep(40, "soft", {{"max-topk", std::int64_t{4}}});
        // The last says what is so already, which stays its own.
        const Segment same = atStep(80, {}, {{"temperature", 0.5}});
        bench.schedule({before, atStep(60, {}, {{"temperature", 0.5}}), same});
        for (const std::size_t segment : {1U, 2U, 3U}) {
            QTest::keyClick(bench.next()->block(segment), Qt::Key_F2);
            pressOk(bench.dialog());
            QTRY_VERIFY(bench.dialog() == nullptr);
        }
        QCOMPARE(bench.segments(),
                 (std::vector{before, atStep(60, {}, {{"temperature", 0.5}}), same}));
    }

    void bordersMoveByKeysAndMouseAndBackByUndo()
    {
        Bench bench;
        bench.schedule({atStep(40, "soft"), atStep(60, "discrete")});
        QWidget* block = bench.next()->block(1);
        block->setFocus();
        QTest::keyClick(block, Qt::Key_Right);
        QCOMPARE(bench.segments()[0].when.step, 41);
        QTest::keyClick(block, Qt::Key_Right, Qt::ShiftModifier);
        QTest::keyClick(block, Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(bench.segments()[0].when.step, 59); // not past the next
        const QPoint border(2, 20);
        QTest::mousePress(block, Qt::LeftButton, {}, border);
        const QPoint to(int(bench.next()->xOf(25)), 20);
        QMouseEvent moved(QEvent::MouseMove, block->mapFrom(bench.next(), to),
                          bench.next()->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
        QApplication::sendEvent(block, &moved);
        QTest::mouseRelease(block, Qt::LeftButton);
        QCOMPARE(bench.segments()[0].when.step, 25);
        QTest::keyClick(block, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(bench.segments()[0].when.step, 59);
        QTest::keyClick(block, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(bench.segments()[0].when.step, 25);
        QTest::keyClick(block, Qt::Key_Delete);
        QCOMPARE(bench.segments(), (std::vector{atStep(60, "discrete")}));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(bench.segments().size(), std::size_t(2));
    }

    void aScheduleIsSavedAndLoadedAgain()
    {
        Bench bench;
        const std::vector<Segment> segments{atStep(40, "soft", {{"temperature", 0.6}}),
                                            atEntropy(2.5, "discrete")};
        bench.schedule(segments);
        const QString file = bench.folder.filePath(QStringLiteral("plan.json"));
        bench.bar->save(file);
        bench.bar->findChild<QAction*>(QStringLiteral("clear"))->trigger();
        QVERIFY(bench.segments().empty());
        bench.bar->load(file);
        QCOMPARE(bench.segments(), segments);
        QVERIFY(bench.refusals.isEmpty());
    }

    void whatCannotBeLoadedIsRefusedWithTheReason_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("reason");
        QTest::newRow("no JSON") << QByteArray("{") << QStringLiteral("not valid JSON");
        QTest::newRow("no step") << QByteArray(R"({"segments": [{"when": {"step": 0}}]})")
                                 << QStringLiteral("from 1 to 1000000000");
        QTest::newRow("out of range")
            << QByteArray(
                   R"({"segments": [{"when": {"step": 3}, "parameters": {"temperature": 99}}]})")
            << QStringLiteral("99");
        QTest::newRow("no such mode")
            << QByteArray(R"({"segments": [{"when": {"step": 3}, "mode": "dreaming"}]})")
            << QStringLiteral("dreaming");
        QTest::newRow("another model")
            << QByteArray(
                   R"({"model": "0123abcd", "segments": [{"when": {"step": 3}, "mode": "soft"}]})")
            << QStringLiteral("0123abcd");
    }

    void whatCannotBeLoadedIsRefusedWithTheReason()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, reason);
        Bench bench;
        bench.engine.loadModel(QStringLiteral("any"));
        QTRY_VERIFY(bench.engine.model() != nullptr);
        bench.schedule({atStep(40, "soft")});
        bench.bar->load(bench.file("bad.json", json));
        QCOMPARE(bench.refusals.size(), 1);
        QVERIFY2(bench.refusals[0].contains(reason) &&
                     bench.refusals[0].contains(QStringLiteral("bad.json")),
                 qPrintable(bench.refusals[0]));
        QCOMPARE(bench.segments(), (std::vector{atStep(40, "soft")}));
    }

    void aScheduleCanBeKeptForTheModelInMemory()
    {
        Bench bench;
        auto* only = bench.bar->findChild<QAction*>(QStringLiteral("onlyModel"));
        QVERIFY(!only->isEnabled());
        bench.engine.loadModel(QStringLiteral("any"));
        QTRY_VERIFY(bench.engine.model() != nullptr);
        bench.schedule({atStep(40, "soft")});
        only->trigger();
        QCOMPARE(bench.setup.settings().schedule.model, bench.engine.model()->identity.fingerprint);
        only->trigger();
        QCOMPARE(bench.setup.settings().schedule.model, std::string());
    }

    void aSegmentThatTheModeCannotHaveIsMarked()
    {
        Bench bench;
        bench.schedule({atStep(40, {}, {{"max-topk", std::int64_t{4}}})});
        QVERIFY2(bench.nameOf(bench.next(), 1).contains(QStringLiteral("max-topk")),
                 qPrintable(bench.nameOf(bench.next(), 1)));
        QVERIFY(bench.note("nextNote").contains(QStringLiteral("cannot run")));
        RunSettings soft = bench.setup.settings();
        soft.mode = "soft";
        bench.setup.setSettings(soft);
        QCOMPARE(bench.nameOf(bench.next(), 1), QStringLiteral("Segment 1, step 40: max-topk 4"));
        QCOMPARE(bench.note("nextNote"), QStringLiteral("to step 100"));
    }

    void aShownRunsScheduleStandsWhereItsSegmentsBegan()
    {
        Bench bench;
        QVERIFY(!bench.shown()->isVisible());
        const std::vector<Segment> segments{atEntropy(2.5, "soft"), atStep(7, "discrete"),
                                            atStep(90, "soft")};
        bench.show(segments, {3, 8});
        QVERIFY(bench.shown()->isVisible());
        QCOMPARE(bench.nameOf(bench.shown(), 1),
                 QStringLiteral("Segment 1, step 3, when entropy above 2.5 nats: soft"));
        QCOMPARE(bench.shown()->borderOf(1), bench.shown()->xOf(3));
        QCOMPARE(bench.shown()->borderOf(2), bench.shown()->xOf(8));
        QCOMPARE(bench.note("shownNote"), QStringLiteral("2 of 3 began"));
        const auto* waiting = bench.bar->findChild<QLabel*>(QStringLiteral("shownNote"));
        QVERIFY(waiting->toolTip().contains(QStringLiteral("step 90")));

        // Read only, until it is taken over.
        QTest::keyClick(bench.shown()->block(2), Qt::Key_Delete);
        QCOMPARE(bench.nameOf(bench.shown(), 2), QStringLiteral("Segment 2, step 7: discrete"));
        bench.clickButton("useShown");
        QCOMPARE(bench.segments(), segments);

        bench.show({}, {});
        QVERIFY(!bench.shown()->isVisible());
    }

    void segmentsOfALiveRunAppearAsTheyBegin()
    {
        Bench bench;
        SampleTrace trace;
        trace.repeat({"one"}, 4);
        RunSettings settings;
        settings.schedule.segments = {atStep(5, "soft")};
        trace.info.settings = toJson(settings);
        trace.openIn(bench.document, true);
        QCOMPARE(bench.note("shownNote"), QStringLiteral("0 of 1 began"));
        for (int i = 0; i < 4; ++i) {
            StepRecord& step = trace.token("two");
            step.segment = step.step.value >= 5 ? 1 : 0;
        }
        trace.appendTo(bench.document);
        QCOMPARE(bench.note("shownNote"), QStringLiteral("1 of 1 began"));
        QCOMPARE(bench.shown()->borderOf(1), bench.shown()->xOf(5));
    }

    void theStripsStandOverTheScrubBar()
    {
        Bench bench;
        bench.show({atStep(7, "soft")}, {7});
        const auto* scrub = bench.transport->findChild<ScrubBar*>();
        for (const int width : {1200, 900}) {
            bench.window.resize(width, 140);
            for (const qint64 step : {0, 4, 10}) {
                const auto at = [&](const QWidget* widget, double x) {
                    return widget->mapTo(&bench.window, QPoint(0, 0)).x() + x;
                };
                QTRY_COMPARE(at(bench.shown(), bench.shown()->xOf(step)),
                             at(scrub, scrub->xOf(step)));
                QTRY_COMPARE(at(bench.next(), bench.next()->xOf(step)),
                             at(scrub, scrub->xOf(step)));
            }
        }
    }

    void aNewSegmentIsOfferedAtTheShownStep()
    {
        Bench bench;
        bench.show({}, {});
        bench.cursor.moveTo(6);
        QTest::keyClick(bench.next()->block(0), Qt::Key_Insert);
        QCOMPARE(in<QSpinBox>(bench.dialog(), "triggerStep")->value(), 6);
    }

    void theScheduleIsRememberedWithTheOtherSettings()
    {
        QTemporaryDir folder;
        QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        {
            Bench bench;
            bench.schedule({atStep(40, "soft"), atEntropy(2.5, "discrete")});
            bench.setup.save(settings);
        }
        Bench bench;
        bench.setup.restore(settings);
        QCOMPARE(bench.segments(), (std::vector{atStep(40, "soft"), atEntropy(2.5, "discrete")}));
        QVERIFY(!bench.setup.schedule()->history()->canUndo());
    }
};

QTEST_MAIN(ScheduleBarTest)
#include "tst_schedulebar.moc"
