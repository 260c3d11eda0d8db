#include "plots/plotwidget.h"

#include "plots/panename_p.h"
#include "plots/qcp.h"

#include <QEvent>
#include <QLabel>
#include <QPainter>
#include <QStackedLayout>
#include <QStyleOptionFocusRect>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace halftone::ui {

namespace {

constexpr int fillDelayMs = 40;
constexpr int frameDelayMs = 12; // one frame at 60 Hz, less the time to draw it
constexpr int leastTicks = 2;
constexpr int mostTicks = 8;
constexpr int mostLabelLength = 1000; // pixels
constexpr double nameLines = 1.2;     // height of a pane's name with its margins
constexpr double mostRoomForName = 2; // a pane hardly higher than its name is data all the same
constexpr int legendSpace = 20;       // pixels an entry needs beside its icon and name
constexpr int legendIndent = 4;
constexpr int frameWidth = 2; // room for the focus frame

QPen penOf(const QColor& color, Qt::PenStyle style = Qt::SolidLine)
{
    return QPen(color, 1, style);
}

void dressLegend(QCPLegend& legend, const PlotTheme& theme)
{
    legend.setBrush(Qt::NoBrush);
    legend.setBorderPen(Qt::NoPen);
    legend.setFont(theme.font);
    legend.setTextColor(theme.text);
}

} // namespace

PlotWidget::PlotWidget(QWidget* parent)
    : QWidget(parent)
    , m_plot(new QCustomPlot(this))
    , m_hint(new QLabel(this))
    , m_theme(PlotTheme::of(palette(), font()))
{
    setFocusPolicy(Qt::StrongFocus);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->installEventFilter(this);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setAutoAddPlottableToLegend(false);
    m_plot->setPlottingHint(QCP::phImmediateRefresh, false);
    m_plot->addLayer(QStringLiteral("bands"), m_plot->layer(QStringLiteral("grid")),
                     QCustomPlot::limBelow);
    m_plot->addLayer(QStringLiteral("marks"), m_plot->layer(QStringLiteral("axes")));
    m_overlay = m_plot->layer(QStringLiteral("overlay")); // QCustomPlot's own, with its own buffer
    m_plot->plotLayout()->clear();

    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setWordWrap(true);
    m_hint->setMargin(12);
    auto* pages = new QStackedLayout;
    pages->addWidget(m_hint);
    pages->addWidget(m_plot);
    setLayout(pages);
    // The widget's own: a stacked layout lays no margins of its own around its pages.
    setContentsMargins(frameWidth, frameWidth, frameWidth, frameWidth);

    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &PlotWidget::refreshNow);
}

QWidget* PlotWidget::canvas() const
{
    return m_plot;
}

void PlotWidget::setHint(const QString& text)
{
    m_hint->setText(text);
}

QSize PlotWidget::sizeHint() const
{
    return {480, 260};
}

QSize PlotWidget::minimumSizeHint() const
{
    return {160, 90};
}

void PlotWidget::schedule(int delayMs)
{
    if (isVisible() && (!m_timer.isActive() || m_timer.remainingTime() > delayMs))
        m_timer.start(delayMs);
}

void PlotWidget::scheduleFill(Haste haste)
{
    m_fillPending = true;
    schedule(haste == Haste::AtOnce ? frameDelayMs : fillDelayMs);
}

void PlotWidget::scheduleOverlay()
{
    m_overlayPending = true;
    schedule(frameDelayMs);
}

void PlotWidget::refreshNow()
{
    m_timer.stop();
    auto* pages = static_cast<QStackedLayout*>(layout());
    pages->setCurrentIndex(isEmpty() ? 0 : 1);
    if (m_fillPending) {
        m_fillPending = false;
        m_overlayPending = false;
        fillAndReplot(m_plot->viewport().width());
    } else if (m_overlayPending) {
        m_overlayPending = false;
        m_overlay->replot();
    }
}

void PlotWidget::fillAndReplot(int columns)
{
    // Ticks and labels go by the panes' sizes, which the layout makes of ticks and labels: a second
    // pass where the first one changed much.
    constexpr int much = 12; // pixels
    constexpr int mostPasses = 2;
    for (int pass = 0; pass < mostPasses; ++pass) {
        std::vector<QSize> before;
        for (const QCPAxisRect* pane : m_plot->axisRects())
            before.push_back(pane->size());
        fill(std::max(1, columns));
        spaceLabels();
        m_plot->replot(QCustomPlot::rpQueuedRefresh);
        const QList<QCPAxisRect*> panes = m_plot->axisRects();
        bool settled = true;
        for (std::size_t i = 0; i < before.size(); ++i) {
            const QSize change = panes[static_cast<qsizetype>(i)]->size() - before[i];
            settled &= std::abs(change.width()) <= much && std::abs(change.height()) <= much;
        }
        if (settled)
            break;
    }
}

