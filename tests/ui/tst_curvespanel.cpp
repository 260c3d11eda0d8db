#include "panels/curvespanel.h"

#include "panelfixture.h"
#include "plots/curvesplot.h"

#include <QComboBox>

#include <numbers>

using namespace halftone;
using namespace halftone::ui;

namespace {

using Fixture = test::PanelFixture<CurvesPanel>;

/// A fair fork between two tokens, thought to be sure, then an answer.
test::SampleTrace forkThenAnswer()
{
    test::SampleTrace trace;
    trace.mixture({{"left", 0.5F}, {"right", 0.5F}});
    StepRecord& sure = trace.mixture({{"on", 0.75F}, {"off", 0.25F}});
    sure.mixtureEntropy = 0.25; // what was fed is another distribution
    sure.events.push_back({EventKind::ColdStop, "entropy below 0.6 nats for 1 step"});
    StepRecord& answer = trace.token("end", 0.75);
    answer.events.push_back({EventKind::ModeSwitched, "discrete"});
    answer.stop = StopReason::EndToken;
    return trace;
}

QComboBox& unitBox(const CurvesPanel& panel)
{
    return *panel.findChild<QComboBox*>(QStringLiteral("unit"));
}

void chooseBits(const CurvesPanel& panel)
{
    QTest::keyClick(&unitBox(panel), Qt::Key_Down);
    panel.plot().refreshNow();
}

/// The pane of each curve, in their order, as long as all show.
const QCPAxis& valueAxis(const CurvesPanel& panel, Curve curve)
{
    return *panel.plot().visiblePanes()[static_cast<std::size_t>(curve)]->axis(QCPAxis::atLeft);
}

/// By the first graph of the curve's pane, which is of the raw distribution.
double drawn(const CurvesPanel& panel, Curve curve, qint64 step)
{
    const QCPAxisRect& pane = *panel.plot().visiblePanes()[static_cast<std::size_t>(curve)];
    for (const QCPGraphData& point : *pane.graphs().first()->data())
        if (point.key == static_cast<double>(step))
            return point.value;
    return std::nan("");
}

QStringList g_messages;

} // namespace

class TestCurvesPanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyCurveHasTheValuesOfTheRecords_data()
    {
        QTest::addColumn<qint64>("step");
        for (const qint64 step : {0, 1, 2})
            QTest::addRow("step %lld", step) << step;
    }

    void everyCurveHasTheValuesOfTheRecords()
    {
        QFETCH(qint64, step);
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        const StepRecord& record = trace.steps[static_cast<std::size_t>(step)];
        QVERIFY(drawn(f.panel, Curve::Entropy, step) == record.entropy);
        QVERIFY(drawn(f.panel, Curve::EffectiveTokens, step) == record.effectiveTokens);
        QVERIFY(drawn(f.panel, Curve::PMax, step) == record.pMax);
        QVERIFY(drawn(f.panel, Curve::Varentropy, step) == record.varentropy);
        QVERIFY(test::drawnValue<QCPGraph>(f.plot(), QStringLiteral("entropy of the fed mixture"),
                                           static_cast<double>(step)) == record.mixtureEntropy);
    }

    void aFairForkIsOneBitAndTwoEffectiveTokens()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        QCOMPARE(drawn(f.panel, Curve::Entropy, 0), std::numbers::ln2);
        QCOMPARE(drawn(f.panel, Curve::EffectiveTokens, 0), 2.0);
        QCOMPARE(drawn(f.panel, Curve::PMax, 0), 0.5);
        QCOMPARE(drawn(f.panel, Curve::Varentropy, 0), 0.0);
        chooseBits(f.panel);
        QCOMPARE(drawn(f.panel, Curve::Entropy, 0), 1.0);
        QCOMPARE(drawn(f.panel, Curve::EffectiveTokens, 0), 2.0); // has no unit to change
    }

    void bitsChangeEveryEntropyAndSayTheirUnit()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        const StepRecord& sure = trace.steps[1];
        QCOMPARE(valueAxis(f.panel, Curve::Entropy).label(), QStringLiteral("entropy\n(nats)"));
        chooseBits(f.panel);
        const double ln2 = std::numbers::ln2;
        QCOMPARE(drawn(f.panel, Curve::Entropy, 1), sure.entropy / ln2);
        QCOMPARE(drawn(f.panel, Curve::Varentropy, 1), sure.varentropy / (ln2 * ln2));
        QCOMPARE(drawn(f.panel, Curve::PMax, 1), sure.pMax);
        QCOMPARE(valueAxis(f.panel, Curve::Entropy).label(), QStringLiteral("entropy\n(bits)"));
        QCOMPARE(valueAxis(f.panel, Curve::Varentropy).label(),
                 QStringLiteral("varentropy\n(bits²)"));
        QVERIFY(f.plot().description().contains(QStringLiteral("Entropy (bits)")));
        QVERIFY(f.readOut().contains(QStringLiteral("raw entropy 1 bits")));
    }

    void theReadOutHasEveryNumberWithItsUnit()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        QCOMPARE(f.readOut(),
                 QStringLiteral("Step 0, thinking · raw entropy 0.6931 nats, of the fed mixture "
                                "0.6931 nats · effective tokens 2 · p_max 0.5 · varentropy 0 "
                                "nats²"));
    }

    void theTableTellsTheSameNumbers_data()
    {
        QTest::addColumn<bool>("bits");
        QTest::addColumn<int>("row");
        QTest::addColumn<QString>("column");
        QTest::addColumn<QString>("text");
        const auto row = [](bool bits, int step, const char* column, const char* text) {
            QTest::addRow("step %d, %s", step, column)
                << bits << step << QString::fromUtf8(column) << QString::fromLatin1(text);
        };
        row(false, 0, "Entropy, raw (nats)", "0.693147");
        row(false, 1, "Entropy of the fed mixture (nats)", "0.25");
        row(false, 0, "Effective tokens", "2");
        row(false, 1, "p_max, raw", "0.75");
        row(false, 1, "Varentropy, raw (nats²)", "0.226303"); // 3/16 ln(3)^2
        row(false, 2, "Phase", "answer");
        row(true, 0, "Entropy, raw (bits)", "1");
        row(true, 1, "Varentropy, raw (bits²)", "0.47102"); // 3/16 log2(3)^2
    }

    void theTableTellsTheSameNumbers()
    {
        QFETCH(bool, bits);
        QFETCH(int, row);
        QFETCH(QString, column);
        QFETCH(QString, text);
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        if (bits)
            chooseBits(f.panel);
        test::showTable(f.panel);
        QCOMPARE(test::spokenCell(*f.panel.findChild<QTableView*>(), column, row), text);
    }

    void aCurveThatIsUntickedGoesWithItsColumn()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        test::choose(f.panel, QStringLiteral("p_max"));
        QVERIFY(!f.panel.plot().isShown(Curve::PMax));
        f.plot().refreshNow();
        QCOMPARE(f.plot().visiblePanes().size(), std::size_t{3});
        test::showTable(f.panel);
        QCOMPARE(
            test::spokenCell(*f.panel.findChild<QTableView*>(), QStringLiteral("p_max, raw"), 0),
            QStringLiteral("no such column"));
    }

    void theLastCurveStays()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        for (const Curve curve : allCurves)
            test::choose(f.panel, curveText(curve));
        f.plot().refreshNow();
        QVERIFY(f.panel.plot().isShown(Curve::Varentropy));
        QCOMPARE(f.plot().visiblePanes().size(), std::size_t{1});
        QCOMPARE(f.plot().visiblePanes().front()->axis(QCPAxis::atBottom)->label(),
                 QStringLiteral("step"));
    }

    void whyThinkingOrTheRunEndedIsReadOutAtItsStep()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        f.cursor.moveTo(1);
        QVERIFY2(f.readOut().startsWith(QStringLiteral(
                     "Step 1, thinking, cold stop (entropy below 0.6 nats for 1 step) · ")),
                 qPrintable(f.readOut()));
        f.cursor.moveTo(2);
        QVERIFY2(f.readOut().startsWith(
                     QStringLiteral("Step 2, answer, mode switched (discrete), end token · ")),
                 qPrintable(f.readOut()));
        const QImage image = test::drawn(f.plot());
        QVERIFY(test::hasColor(image, test::columnAt(f.plot(), 1), f.plot().theme().mark));
        QVERIFY(!test::hasColor(image, test::columnAt(f.plot(), 0), f.plot().theme().mark));
    }

    void theCrosshairReadsTheStepUnderThePointer()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        test::movePointer(f.plot(), test::placeOf(f.plot(), 2));
        QVERIFY(f.readOut().startsWith(QStringLiteral("Step 2, answer")));
        QVERIFY(f.readOut().contains(QStringLiteral("p_max 0.75")));
        QCOMPARE(f.cursor.step(), qint64{0});
        QTest::mouseMove(f.panel.windowHandle(), QPoint(f.panel.width() / 2, 2)); // the controls
        QVERIFY(f.readOut().startsWith(QStringLiteral("Step 0, thinking")));
    }

    void aClickMovesTheFocusAndTakesTheKeyboard()
    {
        test::SampleTrace trace;
        trace.repeat({"tick", "tock"}, 100);
        Fixture f(trace);
        f.panel.activateWindow();
        test::press(f.plot(), 40);
        QCOMPARE(f.cursor.step(), qint64{40});
        QTRY_VERIFY(f.plot().hasFocus());
        QTest::keyClick(f.panel.window()->focusWidget(), Qt::Key_Plus);
        QCOMPARE(f.plot().range().size(), 50.0);
        QVERIFY(f.plot().range().lower < 40 && f.plot().range().upper > 40);
        QTest::keyClick(f.panel.window()->focusWidget(), Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(f.cursor.step(), qint64{41});
        QTest::keyClick(f.panel.window()->focusWidget(), Qt::Key_Home);
        QCOMPARE(f.plot().range(), (StepWindow{-0.5, 99.5}));
    }

    void theRowChosenInTheTableIsTheFocusAndBack()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        test::showTable(f.panel);
        auto& table = *f.panel.findChild<QTableView*>();
        QTest::mouseClick(table.viewport(), Qt::LeftButton, {},
                          table.visualRect(table.model()->index(2, 0)).center());
        QCOMPARE(f.cursor.step(), qint64{2});
        QTest::keyClick(&table, Qt::Key_Up);
        QCOMPARE(f.cursor.step(), qint64{1});
        f.cursor.moveTo(0);
        QCOMPARE(table.currentIndex().row(), 0);
    }

    void panesTooLowForALabelAlongTheirAxisKeepTheirDataBelowTheName()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        f.panel.resize(850, 400);
        f.plot().refreshNow();
        const QCPAxisRect& pane = *f.plot().visiblePanes().back();
        QVERIFY(pane.axis(QCPAxis::atLeft)->label().isEmpty());
        double top = pane.bottom();
        for (const QCPGraphData& point : *pane.graphs().first()->data())
            top = std::min(top, pane.axis(QCPAxis::atLeft)->coordToPixel(point.value));
        QVERIFY(top >= pane.top() + f.plot().fontMetrics().height());
    }

    void theReadOutHasRoomForAStepInNarrowPanels()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        f.panel.resize(420, 500);
        QCoreApplication::processEvents();
        const auto* label = f.panel.findChild<QLabel*>(QStringLiteral("readOut"));
        QVERIFY(label->heightForWidth(label->width()) <= label->height());
    }

    void withoutARunASentenceSaysWhatWillBeHere()
    {
        Fixture f;
        f.plot().refreshNow();
        QVERIFY(test::hintOf(f.plot()).contains(QStringLiteral("effective tokens")));
        QVERIFY(f.readOut().isEmpty());
    }

    void anotherPaletteColoursTheCurvesAnew()
    {
        test::SampleTrace trace = forkThenAnswer();
        Fixture f(trace);
        const QColor light = f.plot().theme().lines[0].color;
        f.panel.setPalette(test::darkPalette());
        const QImage image = test::drawn(f.plot());
        const QColor dark = f.plot().theme().lines[0].color;
        QVERIFY(dark != light);
        QVERIFY(test::hasColor(image, image.rect(), dark));
        QVERIFY(!test::hasColor(image, image.rect(), light));
    }

    void makingAndRearrangingPlotsWritesNothingToTheConsole()
    {
        g_messages.clear();
        const QtMessageHandler before = qInstallMessageHandler(
            [](QtMsgType, const QMessageLogContext&, const QString& text) { g_messages << text; });
        {
            test::SampleTrace trace = forkThenAnswer();
            StepCursor cursor;
            RunDocument document(&cursor);
            CurvesPanel panel(&document, &cursor);
            trace.openIn(document);
            for (const bool shown : {false, true})
                panel.plot().setShown(Curve::Entropy, shown);
        }
        qInstallMessageHandler(before);
        QCOMPARE(g_messages, QStringList());
    }
};

QTEST_MAIN(TestCurvesPanel)
#include "tst_curvespanel.moc"
