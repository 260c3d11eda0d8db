// The marks and weights of a prompt's graph, as a person meets them in the panels.
#include "models/candidatemodel.h"
#include "models/reachwords.h"
#include "panelfixture.h"
#include "panels/curvespanel.h"
#include "panels/inspectorpanel.h"
#include "panels/mixturepanel.h"
#include "panels/tracepanel.h"
#include "plots/curvesplot.h"
#include "plots/mixtureplot.h"
#include "widgets/frontierkey.h"
#include "widgets/tracelayout.h"

#include <QAction>
#include <QPalette>

using namespace halftone;
using namespace halftone::ui;
using halftone::test::PanelFixture;
using halftone::test::SampleTrace;

namespace {

/// A question of two hops, thought through in words; the first object is fed as a mixture of the
/// right node, a decoy and a node of another hop.
SampleTrace question()
{
    SampleTrace trace(" ");
    trace.info.prompt = "Max is a zorp. Max is a kax. Every zorp is a lemp. Is Max a lemp or a "
                        "gorp? <think>";
    for (const char* word : {"Max", "is", "a"})
        trace.token(word, 0.75, Phase::Think);
    StepRecord& object = trace.mixture({{"zorp", 0.5F}, {"kax", 0.25F}, {"lemp", 0.25F}});
    object.candidates[0].raw = 0.625F;
    object.candidates[1].raw = 0.25F;
    object.candidates[2].raw = 0.125F;
    trace.token(".", 0.75, Phase::Think);
    trace.token("lemp", 0.75, Phase::Answer);
    return trace;
}

SampleTrace noQuestion()
{
    SampleTrace trace = question();
    trace.info.prompt = "7 + 5 sum <think>";
    return trace;
}

constexpr qint64 objectStep = 3;

QString keyText(const QWidget& panel)
{
    const auto* key = panel.findChild<FrontierKey*>();
    return key->isVisible() ? key->text() : QStringLiteral("hidden");
}

QStringList frontierColumn(const QTableView& table)
{
    QStringList marks;
    for (int row = 0; row < table.model()->rowCount(); ++row)
        marks << table.model()->index(row, CandidateModel::Frontier).data().toString() +
                     table.model()
                         ->index(row, CandidateModel::Frontier)
                         .data(Qt::AccessibleTextRole)
                         .toString();
    return marks;
}

} // namespace

