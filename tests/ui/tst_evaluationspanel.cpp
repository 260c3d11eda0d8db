// The panel with the real controller on a library that holds a small evaluation.
#include "panels/evaluationspanel.h"

#include "bridge/enginecontroller.h"
#include "bridge/librarycontroller.h"
#include "eval/reporttext.h"
#include "models/modellist.h"
#include "panelfixture.h"
#include "panels/evaluationplots.h"
#include "plots/estimateplot.h"
#include "plots/histogramplot.h"
#include "qverifyresult.h"
#include "sampleevaluation.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTabBar>
#include <QTabWidget>
#include <QTemporaryDir>

#include <cmath>
#include <fstream>

using namespace halftone;
using namespace halftone::test;
using namespace halftone::ui;
using namespace Qt::StringLiterals;

namespace {

const std::string plan =
    R"({"name": "walks", "data": {"task": "graph", "count": 40}, "seeds": [0, 1, 2], "pass_at": [3],
        "settings": [{"name": "greedy", "parameters": {"temperature": 0}},
                     {"name": "soft", "mode": "soft"}]})";

/// Greedy is right on the items below 8, of 40; soft on all but item 39, which has no answer.
/// Soft thinks twice as long. Even items are of difficulty 2, the others of 3.
std::optional<SampleOutcome> outcomeOf(const std::string& setting, int item, std::uint64_t)
{
    const bool soft = setting == "soft";
    SampleOutcome outcome;
    outcome.correct = soft ? item != 39 : item < 8;
    if (!soft || item != 39)
        outcome.answer = outcome.correct ? "lell" : "nilt";
    outcome.thinkTokens = soft ? 20 : 10;
    outcome.answerTokens = 1;
    outcome.entropy = outcome.correct ? 0.25 : 0.75;
    outcome.forks = item % 2;
    return outcome;
}

/// Two walks that fork at their first hop. Greedy feeds one of its two nodes; soft feeds both of
/// the first walk's, and of the second one's one, beside a word that is no node.
SampleEvaluation graphs(const std::filesystem::path& data)
{
    std::ofstream file(data);
    for (int item = 0; item < 2; ++item)
        file << R"({"id": "walk-)" << item
             << R"(", "prompt": "Max zorp . Max lemp . lemp gorp . from Max <think>", )"
             << R"("answer": "gorp", "frontier": [["Max"], ["zorp", "lemp"], ["gorp"]]})" << '\n';
    SampleEvaluation made;
    made.plan = R"({"name": "graphs of walks, all of which fork at the first hop", "data": ")" +
                data.string() + R"(", "settings": [
        {"name": "greedy", "parameters": {"temperature": 0}}, {"name": "soft", "mode": "soft"}]})";
    made.item = "walk-";
    made.items = 2;
    made.outcome = [](const std::string&, int, std::uint64_t) {
        return SampleOutcome{true, "gorp", 1, 1, 0.5, 1, 1};
    };
    made.trace = [](SampleTrace& trace, const std::string& setting, int item) {
        trace.prompt({"zorp", "lemp", "word", "other"});
        if (setting == "greedy")
            trace.token("zorp", 0.75, Phase::Think);
        else if (item == 0)
            trace.mixture({{"zorp", 0.6F}, {"lemp", 0.2F}, {"word", 0.2F}});
        else
            trace.mixture({{"zorp", 0.4F}, {"word", 0.6F}});
        trace.token("lemp");
    };
    return made;
}

SampleEvaluation walks()
{
    SampleEvaluation made;
    made.plan = plan;
    made.item = "walks-test-1-";
    made.items = 40;
    made.difficulty = [](int item) { return 2 + item % 2; };
    made.outcome = outcomeOf;
    return made;
}

} // namespace

class EvaluationsPanelTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        addEvaluation(file(), graphs(file().parent_path() / "walks.jsonl"));
        m_stored = addEvaluation(file(), walks());
        // One that was stopped: the second seed of its second item is missing.
        SampleEvaluation stopped;
        stopped.plan = R"({"name": "stopped", "data": "d", "items": 5, "seeds": [0, 1],
                           "settings": [{"name": "only"}]})";
        stopped.items = 2;
        stopped.outcome = [](const std::string&, int item,
                             std::uint64_t seed) -> std::optional<SampleOutcome> {
            if (item == 1 && seed == 1)
                return {};
            return SampleOutcome{true, "x", 1, 1, 0.1, 0, 0};
        };
        m_stopped = addEvaluation(file(), stopped);
    }

    void init()
    {
        m_library = std::make_unique<LibraryController>(file());
        m_engine = std::make_unique<EngineController>(file());
        m_models = std::make_unique<ModelList>(QStringList());
        m_panel =
            std::make_unique<EvaluationsPanel>(m_library.get(), m_engine.get(), m_models.get());
        m_panel->resize(1100, 520);
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowActive(m_panel.get()));
        m_library->refresh();
        QTRY_COMPARE(table("evaluationList").model()->rowCount(), 3);
    }

    void cleanup()
    {
        m_panel.reset();
        m_engine.reset();
        m_library.reset();
    }

    void theNewestStandsFirstAndTellsThatItIsUnfinished()
    {
        QCOMPARE(cell("evaluationList", 0, 0), u"stopped"_s);
        QCOMPARE(cell("evaluationList", 0, 1), u"3 of 10"_s);
        QCOMPARE(cell("evaluationList", 1, 0), u"walks"_s);
        QCOMPARE(cell("evaluationList", 1, 1), u"240"_s);
        QCOMPARE(cell("evaluationList", 1, 2), u"starter"_s);
        QVERIFY(label("evaluationMessage").startsWith(u"Choose an evaluation"_s));
    }

    void aChosenEvaluationShowsItsReport()
    {
        open("walks");
        QCOMPARE(label("evaluationHead"), u"walks · model starter · 240 samples"_s);
        QCOMPARE(cell("settingTable", 0, 0), u"greedy"_s);
        // Wilson's interval of 8 of 40, as its formula gives it.
        QCOMPARE(cell("settingTable", 0, "pass@1"), u"20.0 % [10.5, 34.8]"_s);
        QCOMPARE(cell("settingTable", 1, "pass@1"), u"97.5 % [87.1, 99.6]"_s);
        QCOMPARE(cell("settingTable", 0, "pass@3"), u"20.0 % [10.5, 34.8]"_s);
        QCOMPARE(cell("settingTable", 1, "No answer"), u"3"_s);
        QCOMPARE(cell("settingTable", 1, "Thinking (tokens)"), u"20.0"_s);
        QCOMPARE(cell("settingTable", 0, "Entropy (nats)"), u"0.650"_s);
        const QString says = m_panel->findChild<QPlainTextEdit*>()->toPlainText();
        QVERIFY2(says.startsWith(u"soft beats greedy by 77.5 points, 95 % interval "_s),
                 qPrintable(says));
        QVERIFY2(says.contains(u"over 40 items"_s) && says.contains(u"Exact p = "_s),
                 qPrintable(says));
    }

    void everyColumnSaysWhatItIs()
    {
        open("graphs");
        for (const char* name : {"settingTable", "sampleTable", "frontierTable"}) {
            const QAbstractItemModel& model = *table(name).model();
            QVERIFY(model.columnCount() > 5);
            for (int column = 0; column < model.columnCount(); ++column)
                QVERIFY2(
                    !model.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty(),
                    qPrintable(model.headerData(column, Qt::Horizontal).toString()));
        }
    }

    void aClickOnAHeaderSortsByNumbers()
    {
        open("walks");
        QTableView& settings = table("settingTable");
        const int column = columnOf("settingTable", "pass@1");
        settings.horizontalHeader()->setSortIndicator(column, Qt::DescendingOrder);
        QCOMPARE(cell("settingTable", 0, 0), u"soft"_s);
        // The row that is clicked is the setting, whatever the order.
        clickRow(settings, 0);
        QCOMPARE(m_panel->findChild<QComboBox*>(u"setting"_s)->currentText(), u"soft"_s);
    }

    void samplesAreFilteredAndSearched()
    {
        open("walks");
        choose("setting", u"soft"_s);
        showTab(2);
        const QAbstractItemModel& samples = *table("sampleTable").model();
        QCOMPARE(samples.rowCount(), 120);
        choose("sampleKind", u"right"_s);
        QCOMPARE(samples.rowCount(), 117);
        choose("sampleKind", u"wrong"_s);
        QCOMPARE(samples.rowCount(), 0);
        choose("sampleKind", u"no answer"_s);
        QCOMPARE(samples.rowCount(), 3);
        QCOMPARE(label("sampleCount"), u"3 of 120 samples"_s);
        QCOMPARE(cell("sampleTable", 0, "Item"), u"walks-test-1-39"_s);
        choose("sampleKind", u"all"_s);
        auto* search = m_panel->findChild<QLineEdit*>(u"sampleSearch"_s);
        search->setFocus();
        QTest::keyClicks(search, u"TEST-1-38"_s);
        QTRY_COMPARE(samples.rowCount(), 3);
        search->clear();
        QTest::keyClicks(search, u"lel"_s); // in the answers
        QTRY_COMPARE(samples.rowCount(), 117);
    }

    void enterAndDoubleClickOpenASamplesRun()
    {
        open("walks");
        choose("setting", u"soft"_s);
        showTab(2);
        QSignalSpy chosen(m_panel.get(), &EvaluationsPanel::runChosen);
        QTableView& samples = table("sampleTable");
        samples.setFocus();
        samples.setCurrentIndex(samples.model()->index(4, 0)); // item 1, seed 1
        QTest::keyClick(&samples, Qt::Key_Return);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen[0][0].value<RunId>(), m_stored.runs.at({"soft", "walks-test-1-1", 1}));
        const QPoint place = samples.visualRect(samples.model()->index(2, 3)).center();
        QTest::mouseClick(samples.viewport(), Qt::LeftButton, {}, place);
        QTest::mouseDClick(samples.viewport(), Qt::LeftButton, {}, place);
        QCOMPARE(chosen.count(), 2);
        QCOMPARE(chosen[1][0].value<RunId>(), m_stored.runs.at({"soft", "walks-test-1-0", 2}));
    }

    void rowsAreCopiedWithAllDigits()
    {
        open("walks");
        QTableView& settings = table("settingTable");
        settings.setFocus();
        settings.selectRow(1);
        QTest::keyClick(&settings, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
        QCOMPARE(lines.size(), 2);
        QVERIFY2(lines[0].startsWith(u"Setting\tpass@1\tItems"_s), qPrintable(lines[0]));
        QVERIFY2(lines[1].startsWith(u"soft\t0.975\t40"_s), qPrintable(lines[1]));
    }

    void theFiguresHoldTheReportsNumbers()
    {
        open("walks");
        showTab(1);
        const auto& plots = *m_panel->findChild<EvaluationPlots*>();
        const auto drawn = [&](const QString& figure) -> const EstimateFigure& {
            choose("figure", figure);
            return dynamic_cast<EstimatePlot&>(plots.plot()).figure();
        };
        const EstimatePoint soft = drawn(u"Accuracy against tokens"_s).series.at(1).points.at(0);
        QCOMPARE(soft.x, 21.0);
        QCOMPARE(soft.y, 0.975);
        QCOMPARE(drawnValue<QCPGraph>(plots.plot(), u"soft"_s, 21.0), 97.5);

        QCOMPARE(drawn(u"pass@k"_s).series.at(0).points.size(), 3U); // k = 1, 2, 3
        const EstimateFigure& accuracy = drawn(u"Accuracy by difficulty"_s);
        QCOMPARE(accuracy.x.title, u"difficulty (hops)"_s);
        QCOMPARE(accuracy.series.at(0).points.at(1).y, 4.0 / 20);
        const EstimateFigure& entropy = drawn(u"Entropy against difficulty"_s);
        QCOMPARE(entropy.y.unit, u"nats"_s);
        QCOMPARE(entropy.series.at(0).points.at(0).y, (4 * 0.25 + 16 * 0.75) / 20);

        choose("figure", u"Entropy, right and wrong"_s);
        const PlotData bins = plots.plot().data();
        qlonglong right = 0;
        qlonglong wrong = 0;
        for (qint64 row = 0; row < bins.rows; ++row) {
            right += bins.columns[2].value(row).toLongLong();
            wrong += bins.columns[3].value(row).toLongLong();
        }
        QVERIFY(right == 24 && wrong == 96); // of greedy
        choose("setting", u"soft"_s);
        QVERIFY(plots.plot().description().startsWith(u"Setting soft"_s));
    }

    void theWeightOnEachHopsNodesIsShownAndSorted()
    {
        open("graphs");
        showTab(3);
        const QAbstractItemModel& rows = *table("frontierTable").model();
        QTRY_COMPARE(rows.rowCount(), 4); // two settings, fed and raw; the answer is no thought
        QVERIFY(label("frontierNote").isEmpty());
        const auto row = [&](int index) {
            QStringList cells;
            for (const char* title : {"Setting", "Hop", "Of", "Items", "Frontier", "Optimal",
                                      "Elsewhere", "Nodes", "Effective nodes"})
                cells << cell("frontierTable", index, title);
            return cells.join(u" | "_s);
        };
        QCOMPARE(row(0), u"greedy | 1 | fed | 2 | 100.0 ± 0.0 % | – | 0.0 ± 0.0 % | 2.00 ± 0.00 | "
                         "1.00 ± 0.00"_s);
        QCOMPARE(row(1), u"greedy | 1 | raw | 2 | 75.0 ± 0.0 % | – | 25.0 ± 0.0 % | 2.00 ± 0.00 | "
                         "1.00 ± 0.00"_s);
        // (0.8 + 0.4) / 2, and exp of the entropy of 3/4 and 1/4, 1.7548, beside 1.
        QCOMPARE(row(2), u"soft | 1 | fed | 2 | 60.0 ± 20.0 % | – | 40.0 ± 20.0 % | 2.00 ± 0.00 | "
                         "1.38 ± 0.38"_s);

        QTableView& shown = table("frontierTable");
        const int column = columnOf("frontierTable", "Frontier");
        QHeaderView& header = *shown.horizontalHeader();
        QTest::mouseClick(header.viewport(), Qt::LeftButton, {},
                          QPoint(header.sectionViewportPosition(column) + 20, header.height() / 2));
        QCOMPARE(cell("frontierTable", 0, "Setting"), u"soft"_s);
        shown.setFocus();
        shown.selectRow(0);
        QTest::keyClick(&shown, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
        QVERIFY2(lines[0].startsWith(u"Setting\tHop\tOf\tItems\tFrontier"_s), qPrintable(lines[0]));
        QVERIFY2(lines[1].startsWith(u"soft\t1\tfed\t2\t0.6"_s), qPrintable(lines[1]));
    }

    void theFrontierIsDrawnByHop()
    {
        open("graphs");
        QTRY_COMPARE(table("frontierTable").model()->rowCount(), 4);
        showTab(1);
        choose("figure", u"Frontier by hop"_s);
        const auto& plots = *m_panel->findChild<EvaluationPlots*>();
        const auto& drawn = dynamic_cast<EstimatePlot&>(plots.plot()).figure();
        QCOMPARE(drawn.series.size(), 4U);
        QCOMPARE(drawn.series[1].name, u"greedy, raw"_s);
        QCOMPARE(drawn.series[1].points[0].x, 1.0);
        QCOMPARE(drawn.series[1].points[0].y, 0.75);
        QCOMPARE(drawn.series[2].name, u"soft, fed"_s);
        QVERIFY(std::abs(drawn.series[2].points[0].yInterval.low - (0.6 - 1.96 * 0.2)) < 1e-6);
    }

    void whereThereIsNoFrontierASentenceSaysSo()
    {
        open("stopped");
        showTab(3);
        QTRY_VERIFY2(label("frontierNote").startsWith(u"None of the items"_s),
                     qPrintable(label("frontierNote")));
        QVERIFY(!table("frontierTable").isVisible());
    }

    void howManySamplesAreDoneIsSeenInANarrowPanel()
    {
        const QTableView& list = table("evaluationList");
        for (const int width : {1100, 420}) {
            m_panel->resize(width, 300);
            QCoreApplication::processEvents();
            const QRect samples = list.visualRect(list.model()->index(0, 1));
            QVERIFY(samples.left() >= 0 && samples.right() <= list.viewport()->rect().right());
            QVERIFY(samples.width() >= list.sizeHintForIndex(list.model()->index(0, 1)).width());
            // The name gives way.
            QVERIFY(list.columnWidth(0) < list.sizeHintForIndex(list.model()->index(2, 0)).width());
        }
    }

    void thePointUnderThePointerIsTold()
    {
        open("walks");
        showTab(1);
        const auto& plots = *m_panel->findChild<EvaluationPlots*>();
        QCustomPlot& drawing = drawingOf(plots.plot());
        QTRY_VERIFY(drawing.graphCount() > 2);
        plots.plot().refreshNow();
        const QCPAxisRect* pane = drawing.axisRect(0);
        const QPoint place(static_cast<int>(pane->axis(QCPAxis::atBottom)->coordToPixel(21)),
                           static_cast<int>(pane->axis(QCPAxis::atLeft)->coordToPixel(97.5)));
        QTest::mouseMove(m_panel->windowHandle(),
                         plots.plot().canvas()->mapTo(m_panel.get(), place));
        QTRY_VERIFY2(label("figureReadOut").startsWith(u"soft: pass@1 (%) 97.5 [87.1, 99.6] %"_s),
                     qPrintable(label("figureReadOut")));
        QTest::mouseMove(m_panel->windowHandle(), QPoint(3, 3));
        QTRY_COMPARE(label("figureReadOut"), QString());
    }

    void theReportIsWrittenByItsSuffix_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("csv") << u"report.csv"_s;
        QTest::newRow("json") << u"report.json"_s;
        QTest::newRow("tex") << u"report.tex"_s;
    }

    void theReportIsWrittenByItsSuffix()
    {
        QFETCH(QString, name);
        QSignalSpy opened(m_library.get(), &LibraryController::evaluationAvailable);
        QSignalSpy written(m_library.get(), &LibraryController::reportExported);
        open("walks");
        const auto evaluation = opened[0][0].value<std::shared_ptr<const OpenedEvaluation>>();
        const QString path = m_folder.filePath(name);
        m_library->exportReport(evaluation, ReportTable::Difficulties, path);
        QTRY_COMPARE(written.count(), 1);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const EvaluationReport& report = evaluation->report;
        const std::string text =
            name.endsWith(u"csv"_s)    ? reportAsCsv(report, ReportTable::Difficulties)
            : name.endsWith(u"json"_s) ? reportAsJson(report)
                                       : reportAsLatex(report, ReportTable::Difficulties);
        QCOMPARE(file.readAll().toStdString(), text);
    }

    void anotherListLeavesWhatIsLookedAt()
    {
        open("walks");
        choose("setting", u"soft"_s);
        QSignalSpy lists(m_library.get(), &LibraryController::evaluationsAvailable);
        QSignalSpy reports(m_library.get(), &LibraryController::evaluationAvailable);
        m_library->refresh();
        QTRY_COMPARE(lists.count(), 1);
        QCOMPARE(table("evaluationList").currentIndex().row(), 1);
        QCOMPARE(m_panel->findChild<QComboBox*>(u"setting"_s)->currentText(), u"soft"_s);
        QTest::qWait(50);
        QCOMPARE(reports.count(), 0); // nothing has come since
    }

    void anUnfinishedOneIsReportedAndFollowed()
    {
        open("stopped");
        QCOMPARE(label("evaluationHead"),
                 u"stopped · model starter · unfinished: 3 of 10 samples"_s);
        showTab(2);
        choose("sampleKind", u"not finished"_s);
        QCOMPARE(table("sampleTable").model()->rowCount(), 1);
        QCOMPARE(cell("sampleTable", 0, "Verdict"), u"stopped"_s);
        QCOMPARE(cell("sampleTable", 0, "Answer"), QString());
        const QString notes = m_panel->findChild<QPlainTextEdit*>()->toPlainText();
        QVERIFY2(notes.contains(u"The items are not at hand"_s), qPrintable(notes));

        const auto store = EvaluationStore::open(file());
        QVERIFY_RESULT(store);
        const RunId late = m_stopped.runs.at({"only", "item-1", 1});
        QVERIFY_RESULT((*store)->finishSample(late, {false, "y", 1, 1, 0.2, 0, 0}));
        m_library->refresh();
        QTRY_COMPARE(label("evaluationHead"), u"stopped · model starter · 4 samples"_s);
    }

    void anEvaluationInTheBinIsGone()
    {
        open("walks");
        m_library->moveToBin(m_stored.info.session);
        QTRY_COMPARE(table("evaluationList").model()->rowCount(), 2);
        QVERIFY(label("evaluationMessage").startsWith(u"Choose an evaluation"_s));
        QVERIFY(!m_panel->findChild<QTabWidget*>()->isVisible());
        m_library->restoreFromBin(m_stored.info.session);
        QTRY_COMPARE(table("evaluationList").model()->rowCount(), 3);
    }

private:
    [[nodiscard]] std::filesystem::path file() const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / "library.sqlite";
    }
    [[nodiscard]] QTableView& table(const char* name) const
    {
        return *m_panel->findChild<QTableView*>(QLatin1String(name));
    }
    [[nodiscard]] QString label(const char* name) const
    {
        return m_panel->findChild<QLabel*>(QLatin1String(name))->text();
    }
    [[nodiscard]] int columnOf(const char* name, const char* title) const
    {
        const QAbstractItemModel& model = *table(name).model();
        for (int column = 0; column < model.columnCount(); ++column)
            if (model.headerData(column, Qt::Horizontal).toString() == QLatin1String(title))
                return column;
        return -1;
    }
    [[nodiscard]] QString cell(const char* name, int row, int column) const
    {
        return table(name).model()->index(row, column).data().toString();
    }
    [[nodiscard]] QString cell(const char* name, int row, const char* title) const
    {
        return cell(name, row, columnOf(name, title));
    }
    static void clickRow(QTableView& view, int row)
    {
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {},
                          view.visualRect(view.model()->index(row, 0)).center());
    }
    void open(const char* name) const
    {
        QTableView& list = table("evaluationList");
        for (int row = 0; row < list.model()->rowCount(); ++row)
            if (list.model()->index(row, 0).data().toString().startsWith(QLatin1String(name)))
                clickRow(list, row);
        QTRY_VERIFY(label("evaluationHead").startsWith(QLatin1String(name)));
    }
    void choose(const char* box, const QString& text) const
    {
        m_panel->findChild<QComboBox*>(QLatin1String(box))->setCurrentText(text);
    }
    void showTab(int tab) const
    {
        auto* tabs = m_panel->findChild<QTabWidget*>();
        QTest::mouseClick(tabs->tabBar(), Qt::LeftButton, {},
                          tabs->tabBar()->tabRect(tab).center());
        QCOMPARE(tabs->currentIndex(), tab);
    }

    QTemporaryDir m_folder;
    StoredEvaluation m_stored;
    StoredEvaluation m_stopped;
    std::unique_ptr<LibraryController> m_library;
    std::unique_ptr<EngineController> m_engine;
    std::unique_ptr<ModelList> m_models;
    std::unique_ptr<EvaluationsPanel> m_panel;
};

QTEST_MAIN(EvaluationsPanelTest)
#include "tst_evaluationspanel.moc"
