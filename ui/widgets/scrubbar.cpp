#include "widgets/scrubbar.h"

#include "models/rundocument.h"
#include "widgets/tracecolors.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

namespace {

constexpr double margin = 6; // room for half of the handle

bool isMarked(const StepRecord& record)
{
    return record.stop != StopReason::None ||
           std::any_of(record.events.begin(), record.events.end(),
                       [](const StepEvent& e) { return e.kind != EventKind::Forced; });
}

} // namespace

ScrubBar::ScrubBar(const RunDocument* document, QWidget* parent)
    : QSlider(Qt::Horizontal, parent)
    , m_document(document)
{
    setObjectName(QStringLiteral("scrubBar"));
    setAccessibleName(tr("Step"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_document, &RunDocument::reset, this, &ScrubBar::onReset);
    connect(m_document, &RunDocument::stepsAppended, this, &ScrubBar::onAppended);
    onReset();
}

void ScrubBar::onReset()
{
    m_phaseStarts.clear();
    m_events.clear();
    onAppended(0, m_document->count() - 1);
}

void ScrubBar::onAppended(qint64 first, qint64 last)
{
    for (qint64 step = first; step <= last; ++step) {
        const StepRecord& record = *m_document->at(step);
        if (step == 0 || m_document->at(step - 1)->phase != record.phase)
            m_phaseStarts.push_back(step);
        if (isMarked(record))
            m_events.push_back(step);
    }
    update();
}

double ScrubBar::xOf(qint64 step) const
{
    const double span = std::max(1, maximum());
    return margin + static_cast<double>(step) / span * (width() - 2 * margin);
}

int ScrubBar::stepAt(double x) const
{
    const double share = (x - margin) / std::max(1.0, width() - 2 * margin);
    return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * maximum()));
}

QSize ScrubBar::sizeHint() const
{
    return {240, 24};
}

QSize ScrubBar::minimumSizeHint() const
{
    return {80, 24};
}

void ScrubBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const TraceColors colors(ColorBy::Phase, palette(), 1);
    const QRectF band(margin, height() / 2.0 - 4, width() - 2 * margin, 8);
    painter.fillRect(band, palette().color(QPalette::Mid));
    for (std::size_t i = 0; i < m_phaseStarts.size(); ++i) {
        const double left = xOf(m_phaseStarts[i]);
        const double right =
            i + 1 < m_phaseStarts.size() ? xOf(m_phaseStarts[i + 1]) : band.right();
        painter.fillRect(QRectF(left, band.top(), std::max(1.0, right - left), band.height()),
                         colors.phaseFill(m_document->at(m_phaseStarts[i])->phase));
    }
    const QColor text = palette().color(QPalette::WindowText);
    double lastTick = -1;
    for (const qint64 step : m_events) {
        const double x = std::floor(xOf(step));
        if (x == lastTick)
            continue;
        painter.fillRect(QRectF(x, band.top() - 4, 1.5, band.height() + 8), text);
        lastTick = x;
    }
    painter.setPen(QPen(palette().color(hasFocus() ? QPalette::Highlight : QPalette::Dark), 1));
    painter.drawRect(band.adjusted(-0.5, -0.5, 0.5, 0.5));
    if (m_document->count() == 0)
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(palette().color(QPalette::Base), 1));
    painter.setBrush(hasFocus() ? palette().color(QPalette::Highlight) : text);
    painter.drawRoundedRect(QRectF(xOf(sliderPosition()) - 4, 2, 8, height() - 4), 3, 3);
}

void ScrubBar::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return event->ignore();
    setSliderDown(true);
    setSliderPosition(stepAt(event->position().x()));
}

void ScrubBar::mouseMoveEvent(QMouseEvent* event)
{
    if (isSliderDown())
        setSliderPosition(stepAt(event->position().x()));
}

void ScrubBar::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        setSliderDown(false);
}

void ScrubBar::wheelEvent(QWheelEvent* event)
{
    event->ignore(); // a wheel over the transport scrolls nothing by accident
}

} // namespace halftone::ui
