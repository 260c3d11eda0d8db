#include "plots/stepplot.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "models/stepwords.h"
#include "plots/qcp.h"
#include "plots/steppainters_p.h"
#include "plots/tickers_p.h"

#include <QKeyEvent>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

namespace {

constexpr double leastSteps = 8;  // deepest zoom
constexpr double firstSteps = 24; // shown of a run that only begins
constexpr double wheelZoom = 0.8; // per notch of a wheel
constexpr double keyZoom = 0.5;
constexpr double keyPan = 0.1;
constexpr double notch = 120;         // eighths of a degree (QWheelEvent)
constexpr int leastPaneSize = 20;     // pixels
constexpr int paneDistance = 9;       // half a line: room for the label of the topmost tick
constexpr double followMargin = 0.05; // free space ahead of the focus when the plot follows it

} // namespace

StepPlot::StepPlot(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : PlotWidget(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_range(wholeRun())
{
    new PhaseBands(plot(), *this, QStringLiteral("bands")); // owned by the plot
    new MarkLines(plot(), *this, QStringLiteral("marks"));
    new FocusLines(plot(), *this, overlay().name());

    connect(document, &RunDocument::reset, this, &StepPlot::readDocument);
    connect(document, &RunDocument::stepsAppended, this, &StepPlot::grow);
    connect(cursor, &StepCursor::stepChanged, this, &StepPlot::followFocus);
    connect(&plot(), &QCustomPlot::mousePress, this, &StepPlot::press);
    connect(&plot(), &QCustomPlot::mouseMove, this, &StepPlot::move);
    connect(&plot(), &QCustomPlot::mouseRelease, this, &StepPlot::release);
    connect(&plot(), &QCustomPlot::mouseWheel, this, &StepPlot::turnWheel);
    connect(&plot(), &QCustomPlot::mouseDoubleClick, this, &StepPlot::showAll);
}

qint64 StepPlot::focusedStep() const
{
    return m_cursor->step();
}

QCPAxisRect* StepPlot::addPane()
{
    auto* pane = new QCPAxisRect(&plot());
    for (QCPAxis* axis : pane->axes()) {
        axis->setLayer(QStringLiteral("axes"));
        axis->grid()->setLayer(QStringLiteral("grid"));
    }
    pane->setMinimumMargins({4, paneDistance, 8, 3});
    pane->setMinimumSize(leastPaneSize, leastPaneSize);
    QCPAxis* steps = pane->axis(QCPAxis::atBottom);
    steps->setNumberFormat(QStringLiteral("f"));
    steps->setNumberPrecision(0);
    steps->setTicker(QSharedPointer<WholeTicker>::create());
    steps->grid()->setVisible(false);
    m_panes.push_back(pane);
    return pane;
}

std::vector<QCPAxisRect*> StepPlot::visiblePanes() const
{
    std::vector<QCPAxisRect*> visible;
    std::copy_if(m_panes.begin(), m_panes.end(), std::back_inserter(visible),
                 [](const QCPAxisRect* pane) { return pane->visible(); });
    return visible;
}

// --- What is visible

StepWindow StepPlot::wholeRun() const
{
    return {-0.5, std::max(firstSteps, static_cast<double>(m_document->count())) - 0.5};
}

void StepPlot::setRange(StepWindow range)
{
    const StepWindow whole = wholeRun();
    const double size = std::clamp(range.size(), leastSteps, whole.size());
    const double middle = (range.lower + range.upper) / 2;
    const double lower = std::clamp(middle - size / 2, whole.lower, whole.upper - size);
    m_showsAll = size >= whole.size();
    const StepWindow kept{lower, lower + size};
    if (kept == m_range)
        return;
    m_range = kept;
    scheduleFill(Haste::AtOnce);
    Q_EMIT rangeChanged();
}

void StepPlot::showAll()
{
    setRange(wholeRun());
}

void StepPlot::zoom(double factor, double centre)
{
    const double size = std::clamp(m_range.size() * factor, leastSteps, wholeRun().size());
    const double share = (centre - m_range.lower) / m_range.size();
    const double lower = centre - share * size;
    setRange({lower, lower + size});
}

void StepPlot::pan(double share)
{
    const double by = share * m_range.size();
    setRange({m_range.lower + by, m_range.upper + by});
}

std::pair<qint64, qint64> StepPlot::shownRows() const
{
    const qint64 last = m_document->count() - 1;
    return {
        std::clamp<qint64>(std::llround(std::ceil(m_range.lower)), 0, std::max<qint64>(last, 0)),
        std::min<qint64>(std::llround(std::floor(m_range.upper)), last)};
}

std::pair<std::size_t, std::size_t> StepPlot::visibleSteps() const
{
    const auto [first, last] = shownRows();
    return {static_cast<std::size_t>(std::max<qint64>(first - 1, 0)),
            static_cast<std::size_t>(std::min(last + 2, m_document->count()))};
}

bool StepPlot::isEmpty() const
{
    return m_document->count() == 0;
}

double StepPlot::pixelOf(double step) const
{
    const QRect box = visiblePane().rect();
    return box.left() + (step - m_range.lower) / m_range.size() * box.width();
}

double StepPlot::stepAt(double pixel) const
{
    const QRect box = visiblePane().rect();
    return m_range.lower + (pixel - box.left()) / std::max(1, box.width()) * m_range.size();
}

const QCPAxisRect& StepPlot::visiblePane() const
{
    const auto visible = std::find_if(m_panes.begin(), m_panes.end(),
                                      [](const QCPAxisRect* pane) { return pane->visible(); });
    return visible != m_panes.end() ? **visible : *m_panes.front();
}

void StepPlot::fill(int)
{
    const int labelLines = 2 * QFontMetrics(theme().font).height();
    bool isTop = true;
    for (QCPAxisRect* pane : m_panes) {
        pane->axis(QCPAxis::atBottom)->setRange(m_range.lower, m_range.upper);
        if (!pane->visible())
            continue;
        QMargins margins = pane->minimumMargins();
        margins.setTop(isTop ? labelLines : paneDistance);
        pane->setMinimumMargins(margins);
        isTop = false;
    }
}

// --- The run and the focus

void StepPlot::readDocument()
{
    m_marks.clear();
    m_marks.extend(m_document->steps());
    m_pointer.reset();
    m_range = wholeRun();
    m_showsAll = true;
    documentReset();
    scheduleFill();
    Q_EMIT rangeChanged();
    announce();
}

void StepPlot::grow()
{
    m_marks.extend(m_document->steps());
    documentGrew();
    if (m_showsAll)
        showAll();
    scheduleFill();
}

void StepPlot::followFocus()
{
    const auto step = static_cast<double>(focusedStep());
    if (step >= 0 && (step < m_range.lower || step > m_range.upper)) {
        const double size = m_range.size();
        const double upper = m_cursor->followsEnd() ? step + followMargin * size : step + size / 2;
        setRange({upper - size, upper});
    }
    scheduleOverlay();
    announce();
}

void StepPlot::focusAt(double pixel)
{
    const double step = std::clamp(stepAt(pixel), m_range.lower, m_range.upper);
    m_cursor->moveTo(std::llround(step));
}

void StepPlot::announce()
{
    const QString text = readOut();
    if (hasFocus()) // a screen reader hears it from the plot that has the keyboard, not from all
        setAccessibleDescription(text);
    Q_EMIT readOutChanged(text);
}

QString StepPlot::readOut() const
{
    const qint64 step = hoveredStep().value_or(focusedStep());
    return m_document->at(step) ? readOutOf(step) : QString();
}

QString StepPlot::stepText(qint64 step) const
{
    const StepRecord* record = m_document->at(step);
    QString text = tr("Step %1, %2").arg(locale().toString(step), title(record->phase));
    const QString marked = m_marks.describe(step);
    if (!marked.isEmpty())
        text += QStringLiteral(", ") + marked;
    return text;
}

// --- Mouse and keyboard

bool StepPlot::isOverPane(const QPointF& position) const
{
    return std::any_of(m_panes.begin(), m_panes.end(), [&](const QCPAxisRect* pane) {
        return pane->visible() && QRectF(pane->rect()).contains(position);
    });
}

std::optional<qint64> StepPlot::hoveredStep() const
{
    if (!m_pointer)
        return std::nullopt;
    const auto step = static_cast<qint64>(std::llround(stepAt(m_pointer->x())));
    return m_document->at(step) ? std::optional(step) : std::nullopt;
}

void StepPlot::hover(std::optional<QPointF> position)
{
    if (position == m_pointer)
        return;
    m_pointer = position;
    scheduleOverlay();
    announce();
}

void StepPlot::press(QMouseEvent* event)
{
    const bool pans = event->button() == Qt::MiddleButton ||
                      (event->button() == Qt::LeftButton && event->modifiers() & Qt::ShiftModifier);
    m_dragPixel = event->position().x();
    if (pans) {
        m_drag = Drag::Pan;
    } else if (event->button() == Qt::LeftButton && isOverPane(event->position())) {
        m_drag = Drag::Focus;
        focusAt(m_dragPixel);
    }
}

void StepPlot::move(QMouseEvent* event)
{
    const double pixel = event->position().x();
    if (m_drag == Drag::Focus) {
        focusAt(pixel);
    } else if (m_drag == Drag::Pan) {
        const double by =
            (m_dragPixel - pixel) * m_range.size() / std::max(1, visiblePane().width());
        setRange({m_range.lower + by, m_range.upper + by});
        m_dragPixel = pixel;
    }
    hover(isOverPane(event->position()) ? std::optional(event->position()) : std::nullopt);
}

void StepPlot::release()
{
    m_drag = Drag::None;
}

void StepPlot::turnWheel(QWheelEvent* event)
{
    const QPoint turn = event->angleDelta();
    if (turn.x() != 0 || event->modifiers() & Qt::ShiftModifier)
        pan(-keyPan * (turn.x() != 0 ? turn.x() : turn.y()) / notch);
    else
        zoom(std::pow(wheelZoom, turn.y() / notch), stepAt(event->position().x()));
    event->accept();
}

void StepPlot::keyPressEvent(QKeyEvent* event)
{
    const auto focused = static_cast<double>(focusedStep());
    const bool focusVisible = focused >= m_range.lower && focused <= m_range.upper;
    const double centre = focusVisible ? focused : (m_range.lower + m_range.upper) / 2;
    const bool shift = event->modifiers() & Qt::ShiftModifier;
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: // the same key without Shift on most keyboards
        zoom(keyZoom, centre);
        break;
    case Qt::Key_Minus:
        zoom(1 / keyZoom, centre);
        break;
    case Qt::Key_Left:
        shift ? m_cursor->moveBy(-1) : pan(-keyPan);
        break;
    case Qt::Key_Right:
        shift ? m_cursor->moveBy(1) : pan(keyPan);
        break;
    case Qt::Key_Home:
    case Qt::Key_0:
        showAll();
        break;
    default:
        PlotWidget::keyPressEvent(event);
    }
}

bool StepPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == canvas() && event->type() == QEvent::Leave)
        hover(std::nullopt);
    return PlotWidget::eventFilter(watched, event);
}

} // namespace halftone::ui