class TestFrontierMarks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theInspectorMarksEveryCandidate()
    {
        SampleTrace trace = question();
        StepCursor cursor;
        RunDocument document(&cursor);
        InspectorPanel panel(&document, &cursor);
        panel.resize(700, 700);
        panel.show();
        trace.openIn(document);
        cursor.moveTo(objectStep);
        auto& table = *panel.findChild<QTableView*>(QStringLiteral("candidatesView"));
        QVERIFY(!table.isColumnHidden(CandidateModel::Frontier));
        QCOMPARE(
            frontierColumn(table),
            (QStringList{QStringLiteral("●on a shortest way"), QStringLiteral("○reachable decoy"),
                         QStringLiteral("×not of this hop"), QString()}));
        QVERIFY(keyText(panel).contains(
            QStringLiteral("hop 1, on the frontier: mixture weight 0.75, raw probability 0.875; "
                           "effective nodes 1.89 (raw 1.819) of 2<")));
        cursor.moveTo(0); // "Max", where there is no fork to hold open
        QVERIFY(keyText(panel).contains(QStringLiteral("raw probability 0.75<")));
        cursor.moveTo(1); // "is"
        QVERIFY(keyText(panel).contains(QStringLiteral("about no node")));
        QCOMPARE(frontierColumn(table).front(), QString());
    }

    void nothingIsShownWithoutAGraphOrWhileTheMarksAreOff_data()
    {
        QTest::addColumn<bool>("graph");
        QTest::newRow("no graph") << false;
        QTest::newRow("off") << true;
    }

    void nothingIsShownWithoutAGraphOrWhileTheMarksAreOff()
    {
        QFETCH(bool, graph);
        SampleTrace trace = graph ? question() : noQuestion();
        PanelFixture<MixturePanel> mixture(trace);
        InspectorPanel inspector(&mixture.document, &mixture.cursor);
        inspector.show();
        CurvesPanel curves(&mixture.document, &mixture.cursor);
        curves.show();
        mixture.cursor.moveTo(objectStep);
        mixture.document.setFrontierShown(!graph);
        QCOMPARE(keyText(mixture.panel), QStringLiteral("hidden"));
        QCOMPARE(keyText(inspector), QStringLiteral("hidden"));
        QVERIFY(inspector.findChild<QTableView*>(QStringLiteral("candidatesView"))
                    ->isColumnHidden(CandidateModel::Frontier));
        QCOMPARE(curves.stepPlot().visiblePanes().size(), 4U);
        QVERIFY(!curves.stepPlot().readOut().contains(QStringLiteral("frontier")));
        if (!graph)
            return;
        mixture.document.setFrontierShown(true);
        QVERIFY(keyText(mixture.panel).contains(QStringLiteral("hop 1")));
        QVERIFY(curves.stepPlot().readOut().contains(QStringLiteral("hop 1")));
        QCOMPARE(curves.stepPlot().visiblePanes().size(), 5U);
    }

    void theMapNamesTokensWithTheirMarks()
    {
        SampleTrace trace = question();
        PanelFixture<MixturePanel> fixture(trace);
        auto& plot = static_cast<MixturePlot&>(fixture.plot());
        QCOMPARE(plot.markedName(objectStep, trace.id("zorp")), QStringLiteral("● zorp"));
        QCOMPARE(plot.markedName(objectStep, trace.id("kax")), QStringLiteral("○ kax"));
        QCOMPARE(plot.markedName(objectStep, trace.id("lemp")), QStringLiteral("× lemp"));
        QCOMPARE(plot.markedName(1, trace.id("is")), QStringLiteral("is"));
        QVERIFY(plot.description().contains(QStringLiteral("● on a shortest way")));
        // Marks are painted: the picture differs from one without.
        fixture.cursor.moveTo(objectStep);
        const QImage marked = test::drawn(plot);
        fixture.document.setFrontierShown(false);
        QVERIFY(test::drawn(plot) != marked);
    }

    void theCurveIsTheWeightOfTheStepsThatAreAboutANode()
    {
        SampleTrace trace = question();
        PanelFixture<CurvesPanel> fixture(trace);
        const QString mixture = QStringLiteral("mixture weight on the frontier");
        const QString raw = QStringLiteral("raw probability on the frontier");
        QCOMPARE(test::drawnValue<QCPGraph>(fixture.plot(), mixture, objectStep), 0.75);
        QCOMPARE(test::drawnValue<QCPGraph>(fixture.plot(), raw, objectStep), 0.875);
        QCOMPARE(test::drawnValue<QCPGraph>(fixture.plot(), mixture, 0), 1.0); // Max
        QVERIFY(std::isnan(test::drawnValue<QCPGraph>(fixture.plot(), mixture, 1)));
        test::showTable(fixture.panel);
        const auto& table = *fixture.panel.findChild<QTableView*>();
        QCOMPARE(test::spokenCell(table, QStringLiteral("Frontier, mixture weight"), objectStep),
                 QLocale().toString(0.75));
        QCOMPARE(test::spokenCell(table, QStringLiteral("Frontier, mixture weight"), 1), QString());
        test::choose(fixture.panel, QStringLiteral("frontier weight"));
        QCOMPARE(fixture.plot().visiblePanes().size(), 4U);
    }

    void aRunThatGrowsIsMarkedAsItComes()
    {
        SampleTrace trace = question();
        const std::vector<StepRecord> all = trace.steps;
        trace.steps.resize(2);
        PanelFixture<MixturePanel> fixture(trace);
        trace.steps = all;
        trace.appendTo(fixture.document);
        QCOMPARE(fixture.document.reachOf(objectStep, trace.id("kax")),
                 std::optional(Reach::Decoy));
        QCOMPARE(fixture.document.series(Series::FrontierMixture).size(), all.size());
    }

    void theTraceMarksTokensAndComponents()
    {
        SampleTrace trace = question();
        StepCursor cursor;
        RunDocument document(&cursor);
        trace.openIn(document);
        TraceLook look;
        look.width = 2000;
        look.frontier = true;
        TraceLayout layout(document, look);
        layout.extend(100);
        QHash<qint64, TraceLayout::Cell> cells;
        for (qint64 line = 0; line < layout.lineCount(); ++line)
            for (const TraceLayout::Cell& cell : layout.line(line).cells)
                cells.insert(cell.unit, cell);
        QCOMPARE(cells[objectStep].reach, std::optional(Reach::Optimal));
        QCOMPARE(cells[objectStep].components.at(1).reach, std::optional(Reach::Decoy));
        QCOMPARE(cells[objectStep].components.at(2).reach, std::optional(Reach::None));
        QVERIFY(!cells[1].reach);
        QVERIFY(cells[0].inset >= layout.markWidth()); // room for the mark
    }

    void theTracePanelExplainsItsMarks()
    {
        SampleTrace trace = question();
        StepCursor cursor;
        RunDocument document(&cursor);
        TracePanel panel(&document, &cursor);
        panel.resize(900, 400);
        panel.show();
        QCOMPARE(keyText(panel), QStringLiteral("hidden"));
        trace.openIn(document);
        for (const Reach reach : allReaches)
            QVERIFY(keyText(panel).contains(ui::title(reach)));
    }

    void marksStandOutFromLightAndDarkPages()
    {
        for (const QColor& base : {QColor(Qt::white), QColor(0x1e, 0x1e, 0x1e)}) {
            QPalette palette;
            palette.setColor(QPalette::Base, base);
            palette.setColor(QPalette::Text, base.lightness() > 128 ? Qt::black : Qt::white);
            const auto luminance = [](const QColor& color) {
                const auto linear = [](double c) {
                    return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
                };
                return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
                       0.0722 * linear(color.blueF());
            };
            for (const Reach reach : allReaches) {
                const double a = luminance(base) + 0.05;
                const double b = luminance(reachColor(reach, palette)) + 0.05;
                QVERIFY(std::max(a, b) / std::min(a, b) > 4.5); // WCAG AA
            }
        }
    }
};

QTEST_MAIN(TestFrontierMarks)
#include "tst_frontiermarks.moc"
