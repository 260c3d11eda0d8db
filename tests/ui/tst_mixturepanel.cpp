#include "panels/mixturepanel.h"

#include "panelfixture.h"
#include "plots/mixtureplot.h"

#include <QComboBox>

#include <cmath>

using namespace halftone;
using namespace halftone::ui;

namespace {

using Fixture = test::PanelFixture<MixturePanel>;

/// Two soft steps of which each quantity differs, then a token. All fractions are exact in binary
/// and on stops of the colour gradient.
test::SampleTrace threeSteps()
{
    test::SampleTrace trace;
    StepRecord& fork = trace.mixture({{"left", 0.625F}, {"right", 0.375F}});
    fork.candidates = {{trace.id("left"), 0.5F, 0.75F, 0.625F},
                       {trace.id("right"), 0.25F, 0.25F, 0.375F},
                       {trace.id("back"), 0.125F, 0, 0}};
    fork.residualMass = 0.125;
    StepRecord& sure = trace.mixture({{"on", 0.875F}, {"off", 0.125F}});
    sure.candidates = {{trace.id("on"), 0.75F, 0.5F, 0.875F},
                       {trace.id("off"), 0.1875F, 0.25F, 0.125F}};
    sure.residualMass = 0.0625;
    trace.token("end", 0.75);
    return trace;
}

QComboBox& kindBox(const MixturePanel& panel)
{
    return *panel.findChild<QComboBox*>(QStringLiteral("kind"));
}

void chooseKind(const MixturePanel& panel, WeightKind kind)
{
    QComboBox& box = kindBox(panel);
    QTest::keyClick(&box, Qt::Key_Home);
    for (int i = 0; i < static_cast<int>(kind); ++i)
        QTest::keyClick(&box, Qt::Key_Down);
    panel.plot().refreshNow();
}

/// The row of the map below all ranks and a gap.
constexpr std::size_t leftOut = 0;

int rowOf(const MixturePlot& plot, std::size_t rank)
{
    return static_cast<int>(rank == leftOut ? plot.rankCount() + 2 : rank);
}

/// The number behind a cell of the map.
double mapped(const MixturePlot& plot, qint64 step, std::size_t rank)
{
    QCustomPlot& drawing = test::drawingOf(plot);
    for (int i = 0; i < drawing.plottableCount(); ++i)
        if (auto* map = qobject_cast<QCPColorMap*>(drawing.plottable(i)))
            return map->data()->data(static_cast<double>(step), rowOf(plot, rank));
    return -1;
}

/// Of a cell's upper right corner, where there is neither its name nor the focus line.
QColor paintedCell(MixturePlot& plot, qint64 step, std::size_t rank)
{
    const QImage image = test::drawn(plot);
    return image.pixelColor(static_cast<int>(plot.pixelOf(static_cast<double>(step) + 0.4)),
                            static_cast<int>(plot.pixelOfRank(rowOf(plot, rank) - 0.4)));
}

/// QCustomPlot's gradients have some hundred colours.
bool areAlike(const QColor& a, const QColor& b)
{
    return std::abs(a.red() - b.red()) < 4 && std::abs(a.green() - b.green()) < 4 &&
           std::abs(a.blue() - b.blue()) < 4;
}

const QCPAxisRect& lowestPane(const StepPlot& plot)
{
    return *plot.visiblePanes().back();
}

QColor stackedAt(MixturePlot& plot, qint64 step, double share)
{
    const QImage image = test::drawn(plot);
    const double y = lowestPane(plot).axis(QCPAxis::atLeft)->coordToPixel(share);
    return image.pixelColor(static_cast<int>(plot.pixelOf(static_cast<double>(step) - 0.2)),
                            static_cast<int>(y));
}

} // namespace

class TestMixturePanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aCellIsTheWeightOfItsRankAtItsStep_data()
    {
        QTest::addColumn<WeightKind>("kind");
        QTest::addColumn<qint64>("step");
        QTest::addColumn<std::size_t>("rank");
        QTest::addColumn<double>("weight");
        const auto row = [](const char* name, WeightKind kind, qint64 step, std::size_t rank,
                            double weight) {
            QTest::newRow(name) << kind << step << rank << weight;
        };
        row("fed, fork, first", WeightKind::Mixture, 0, 1, 0.625);
        row("fed, fork, second", WeightKind::Mixture, 0, 2, 0.375);
        row("fed, later, first", WeightKind::Mixture, 1, 1, 0.875);
        row("fed, a token", WeightKind::Mixture, 2, 1, 1);
        row("filtered, fork, first", WeightKind::Filtered, 0, 1, 0.75);
        row("filtered, later, second", WeightKind::Filtered, 1, 2, 0.25);
        row("raw, fork, first", WeightKind::Raw, 0, 1, 0.5);
        row("raw, fork, third", WeightKind::Raw, 0, 3, 0.125);
        row("raw mass that was not fed", WeightKind::Mixture, 0, leftOut, 0.25);
        row("raw mass that was not fed, later", WeightKind::Mixture, 1, leftOut, 0.0625);
        row("filtered mass that was not recorded", WeightKind::Filtered, 1, leftOut, 0.25);
        row("raw mass that was not recorded", WeightKind::Raw, 0, leftOut, 0.125);
    }

    void aCellIsTheWeightOfItsRankAtItsStep()
    {
        QFETCH(WeightKind, kind);
        QFETCH(qint64, step);
        QFETCH(std::size_t, rank);
        QFETCH(double, weight);
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        chooseKind(f.panel, kind);
        QCOMPARE(mapped(f.panel.plot(), step, rank), weight);
        const QColor painted = paintedCell(f.panel.plot(), step, rank);
        QVERIFY2(areAlike(painted, f.plot().theme().weights.color(weight)),
                 qPrintable(painted.name()));
    }

    void aCellWithoutATokenIsNotColoured()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        QVERIFY(std::isnan(mapped(f.panel.plot(), 0, 3)));
        QVERIFY(std::isnan(mapped(f.panel.plot(), 2, 2)));
        QCOMPARE(paintedCell(f.panel.plot(), 0, 3), f.plot().theme().thinkBand);
        QCOMPARE(paintedCell(f.panel.plot(), 2, 2), f.plot().theme().answerBand);
    }

    void theTableTellsTheSameNumbers_data()
    {
        QTest::addColumn<WeightKind>("kind");
        QTest::addColumn<int>("row");
        QTest::addColumn<QString>("column");
        QTest::addColumn<QString>("text");
        const auto row = [](WeightKind kind, int step, const char* column, const char* text) {
            QTest::addRow("step %d, %s", step, column)
                << kind << step << QString::fromLatin1(column) << QString::fromLatin1(text);
        };
        row(WeightKind::Mixture, 0, "Rank 1, token", "left");
        row(WeightKind::Mixture, 0, "Rank 1, mixture weight", "0.625");
        row(WeightKind::Mixture, 0, "Rank 2, token", "right");
        row(WeightKind::Mixture, 0, "Rank 2, mixture weight", "0.375");
        row(WeightKind::Mixture, 0, "Rank 3, mixture weight", "");
        row(WeightKind::Mixture, 0, "Raw mass of the tokens that were not fed", "0.25");
        row(WeightKind::Mixture, 2, "Rank 1, mixture weight", "1");
        row(WeightKind::Filtered, 1, "Rank 2, filtered probability", "0.25");
        row(WeightKind::Filtered, 1, "Filtered mass outside the recorded candidates", "0.25");
        row(WeightKind::Raw, 0, "Rank 3, raw probability", "0.125");
        row(WeightKind::Raw, 0, "Raw mass outside the recorded candidates", "0.125");
    }

    void theTableTellsTheSameNumbers()
    {
        QFETCH(WeightKind, kind);
        QFETCH(int, row);
        QFETCH(QString, column);
        QFETCH(QString, text);
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        chooseKind(f.panel, kind);
        test::showTable(f.panel);
        QVERIFY(f.panel.showsTable());
        const QTableView& table = *f.panel.findChild<QTableView*>();
        QCOMPARE(table.model()->rowCount(), 3);
        QCOMPARE(test::spokenCell(table, column, row), text);
    }

    void theQuantityIsNamedWithItsSupport_data()
    {
        QTest::addColumn<WeightKind>("kind");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("support");
        QTest::newRow("fed") << WeightKind::Mixture << QStringLiteral("mixture weight")
                             << QStringLiteral("share of what was fed");
        QTest::newRow("filtered") << WeightKind::Filtered << QStringLiteral("filtered probability")
                                  << QStringLiteral("after temperature and filters");
        QTest::newRow("raw") << WeightKind::Raw << QStringLiteral("raw probability")
                             << QStringLiteral("T = 1, full vocabulary");
    }

    void theQuantityIsNamedWithItsSupport()
    {
        QFETCH(WeightKind, kind);
        QFETCH(QString, name);
        QFETCH(QString, support);
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        chooseKind(f.panel, kind);
        QCOMPARE(kindBox(f.panel).currentText(), name);
        QVERIFY(kindBox(f.panel).currentData(Qt::ToolTipRole).toString().contains(support));
        QVERIFY(f.readOut().contains(name));
        QVERIFY(f.plot().description().contains(name));
        QVERIFY2(f.plot().description().contains(support), qPrintable(f.plot().description()));
        QCOMPARE(lowestPane(f.plot()).axis(QCPAxis::atLeft)->label(), name);
    }

    void thePointerTellsTheTokenUnderItAndAllThreeQuantities()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        const MixturePlot& plot = f.panel.plot();
        test::movePointer(
            plot, {static_cast<int>(plot.pixelOf(0)), static_cast<int>(plot.pixelOfRank(2))});
        QCOMPARE(f.readOut(), QStringLiteral("Step 0, thinking · rank 2: right (id 1), mixture "
                                             "weight 0.375, filtered 0.25, raw 0.25 · raw mass of "
                                             "the tokens that were not fed 0.25"));
        QTest::mouseMove(f.panel.windowHandle(), QPoint(f.panel.width() / 2, 2)); // the controls
        QCOMPARE(f.readOut(), QStringLiteral("Step 0, thinking · mixture weight: left 0.625, right "
                                             "0.375 · raw mass of the tokens that were not fed "
                                             "0.25"));
    }

    void aClickOnACellMovesTheFocusOfAllViews()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        const MixturePlot& plot = f.panel.plot();
        QTest::mouseClick(
            f.plot().canvas(), Qt::LeftButton, {},
            {static_cast<int>(plot.pixelOf(2)), static_cast<int>(plot.pixelOfRank(1))});
        QCOMPARE(f.cursor.step(), qint64{2});
        f.cursor.moveTo(1);
        const QImage image = test::drawn(f.panel.plot());
        QVERIFY(test::hasColor(image, test::columnAt(plot, 1), plot.theme().cursor));
        QVERIFY(!test::hasColor(image, test::columnAt(plot, 2), plot.theme().cursor));
    }

    void theStackHasTheSharesOneAboveTheOther()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        test::choose(f.panel, QStringLiteral("Stack"));
        MixturePlot& plot = f.panel.plot();
        plot.refreshNow();
        QCOMPARE(plot.views(), MixturePlot::Views::Stacked);
        QCOMPARE(plot.visiblePanes().size(), std::size_t{1});
        const PlotTheme& theme = plot.theme();
        QCOMPARE(stackedAt(plot, 0, 0.60), theme.ranks[0]); // left has 0.625
        QCOMPARE(stackedAt(plot, 0, 0.65), theme.ranks[1]);
        QCOMPARE(stackedAt(plot, 0, 0.97), theme.ranks[1]);
        QCOMPARE(stackedAt(plot, 1, 0.85), theme.ranks[0]);
        QCOMPARE(stackedAt(plot, 1, 0.90), theme.ranks[1]);
        QCOMPARE(stackedAt(plot, 2, 0.97), theme.ranks[0]);
    }

    void theStackOfAProbabilityEndsWithWhatWasNotRecorded()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        chooseKind(f.panel, WeightKind::Raw);
        MixturePlot& plot = f.panel.plot();
        QCOMPARE(stackedAt(plot, 0, 0.80), plot.theme().ranks[2]); // back: 0.75 to 0.875
        QCOMPARE(stackedAt(plot, 0, 0.93), plot.theme().rest);
    }

    void theViewCanBeTheMapTheStackOrBoth()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        QCOMPARE(f.plot().visiblePanes().size(), std::size_t{2});
        test::choose(f.panel, QStringLiteral("Heat map"));
        QCOMPARE(f.panel.plot().views(), MixturePlot::Views::HeatMap);
        f.plot().refreshNow();
        QVERIFY(areAlike(paintedCell(f.panel.plot(), 0, 1), f.plot().theme().weights.color(0.625)));
        QCOMPARE(lowestPane(f.plot()).axis(QCPAxis::atBottom)->label(), QStringLiteral("step"));
        test::choose(f.panel, QStringLiteral("Heat map and stack"));
        QCOMPARE(f.plot().visiblePanes().size(), std::size_t{2});
    }

    void logarithmicColoursTellSmallWeightsApart()
    {
        test::SampleTrace trace;
        trace.mixture({{"all", 0.989F}, {"some", 0.01F}, {"few", 0.001F}});
        Fixture f(trace);
        MixturePlot& plot = f.panel.plot();
        test::choose(f.panel, QStringLiteral("Logarithmic colours"));
        QVERIFY(areAlike(paintedCell(plot, 0, 2), plot.theme().weights.color(0.5))); // of 4 decades
        QVERIFY(areAlike(paintedCell(plot, 0, 3), plot.theme().weights.color(0.25)));
    }

    void aFedVectorThatIsNoMixtureSaysSo()
    {
        test::SampleTrace trace;
        StepRecord& hidden = trace.mixture({{"seen", 0.5F}});
        hidden.input = {InputKind::Hidden, {}, {}, {0.1F, 0.2F}};
        hidden.candidates.front().mixture = 0;
        Fixture f(trace);
        QCOMPARE(
            f.readOut(),
            QStringLiteral("Step 0, thinking · a vector was fed that is no mixture of tokens"));
        QVERIFY(std::isnan(mapped(f.panel.plot(), 0, leftOut)));
    }

    void moreRanksThanExpectedMakeRoom()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        const std::size_t before = f.panel.plot().rankCount();
        trace.mixture({{"1", 0.25F},
                       {"2", 0.25F},
                       {"3", 0.125F},
                       {"4", 0.125F},
                       {"5", 0.125F},
                       {"6", 0.125F}});
        trace.appendTo(f.document);
        f.plot().refreshNow();
        QVERIFY(f.panel.plot().rankCount() > before);
        QCOMPARE(mapped(f.panel.plot(), 3, 6), 0.125);
        QCOMPARE(mapped(f.panel.plot(), 0, 2), 0.375); // earlier steps keep their place
        QCOMPARE(mapped(f.panel.plot(), 0, leftOut), 0.25);
        QVERIFY(std::isnan(mapped(f.panel.plot(), 0, 6)));
    }

    // QCustomPlot paints whenever it is resized, also before a new run or range was filled in, as
    // when the first run of a session takes the place of the hint: it once named the tokens of
    // every step then, which took a second for 100,000.
    void aResizeBeforeTheNextFillPaintsNoMoreThanIsVisible_data()
    {
        QTest::addColumn<bool>("opens");
        QTest::newRow("a run opens") << true;
        QTest::newRow("the range widens") << false;
    }

    void aResizeBeforeTheNextFillPaintsNoMoreThanIsVisible()
    {
        QFETCH(bool, opens);
        test::SampleTrace trace;
        trace.repeat({"tick", "tock"}, 20'000);
        Fixture f;
        MixturePlot& plot = f.panel.plot();
        if (!opens) {
            trace.openIn(f.document);
            plot.setRange({10, 30});
            plot.refreshNow();
        }
        const QCustomPlot& drawing = test::drawingOf(plot);
        std::size_t most = 0;
        int paintings = 0;
        connect(&drawing, &QCustomPlot::beforeReplot, this, [&] {
            const auto [begin, end] = plot.filledBlocks();
            most = std::max(most, end - begin);
            ++paintings;
        });
        if (opens)
            trace.openIn(f.document);
        else
            plot.showAll();
        f.panel.resize(f.panel.size() + QSize(1, 0));
        QVERIFY(paintings > 0 || opens);
        QVERIFY(most < 30);
        plot.refreshNow();
        QVERIFY(paintings > 0);
        QVERIFY(most <= static_cast<std::size_t>(drawing.width()));
        disconnect(&drawing, nullptr, this, nullptr);
    }

    // What one column shows of many steps, against all of them looked at one by one.
    void aColumnOfALongRunHasTheGreatestOfItsSteps()
    {
        test::SampleTrace trace;
        trace.repeat({"tick", "tock", "tick", "tock", "tick", "tock", "tick"}, 20'000);
        Fixture f(trace);
        const MixturePlot& plot = f.panel.plot();
        const qint64 wide = plot.stepsPerColumn();
        QVERIFY(wide > 1);
        for (const qint64 first : {qint64{0}, 64 * wide, 20'000 / wide * wide}) {
            float greatest = 0;
            double leftOutMost = 0;
            for (qint64 step = first; step < std::min(first + wide, qint64{20'000}); ++step) {
                const StepRecord& record = *f.document.at(step);
                greatest = std::max(greatest, rankedWeights(record, plot.kind()).front().weight);
                leftOutMost = std::max(leftOutMost, massLeftOut(record, plot.kind()));
            }
            const qint64 middle = first + wide / 2;
            QCOMPARE(mapped(plot, middle, 1), static_cast<double>(greatest));
            QCOMPARE(mapped(plot, middle, leftOut),
                     static_cast<double>(static_cast<float>(leftOutMost)));
        }
    }

    void withoutARunASentenceSaysWhatWillBeHere()
    {
        Fixture f;
        f.plot().refreshNow();
        QVERIFY(test::hintOf(f.plot()).contains(QStringLiteral("tokens by rank")));
        QVERIFY(f.readOut().isEmpty());
        test::SampleTrace trace = threeSteps();
        trace.openIn(f.document);
        f.plot().refreshNow();
        QVERIFY(test::hintOf(f.plot()).isEmpty());
    }

    void anotherPaletteColoursTheMapAnew()
    {
        test::SampleTrace trace = threeSteps();
        Fixture f(trace);
        MixturePlot& plot = f.panel.plot();
        const QColor light = paintedCell(plot, 0, 2);
        f.panel.setPalette(test::darkPalette());
        QVERIFY(plot.theme().dark);
        const QColor dark = paintedCell(plot, 0, 2);
        QVERIFY(dark != light);
        QVERIFY(areAlike(dark, plot.theme().weights.color(0.375)));
        QCOMPARE(stackedAt(plot, 0, 0.3), plot.theme().ranks[0]);
    }
};

QTEST_MAIN(TestMixturePanel)
#include "tst_mixturepanel.moc"
