#include "plots/figureplot.h"

#include "plots/qcp.h"

#include <QMouseEvent>

namespace halftone::ui {

namespace {

constexpr int leastPaneSize = 20; // pixels

} // namespace

FigurePlot::FigurePlot(QWidget* parent)
    : PlotWidget(parent)
    , m_pane(new QCPAxisRect(&plot()))
{
    plot().plotLayout()->addElement(1, 0, m_pane); // below a legend, where there is one
    plot().plotLayout()->setRowStretchFactor(0, 0.001);
    m_pane->setMinimumSize(leastPaneSize, leastPaneSize);
    for (QCPAxis* axis : m_pane->axes()) {
        axis->setLayer(QStringLiteral("axes"));
        axis->grid()->setLayer(QStringLiteral("grid"));
    }
    canvas()->setMouseTracking(true);
}

QCPAxis& FigurePlot::across() const
{
    return *m_pane->axis(QCPAxis::atBottom);
}

QCPAxis& FigurePlot::up() const
{
    return *m_pane->axis(QCPAxis::atLeft);
}

std::pair<qint64, qint64> FigurePlot::shownRows() const
{
    return {0, data().rows - 1};
}

bool FigurePlot::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == canvas() && event->type() == QEvent::MouseMove)
        Q_EMIT readOutChanged(readOutAt(static_cast<QMouseEvent*>(event)->position()));
    if (watched == canvas() && event->type() == QEvent::Leave)
        Q_EMIT readOutChanged({});
    return PlotWidget::eventFilter(watched, event);
}

} // namespace halftone::ui
