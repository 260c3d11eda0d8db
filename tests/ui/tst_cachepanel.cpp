#include "panels/cachepanel.h"

#include "panelfixture.h"
#include "plots/cacheplot.h"
#include "plots/layerbars.h"

#include <QProgressBar>

using namespace halftone;
using namespace halftone::ui;

namespace {

using Fixture = test::PanelFixture<CachePanel>;

constexpr std::int64_t promptRows = 2;
constexpr std::int64_t bufferRows = 8;
constexpr int window = 3;   // rows that the second layer keeps in use
constexpr int rowBytes = 8; // of one layer: key and value of one head of one float

/// Four steps after a prompt of two tokens, in a model of two layers with a context of ten rows.
test::SampleTrace fourSteps()
{
    test::SampleTrace trace;
    trace.prompt({"go", "on"});
    trace.info.model.cache.layers = {{1, 1, 4, 0}, {1, 1, 4, window}};
    trace.info.model.cache.contextLimit = 10;
    trace.repeat({"tick", "tock"}, 4);
    for (StepRecord& step : trace.steps)
        step.cache = cacheUsage(trace.info.model.cache, step.position.value, bufferRows);
    return trace;
}

double shown(const PlotWidget& plot, const char* series, double step)
{
    return test::drawnValue<QCPGraph>(plot, QString::fromLatin1(series), step);
}

double bar(const PlotWidget& plot, const char* series, double layer)
{
    return test::drawnValue<QCPBars>(plot, QString::fromLatin1(series), layer);
}

const QProgressBar& gauge(const CachePanel& panel, const char* name)
{
    return *panel.findChild<QProgressBar*>(QString::fromLatin1(name));
}

QString words(const CachePanel& panel)
{
    return panel.findChild<QLabel*>(QStringLiteral("cacheWords"))->text();
}

} // namespace

class TestCachePanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void threeCountsOfBytesAreDrawnAgainstTheStep()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        for (int step = 0; step < 4; ++step) {
            const std::int64_t rows = promptRows + step;
            QCOMPARE(shown(f.plot(), "logical", step), static_cast<double>(2 * rows * rowBytes));
            QCOMPARE(shown(f.plot(), "live", step),
                     static_cast<double>((rows + std::min<std::int64_t>(rows, window)) * rowBytes));
            QCOMPARE(shown(f.plot(), "allocated", step),
                     static_cast<double>(2 * bufferRows * rowBytes));
        }
    }

    void theReadOutAndTheTableTellTheSameNumbers()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        f.cursor.moveTo(3);
        QCOMPARE(f.readOut(), QStringLiteral("Step 3, answer · 5 rows · logical 80 bytes · live 64 "
                                             "bytes · allocated 128 bytes"));
        test::showTable(f.panel);
        QTableView* table = nullptr;
        for (QTableView* each : f.panel.findChildren<QTableView*>())
            if (each->isVisible())
                table = each;
        QVERIFY(table);
        const auto cell = [&](const char* column) {
            return test::spokenCell(*table, QString::fromLatin1(column), 3);
        };
        QCOMPARE(cell("Rows"), QStringLiteral("5"));
        QCOMPARE(cell("Logical (bytes)"), QStringLiteral("80"));
        QCOMPARE(cell("Live (bytes)"), QStringLiteral("64"));
        QCOMPARE(cell("Allocated (bytes)"), QStringLiteral("128"));
    }

    void everyLayerHasItsBarsAtTheStepInFocus()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        LayerBars& bars = f.panel.layers();
        f.cursor.moveTo(3);
        bars.refreshNow();
        QCOMPARE(bar(bars, "logical", 0), 40.0);
        QCOMPARE(bar(bars, "live", 0), 40.0);
        QCOMPARE(bar(bars, "logical", 1), 40.0);
        QCOMPARE(bar(bars, "live", 1), 24.0); // the window's three rows
        QCOMPARE(bar(bars, "allocated", 1), 64.0);
        f.cursor.moveTo(0);
        bars.refreshNow();
        QCOMPARE(bar(bars, "live", 1), 16.0);
    }

    void layersAddUpToTheWhole()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        for (int step = 0; step < 4; ++step) {
            f.cursor.moveTo(step);
            CacheUsage sum;
            for (const CacheUsage& layer : f.panel.layers().layers()) {
                sum.logical += layer.logical;
                sum.live += layer.live;
                sum.allocated += layer.allocated;
            }
            const CacheUsage& whole = trace.steps[static_cast<std::size_t>(step)].cache;
            QCOMPARE(sum.logical, whole.logical);
            QCOMPARE(sum.live, whole.live);
            QCOMPARE(sum.allocated, whole.allocated);
        }
    }

    void layersAreAlsoATable()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        f.cursor.moveTo(3);
        test::choose(f.panel, QStringLiteral("As a table"));
        QVERIFY(!f.panel.layers().isVisible());
        const QTableView* table = nullptr;
        for (const QTableView* each : f.panel.findChildren<QTableView*>())
            if (each->isVisible())
                table = each;
        QVERIFY(table);
        QCOMPARE(table->model()->rowCount(), 2);
        QCOMPARE(test::spokenCell(*table, QStringLiteral("Live (bytes)"), 1), QStringLiteral("24"));
    }

    void theGaugesTellHowMuchOfContextAndMemoryIsTaken()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        const QProgressBar& context = gauge(f.panel, "contextGauge");
        const auto filled = [&] { return 1.0 * context.value() / context.maximum(); };
        QCOMPARE(filled(), 0.2);
        QCOMPARE(context.text(), QStringLiteral("2 / 10 rows (20 %)"));
        f.cursor.moveTo(3);
        QCOMPARE(filled(), 0.5);
        QVERIFY2(words(f.panel).contains(QStringLiteral("5 of the 10 rows")),
                 qPrintable(words(f.panel)));
        QVERIFY(words(f.panel).contains(QStringLiteral("(50 %)")));
        QVERIFY(gauge(f.panel, "memoryGauge").text().contains(QStringLiteral("128 bytes")));
        QVERIFY(words(f.panel).contains(QStringLiteral("The buffers hold 128 bytes")));
    }

    void lowPanelsLeaveTheirHeightToThePlots()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        const auto* sentences = f.panel.findChild<QLabel*>(QStringLiteral("cacheWords"));
        const auto plotsShare = [&] {
            QCoreApplication::processEvents();
            return 1.0 * f.plot().height() / f.panel.height();
        };
        f.panel.resize(850, 260);
        QVERIFY(plotsShare() > 0.5);
        QCOMPARE(f.plot().y(), f.panel.layers().y()); // side by side
        QVERIFY(!sentences->isVisible());
        QCOMPARE(gauge(f.panel, "contextGauge").toolTip(),
                 QStringLiteral("2 of the 10 rows of the model's context are in use (20 %)."));
        f.panel.resize(420, 700);
        QVERIFY(f.panel.layers().mapTo(&f.panel, QPoint()).y() >=
                f.plot().mapTo(&f.panel, QPoint()).y() + f.plot().height());
        QVERIFY(sentences->isVisible());
    }

    void aContextLimitThatIsNotKnownIsSaidSo()
    {
        test::SampleTrace trace = fourSteps();
        trace.info.model.cache.contextLimit = 0;
        Fixture f(trace);
        QCOMPARE(gauge(f.panel, "contextGauge").value(), 0);
        QCOMPARE(gauge(f.panel, "contextGauge").text(), QStringLiteral("2 rows"));
        QVERIFY(words(f.panel).contains(QStringLiteral("context limit is not known")));
    }

    void aClickMovesTheFocusOfTheBarsAndGauges()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        test::press(f.plot(), 3);
        QCOMPARE(f.cursor.step(), qint64{3});
        f.panel.layers().refreshNow();
        QCOMPARE(bar(f.panel.layers(), "logical", 0), 40.0);
        QVERIFY(gauge(f.panel, "contextGauge").text().contains(QStringLiteral("5 / 10 rows")));
    }

    void withoutARunSentencesSayWhatWillBeHere()
    {
        Fixture f;
        f.plot().refreshNow();
        f.panel.layers().refreshNow();
        QVERIFY(test::hintOf(f.plot()).contains(QStringLiteral("KV cache's bytes")));
        QVERIFY(!test::hintOf(f.panel.layers()).isEmpty());
        QCOMPARE(gauge(f.panel, "contextGauge").text(), QStringLiteral("no run"));
        QCOMPARE(gauge(f.panel, "memoryGauge").text(), QStringLiteral("no run"));
    }

    void aClosedRunLeavesNoNumbersBehind()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        f.document.close();
        f.plot().refreshNow();
        f.panel.layers().refreshNow();
        QVERIFY(!test::hintOf(f.plot()).isEmpty());
        QCOMPARE(gauge(f.panel, "contextGauge").value(), 0);
        QVERIFY(words(f.panel).isEmpty());
    }

    void barsAndLinesFollowThePalette()
    {
        test::SampleTrace trace = fourSteps();
        Fixture f(trace);
        LayerBars& bars = f.panel.layers();
        const QColor light = bars.theme().lines[0].color;
        f.panel.setPalette(test::darkPalette());
        const QColor dark = bars.theme().lines[0].color;
        QVERIFY(dark != light);
        const QImage image = test::drawn(bars);
        QVERIFY(test::hasColor(image, image.rect(), dark)); // live: the full bars
        QVERIFY(!test::hasColor(image, image.rect(), light));
        QVERIFY(test::hasColor(test::drawn(f.plot()), f.plot().canvas()->rect(), dark));
    }
};

QTEST_MAIN(TestCachePanel)
#include "tst_cachepanel.moc"