void PlotWidget::spaceLabels()
{
    const QFontMetrics metrics(m_theme.font);
    for (QCPLegend* legend : m_legendsAbove) {
        int width = 0;
        for (int i = 0; i < legend->itemCount(); ++i)
            if (auto* item = qobject_cast<QCPPlottableLegendItem*>(legend->item(i)))
                width += metrics.horizontalAdvance(item->plottable()->name()) +
                         legend->iconSize().width() + legendSpace;
        const int room = m_plot->viewport().width();
        const auto order =
            width + legendIndent <= room ? QCPLegend::foColumnsFirst : QCPLegend::foRowsFirst;
        if (legend->fillOrder() != order)
            legend->setFillOrder(order);
        // Else the layout spreads the entries over the whole width, far from each other.
        legend->setMargins({legendIndent, 2, std::max(0, room - width - legendIndent), 0});
    }
    for (QCPAxisRect* pane : m_plot->axisRects()) {
        QCPAxis& across = *pane->axis(QCPAxis::atBottom);
        const QString widest = m_plot->locale().toString(std::llround(across.range().upper));
        const int room = pane->width() / (2 * metrics.horizontalAdvance(widest) + 1);
        across.ticker()->setTickCount(std::clamp(room, leastTicks, mostTicks));
        pane->axis(QCPAxis::atLeft)
            ->ticker()
            ->setTickCount(
                std::clamp(2 * pane->height() / (3 * metrics.height()), leastTicks, mostTicks));
    }
}

double PlotWidget::labelPane(QCPAxisRect& pane, const QString& label)
{
    const QFontMetrics metrics(m_theme.font);
    const int length =
        metrics.boundingRect(QRect(0, 0, mostLabelLength, mostLabelLength), 0, label).width();
    const bool along = length <= pane.height();
    pane.axis(QCPAxis::atLeft)->setLabel(along ? label : QString());
    PaneName*& name = m_paneNames[&pane];
    if (!name) {
        name = new PaneName(m_plot);
        pane.insetLayout()->addElement(name, Qt::AlignTop | Qt::AlignLeft);
        name->setLayer(QStringLiteral("marks"));
    }
    QColor paper = m_theme.background;
    paper.setAlphaF(0.7F);
    name->setPaper(paper);
    name->setFont(m_theme.font);
    name->setTextColor(m_theme.text);
    name->setText(QString(label).replace(QLatin1Char('\n'), QLatin1Char(' ')));
    name->setVisible(!along);
    if (along)
        return 1;
    return std::min(mostRoomForName,
                    pane.height() /
                        std::max(1.0, 1.0 * pane.height() - nameLines * metrics.height()));
}

void PlotWidget::drawForExport(const QSize& size, int columns,
                               const std::function<void(QCustomPlot&)>& paint)
{
    const QRect viewport = m_plot->viewport();
    m_plot->setViewport(QRect(QPoint(0, 0), size));
    m_drawingForExport = true;
    const PlotTheme screenTheme = std::exchange(m_theme, PlotTheme::forExport());
    applyTheme();
    fillAndReplot(columns); // into a buffer: the file's layout is known after it
    paint(*m_plot);
    m_plot->setViewport(viewport);
    m_drawingForExport = false;
    m_theme = screenTheme;
    applyTheme();
    m_fillPending = true;
    refreshNow();
}

void PlotWidget::applyTheme()
{
    m_plot->setBackground(QBrush(m_theme.background));
    for (QCPAxisRect* rect : m_plot->axisRects())
        for (QCPAxis* axis : rect->axes())
            dressAxis(*axis);
    for (QCPLegend* legend : m_legends)
        dressLegend(*legend, m_theme);
    dress();
}

void PlotWidget::emptyLayout()
{
    QCPLayoutGrid& grid = *m_plot->plotLayout();
    for (int cell = grid.elementCount() - 1; cell >= 0; --cell)
        if (grid.elementAt(cell)) // some cells of a grid are empty
            grid.takeAt(cell);
    grid.simplify();
}

QCPLegend* PlotWidget::addLegend(const std::vector<QCPAbstractPlottable*>& plottables,
                                 LegendPlace place)
{
    auto* legend = new QCPLegend;
    plot().plotLayout()->addElement(0, 0, legend); // gives it to the plot
    plot().plotLayout()->take(legend);
    legend->setLayer(QStringLiteral("legend"));
    if (place == LegendPlace::Above) {
        legend->setMaximumSize(QWIDGETSIZE_MAX, 0); // as low as its text allows
        m_legendsAbove.push_back(legend);
    } else {
        legend->setFillOrder(QCPLegend::foRowsFirst);
        legend->setRowSpacing(0);
    }
    for (QCPAbstractPlottable* plottable : plottables)
        legend->addItem(new QCPPlottableLegendItem(legend, plottable));
    m_legends.push_back(legend);
    return legend;
}

void PlotWidget::dressAxis(QCPAxis& axis) const
{
    axis.setBasePen(penOf(m_theme.text));
    axis.setTickPen(penOf(m_theme.text));
    axis.setSubTickPen(penOf(m_theme.text));
    axis.setLabelColor(m_theme.text);
    axis.setTickLabelColor(m_theme.text);
    axis.setLabelFont(m_theme.font);
    axis.setTickLabelFont(m_theme.font);
    axis.grid()->setPen(penOf(m_theme.grid));
    axis.grid()->setSubGridVisible(false);
    axis.grid()->setZeroLinePen(penOf(m_theme.grid));
}

bool PlotWidget::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_plot && event->type() == QEvent::MouseButtonPress)
        setFocus(Qt::MouseFocusReason);
    return QWidget::eventFilter(watched, event);
}

void PlotWidget::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange && event->type() != QEvent::FontChange)
        return;
    m_theme = PlotTheme::of(palette(), font());
    applyTheme();
    scheduleFill();
}

void PlotWidget::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    applyTheme();
    m_fillPending = true;
    schedule(0);
}

void PlotWidget::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    scheduleFill();
}

void PlotWidget::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.background);
    if (!hasFocus())
        return;
    painter.setPen(QPen(palette().color(QPalette::Highlight), frameWidth));
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

void PlotWidget::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void PlotWidget::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

} // namespace halftone::ui
