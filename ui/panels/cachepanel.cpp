#include "panels/cachepanel.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/machinememory.h"
#include "plots/cacheplot.h"
#include "plots/layerbars.h"
#include "plots/plottablemodel.h"

#include <QContextMenuEvent>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QProgressBar>
#include <QStackedWidget>
#include <QTableView>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int fullGauge = 1000;
constexpr int memoryIntervalMs = 2000;

void setGauge(QProgressBar& gauge, double share, const QString& text)
{
    gauge.setValue(static_cast<int>(std::clamp(share, 0.0, 1.0) * fullGauge));
    gauge.setFormat(text);
    gauge.setAccessibleDescription(text);
}

} // namespace

CachePanel::CachePanel(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : PlotPanel(document, cursor, new CachePlot(document, cursor), parent)
    , m_layers(new LayerBars(document, cursor))
    , m_context(new QProgressBar)
    , m_memory(new QProgressBar)
{
    auto* model = new PlotTableModel(m_layers, this);
    QTableView* table = makePlotTable(model, tr("KV cache per layer as a table"));
    auto* pages = new QStackedWidget;
    pages->addWidget(m_layers);
    pages->addWidget(table);
    addBelow(pages, 2);
    QMenu* layers = addMenu(tr("Layers"), tr("The bars of each layer"));
    QAction* asTable = layers->addAction(tr("As a table"));
    asTable->setCheckable(true);
    layers->addAction(tr("Export…"), this, [this] { exportAs(*m_layers); });
    connect(asTable, &QAction::toggled, pages,
            [pages](bool on) { pages->setCurrentIndex(on ? 1 : 0); });
    connect(m_layers, &PlotWidget::columnsChanged, model, &PlotTableModel::reload);
    connect(m_layers, &LayerBars::valuesChanged, model, &PlotTableModel::refresh);

    auto* gauges = new QWidget;
    auto* grid = new QGridLayout(gauges);
    grid->setContentsMargins(4, 0, 4, 4);
    const auto addGauge = [&](int row, const QString& text, QProgressBar* gauge) {
        auto* label = new QLabel(text);
        label->setBuddy(gauge);
        gauge->setRange(0, fullGauge);
        gauge->setTextVisible(true);
        gauge->setAccessibleName(text);
        grid->addWidget(label, row, 0);
        grid->addWidget(gauge, row, 1);
    };
    addGauge(0, tr("Context"), m_context);
    addGauge(1, tr("Memory"), m_memory);
    m_context->setObjectName(QStringLiteral("contextGauge"));
    m_memory->setObjectName(QStringLiteral("memoryGauge"));
    addBelow(gauges, 0);

    m_clock.setInterval(memoryIntervalMs);
    connect(&m_clock, &QTimer::timeout, this, &CachePanel::lookAtMemory);
    connect(cursor, &StepCursor::stepChanged, this, &CachePanel::updateGauges);
    connect(document, &RunDocument::reset, this, &CachePanel::updateGauges);
}

void CachePanel::lookAtMemory()
{
    m_available = availableMemory();
    updateGauges();
}

void CachePanel::updateGauges()
{
    if (!isVisible())
        return;
    const StepRecord* record = document().at(cursor().step());
    if (!record) {
        setGauge(*m_context, 0, tr("no run"));
        setGauge(*m_memory, 0, tr("no run"));
        return;
    }
    const QLocale locale = this->locale();
    const auto percent = [&](double share) {
        return tr("%1 %").arg(locale.toString(100 * share, 'f', share < 0.1 ? 2 : 0));
    };
    const qint64 rows = record->cache.rows;
    const qint64 limit = document().info().model.cache.contextLimit;
    if (limit > 0) {
        const double share = static_cast<double>(rows) / static_cast<double>(limit);
        setGauge(*m_context, share,
                 tr("%1 of %2 rows, %3")
                     .arg(locale.toString(rows), locale.toString(limit), percent(share)));
    } else {
        setGauge(*m_context, 0, tr("%1 rows, no limit known").arg(locale.toString(rows)));
    }
    const qint64 allocated = record->cache.allocated;
    if (m_available) {
        // What a live cache holds is no longer available: together they are what it could have.
        const qint64 whole = *m_available + (document().isLive() ? allocated : 0);
        const double share =
            static_cast<double>(allocated) / static_cast<double>(std::max<qint64>(whole, 1));
        setGauge(
            *m_memory, share,
            tr("%1 allocated, %2 of this machine's memory available")
                .arg(locale.formattedDataSize(allocated), locale.formattedDataSize(*m_available)));
    } else {
        setGauge(*m_memory, 0,
                 tr("%1 allocated; this system does not tell what is available")
                     .arg(locale.formattedDataSize(allocated)));
    }
}

void CachePanel::showEvent(QShowEvent* event)
{
    PlotPanel::showEvent(event);
    m_clock.start();
    lookAtMemory();
}

void CachePanel::hideEvent(QHideEvent* event)
{
    m_clock.stop();
    PlotPanel::hideEvent(event);
}

} // namespace halftone::ui
