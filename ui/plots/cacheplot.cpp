#include "plots/cacheplot.h"

#include "analysis/decimate.h"
#include "models/rundocument.h"
#include "plots/qcp.h"
#include "plots/tickers_p.h"

#include <QLocale>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr double headroom = 1.1;
constexpr double leastStairPixels = 3; // width of a step
constexpr std::array series{Series::CacheLogical, Series::CacheLive, Series::CacheAllocated};
// The widest line lies lowest, so that lines of equal value are all seen.
constexpr std::array widths{1.5, 3.5, 1.5};

} // namespace

CachePlot::CachePlot(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : StepPlot(document, cursor, parent)
    , m_pane(addPane())
{
    setAccessibleName(tr("KV cache against step"));
    setHint(tr("The KV cache's bytes appear here step by step.\n"
               "Start a run, or open one from Sessions."));
    plot().plotLayout()->addElement(1, 0, m_pane);
    QCPAxis* steps = m_pane->axis(QCPAxis::atBottom);
    QCPAxis* bytes = m_pane->axis(QCPAxis::atLeft);
    steps->setLabel(tr("step"));
    bytes->setTicker(QSharedPointer<BytesTicker>::create());
    const std::array names{tr("logical"), tr("live"), tr("allocated")};
    for (const std::size_t i : {1U, 0U, 2U}) {
        m_graphs[i] = plot().addGraph(steps, bytes);
        m_graphs[i]->setName(names[i]);
        m_graphs[i]->setAntialiased(false); // upright and level lines need none
    }
    plot().plotLayout()->addElement(0, 0, addLegend({m_graphs.begin(), m_graphs.end()}));
    readDocument();
}

QString CachePlot::subject() const
{
    return tr("kv cache");
}

QString CachePlot::description() const
{
    return tr("Bytes of the KV cache when each step was decided: logical (every row of every "
              "layer), live (rows that a later step can still attend to), allocated (what the "
              "buffers hold).");
}

void CachePlot::fill(int columns)
{
    StepPlot::fill(columns);
    const auto [begin, end] = visibleSteps();
    // Wide and dashed lines are stroked point by point, and bytes change slowly: a point a pixel
    // does, and stairs only where they can be told from a line.
    const auto pairs = static_cast<std::size_t>(std::max(1, columns / 2));
    const bool stairs = columns >= leastStairPixels * range().size();
    double greatest = 0;
    for (std::size_t i = 0; i < m_graphs.size(); ++i) {
        QVector<QCPGraphData> points;
        for (const SeriesPoint& point :
             decimate(document().series(series[i]), 0, begin, end, pairs)) {
            points.append({point.x, point.y});
            greatest = std::max(greatest, point.y);
        }
        m_graphs[i]->data()->set(points, true);
        m_graphs[i]->setLineStyle(stairs ? QCPGraph::lsStepLeft : QCPGraph::lsLine);
    }
    const double above = labelPane(*m_pane, tr("KV cache (bytes)"));
    m_pane->axis(QCPAxis::atLeft)->setRange(0, above * (greatest > 0 ? greatest * headroom : 1));
}

void CachePlot::dress()
{
    // Live is the one in use: the solid, wide line. The others are drawn over it.
    const std::array<std::size_t, 3> style{1, 0, 2};
    for (std::size_t i = 0; i < m_graphs.size(); ++i) {
        const LineStyle& line = theme().lines[style[i]];
        m_graphs[i]->setPen(QPen(line.color, widths[i], line.pen));
    }
}

PlotData CachePlot::data() const
{
    PlotData data;
    data.rows = document().count();
    const auto column = [&](const char* key, const QString& title,
                            std::function<qint64(const StepRecord&)> number) {
        data.columns.push_back(
            {QString::fromLatin1(key), title, [this, number = std::move(number)](qint64 row) {
                 return QVariant(number(*document().at(row)));
             }});
    };
    column("step", tr("Step"), [](const StepRecord& r) { return qint64{r.step.value}; });
    column("rows", tr("Rows"), [](const StepRecord& r) { return qint64{r.cache.rows}; });
    column("logical_bytes", tr("Logical (bytes)"),
           [](const StepRecord& r) { return qint64{r.cache.logical}; });
    column("live_bytes", tr("Live (bytes)"),
           [](const StepRecord& r) { return qint64{r.cache.live}; });
    column("allocated_bytes", tr("Allocated (bytes)"),
           [](const StepRecord& r) { return qint64{r.cache.allocated}; });
    return data;
}

QString CachePlot::readOutOf(qint64 step) const
{
    const CacheUsage& cache = document().at(step)->cache;
    const auto bytes = [this](std::int64_t count) { return locale().formattedDataSize(count); };
    const QString rows =
        cache.rows == 1 ? tr("1 row") : tr("%1 rows").arg(locale().toString(qint64{cache.rows}));
    return tr("%1 · %2 · logical %3 · live %4 · allocated %5")
        .arg(stepText(step), rows, bytes(cache.logical), bytes(cache.live), bytes(cache.allocated));
}

} // namespace halftone::ui
