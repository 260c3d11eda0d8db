#include "panels/cachepanel.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/machinememory.h"
#include "plots/cacheplot.h"
#include "plots/layerbars.h"
#include "plots/plottablemodel.h"

#include <QContextMenuEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QProgressBar>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int fullGauge = 1000;
constexpr int memoryIntervalMs = 2000;
constexpr int leastLinesIfWide = 20; // height of a panel that has room for sentences
constexpr int leastLinesIfNarrow = 34;
constexpr int gaugeCharacters = 52; // of its name and text: narrower panels have them in two lines

void setGauge(QProgressBar& gauge, double share, const QString& text)
{
    gauge.setValue(static_cast<int>(std::clamp(share, 0.0, 1.0) * fullGauge));
    gauge.setFormat(text);
}

void describeGauge(QProgressBar& gauge, const QString& sentence)
{
    gauge.setToolTip(sentence);
    gauge.setAccessibleDescription(sentence);
}

} // namespace

CachePanel::CachePanel(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : PlotPanel(document, cursor, new CachePlot(document, cursor), parent)
    , m_layers(new LayerBars(document, cursor))
    , m_context(new QProgressBar)
    , m_memory(new QProgressBar)
    , m_gauges(new QHBoxLayout)
    , m_words(new QLabel)
{
    auto* model = new PlotTableModel(m_layers, this);
    QTableView* table = makePlotTable(model, tr("KV cache per layer as a table"));
    auto* pages = new QStackedWidget;
    pages->addWidget(m_layers);
    pages->addWidget(table);
    addPlot(pages);
    QMenu* layers = addMenu(tr("Layers"), tr("The bars of each layer"));
    QAction* asTable = layers->addAction(tr("As a table"));
    asTable->setCheckable(true);
    layers->addAction(tr("Export…"), this, [this] { exportAs(*m_layers); });
    connect(asTable, &QAction::toggled, pages,
            [pages](bool on) { pages->setCurrentIndex(on ? 1 : 0); });
    connect(m_layers, &PlotWidget::columnsChanged, model, &PlotTableModel::reload);
    connect(m_layers, &LayerBars::valuesChanged, model, &PlotTableModel::refresh);

    const auto addGauge = [&](const QString& text, QProgressBar* gauge) {
        auto* label = new QLabel(text);
        label->setBuddy(gauge);
        gauge->setRange(0, fullGauge);
        gauge->setTextVisible(true);
        gauge->setAccessibleName(text);
        auto* pair = new QHBoxLayout;
        pair->addWidget(label);
        pair->addWidget(gauge, 1);
        m_gauges->addLayout(pair, 1);
    };
    addGauge(tr("Context"), m_context);
    addGauge(tr("Memory"), m_memory);
    m_context->setObjectName(QStringLiteral("contextGauge"));
    m_memory->setObjectName(QStringLiteral("memoryGauge"));
    m_words->setObjectName(QStringLiteral("cacheWords"));
    m_words->setWordWrap(true);
    auto* below = new QWidget;
    auto* column = new QVBoxLayout(below);
    column->setContentsMargins(4, 0, 4, 4);
    column->setSpacing(4);
    column->addLayout(m_gauges);
    column->addWidget(m_words);
    addBelow(below);

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
        describeGauge(*m_context, {});
        describeGauge(*m_memory, {});
        m_words->clear();
        return;
    }
    const QString context = tellContext(record->cache.rows);
    const QString memory = tellMemory(record->cache.allocated);
    describeGauge(*m_context, context);
    describeGauge(*m_memory, memory);
    m_words->setText(context + QLatin1Char(' ') + memory);
}

QString CachePanel::tellContext(qint64 rows)
{
    const QString shownRows = locale().toString(rows);
    const qint64 limit = document().info().model.cache.contextLimit;
    if (limit <= 0) {
        const QString used = rows == 1 ? tr("1 row") : tr("%1 rows").arg(shownRows);
        setGauge(*m_context, 0, used);
        return tr("%1 in use; the model's context limit is not known.").arg(used);
    }
    const double share = static_cast<double>(rows) / static_cast<double>(limit);
    const QString shownLimit = locale().toString(limit);
    setGauge(*m_context, share, tr("%1 / %2 rows (%3)").arg(shownRows, shownLimit, percent(share)));
    return tr("%1 of the %2 rows of the model's context are in use (%3).")
        .arg(shownRows, shownLimit, percent(share));
}

QString CachePanel::tellMemory(qint64 allocated)
{
    const QString shownBytes = locale().formattedDataSize(allocated);
    if (!m_available) {
        setGauge(*m_memory, 0, shownBytes);
        return tr("The buffers hold %1; this system does not tell how much memory is available.")
            .arg(shownBytes);
    }
    // What a live cache holds is no longer available: together they are what it could have.
    const qint64 whole = std::max<qint64>(1, *m_available + (document().isLive() ? allocated : 0));
    const double share = static_cast<double>(allocated) / static_cast<double>(whole);
    const QString shownWhole = locale().formattedDataSize(whole);
    setGauge(*m_memory, share, tr("%1 / %2 (%3)").arg(shownBytes, shownWhole, percent(share)));
    return tr("The buffers hold %1 of the %2 of memory that this machine could give them (%3).")
        .arg(shownBytes, shownWhole, percent(share));
}

QString CachePanel::percent(double share) const
{
    constexpr double least = 0.0001;
    if (share > 0 && share < least)
        return tr("less than %1 %").arg(locale().toString(100 * least, 'f', 2));
    return tr("%1 %").arg(locale().toString(100 * share, 'f', share < 0.1 ? 2 : 0));
}

void CachePanel::resizeEvent(QResizeEvent* event)
{
    PlotPanel::resizeEvent(event);
    const bool fit = width() >= 2 * gaugeCharacters * fontMetrics().averageCharWidth();
    m_gauges->setDirection(fit ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    // Low panels leave their height to the plots: the gauges have the numbers, their tool tips the
    // sentences.
    const int least = isWide() ? leastLinesIfWide : leastLinesIfNarrow;
    m_words->setVisible(height() >= least * fontMetrics().lineSpacing());
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
