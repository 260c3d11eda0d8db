#include "widgets/schedulestrip.h"

#include "widgets/colorscale.h"

#include <QAbstractButton>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace halftone::ui {

namespace {

constexpr double margin = 6; // as the scrub bar's
constexpr int leastWidth = 10;
constexpr double reach = 5; // how far from a border the mouse still takes it
constexpr qint64 bigMove = 10;
constexpr int padding = 3;

} // namespace

class ScheduleStrip::Block : public QAbstractButton
{
public:
    Block(ScheduleStrip* strip, std::size_t segment)
        : QAbstractButton(strip)
        , m_strip(strip)
        , m_segment(segment)
    {
        setObjectName(QStringLiteral("segment.%1").arg(segment));
        setFocusPolicy(Qt::StrongFocus);
        setMouseTracking(true);
        connect(this, &QAbstractButton::clicked, strip,
                [this] { Q_EMIT m_strip->editRequested(m_segment); });
    }

protected:
    void paintEvent(QPaintEvent*) override;
    void keyPressEvent(QKeyEvent* event) override
    {
        if (!m_strip->keyPressed(m_segment, *event))
            QAbstractButton::keyPressEvent(event);
    }
    void focusInEvent(QFocusEvent* event) override
    {
        m_strip->setCurrent(m_segment);
        QAbstractButton::focusInEvent(event);
    }
    // The strip's: a drag may leave the block.
    void mousePressEvent(QMouseEvent* event) override { event->ignore(); }
    void mouseMoveEvent(QMouseEvent* event) override { event->ignore(); }
    void mouseReleaseEvent(QMouseEvent* event) override { event->ignore(); }
    void mouseDoubleClickEvent(QMouseEvent* event) override { event->ignore(); }

private:
    ScheduleStrip* m_strip;
    std::size_t m_segment;
};

void ScheduleStrip::Block::paintEvent(QPaintEvent*)
{
    const StripSegment& segment = m_strip->m_segments[m_segment];
    QPainter painter(this);
    const int line = fontMetrics().height();
    const QRect body(0, line, width(), height() - line);
    const QColor text = palette().color(QPalette::WindowText);

    painter.fillRect(body, segment.fill);
    painter.setPen(readableOn(segment.fill));
    const QRect inside = body.adjusted(padding + 2, 0, -padding, 0);
    painter.drawText(inside, Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(segment.label, Qt::ElideRight, inside.width()));
    if (m_segment > 0) {
        painter.setPen(text);
        const QRect caption(padding + 2, 0, width() - 2 * padding, line);
        painter.drawText(
            caption, Qt::AlignVCenter | Qt::AlignLeft,
            fontMetrics().elidedText(segment.trigger, Qt::ElideRight, caption.width()));
        painter.setPen(QPen(text, 2, segment.step ? Qt::SolidLine : Qt::DotLine));
        painter.drawLine(1, 1, 1, height() - 1);
    }
    if (!segment.problem.isEmpty()) {
        // Struck through, so that it does not rest on the colour alone.
        painter.setPen(QPen(QColor(0xd0, 0x20, 0x20), 2));
        painter.drawRect(body.adjusted(1, 1, -1, -1));
        painter.drawLine(body.bottomLeft(), body.topRight());
    }
    if (m_strip->m_markedStep >= 0) {
        const double x = m_strip->xOf(m_strip->m_markedStep) - this->x();
        for (const QPen& pen : {QPen(palette().color(QPalette::Base), 6),
                                QPen(palette().color(QPalette::Highlight), 3)}) {
            painter.setPen(pen);
            painter.drawLine(QPointF(x, line), QPointF(x, height()));
        }
    }
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
        painter.drawRect(body.adjusted(1, 1, -1, -1));
    }
}

ScheduleStrip::ScheduleStrip(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
    setSegments({StripSegment{}});
}

void ScheduleStrip::setSegments(std::vector<StripSegment> segments)
{
    if (segments == m_segments)
        return;
    m_segments = std::move(segments);
    while (m_blocks.size() > m_segments.size()) {
        // Before it goes, or the keyboard would be anywhere.
        if (m_blocks.back()->hasFocus())
            m_blocks[m_segments.size() - 1]->setFocus();
        m_blocks.back()->deleteLater(); // it may be the one whose key removed it
        m_blocks.back()->hide();
        m_blocks.pop_back();
    }
    while (m_blocks.size() < m_segments.size()) {
        auto* block = new Block(this, m_blocks.size());
        if (!m_blocks.empty())
            setTabOrder(m_blocks.back(), block);
        m_blocks.push_back(block);
        block->show();
    }
    setCurrent(std::min(m_current, m_segments.size() - 1));
    describe();
    place();
}

void ScheduleStrip::setEditable(bool editable)
{
    m_editable = editable;
    describe();
}

void ScheduleStrip::setLastStep(qint64 step)
{
    if (m_dragged) { // the ground must not move under the hand
        m_lastStepAfterDrag = step;
        return;
    }
    m_lastStep = std::max<qint64>(1, step);
    place();
}

void ScheduleStrip::setMarkedStep(qint64 step)
{
    m_markedStep = step;
    update();
}

void ScheduleStrip::setCurrent(std::size_t segment)
{
    if (segment == m_current)
        return;
    m_current = segment;
    Q_EMIT currentChanged();
}

void ScheduleStrip::describe()
{
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        const StripSegment& segment = m_segments[i];
        const QString trigger = i == 0 ? tr("from the beginning") : segment.trigger;
        QString name = tr("Segment %1, %2: %3").arg(i).arg(trigger, segment.label);
        if (!segment.problem.isEmpty())
            name += QStringLiteral(". ") + segment.problem;
        m_blocks[i]->setAccessibleName(name);
        m_blocks[i]->setAccessibleDescription(
            m_editable && i > 0
                ? tr("Enter edits it, Delete removes it, Insert adds one after it%1")
                      .arg(segment.movable ? tr(", Left and Right move its step") : QString())
                : QString());
        m_blocks[i]->setToolTip(segment.toolTip);
    }
}

double ScheduleStrip::xOf(qint64 step) const
{
    return margin +
           static_cast<double>(step) / static_cast<double>(m_lastStep) * (width() - 2 * margin);
}

qint64 ScheduleStrip::stepAt(double x) const
{
    const double share = (x - margin) / std::max(1.0, width() - 2 * margin);
    return std::llround(std::clamp(share, 0.0, 1.0) * static_cast<double>(m_lastStep));
}

QWidget* ScheduleStrip::block(std::size_t segment) const
{
    return m_blocks[segment];
}

void ScheduleStrip::place()
{
    const double end = width() - margin;
    m_borders.assign(m_segments.size() + 1, end);
    m_borders[0] = margin;
    // From one known border to the next, with those between at even distances.
    std::size_t known = 0;
    for (std::size_t i = 1; i <= m_segments.size(); ++i) {
        const bool last = i == m_segments.size();
        if (!last && !m_segments[i].step)
            continue;
        if (!last)
            m_borders[i] = std::clamp(xOf(*m_segments[i].step), m_borders[known],
                                      std::max(m_borders[known], end));
        for (std::size_t between = known + 1; between < i; ++between)
            m_borders[between] = m_borders[known] + (m_borders[i] - m_borders[known]) *
                                                        static_cast<double>(between - known) /
                                                        static_cast<double>(i - known);
        known = i;
    }
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        const int left = static_cast<int>(std::lround(m_borders[i]));
        const int right = static_cast<int>(std::lround(m_borders[i + 1]));
        m_blocks[i]->setGeometry(left, 0, std::max(leastWidth, right - left), height());
        m_blocks[i]->raise(); // a narrow one shows its end under the next
    }
    update();
}

QSize ScheduleStrip::sizeHint() const
{
    return {240, 2 * fontMetrics().height() + 2 * padding};
}

QSize ScheduleStrip::minimumSizeHint() const
{
    return {80, sizeHint().height()};
}

void ScheduleStrip::resizeEvent(QResizeEvent*)
{
    place();
}

void ScheduleStrip::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateGeometry();
}

bool ScheduleStrip::keyPressed(std::size_t segment, const QKeyEvent& event)
{
    const qint64 far = (event.modifiers() & Qt::ShiftModifier) != 0 ? bigMove : 1;
    const auto move = [&](qint64 by) {
        if (m_editable && m_segments[segment].movable)
            Q_EMIT moveRequested(segment, *m_segments[segment].step + by, !event.isAutoRepeat());
    };
    switch (event.key()) {
    case Qt::Key_Left:
        move(-far);
        return true;
    case Qt::Key_Right:
        move(far);
        return true;
    case Qt::Key_Up:
        if (segment > 0)
            m_blocks[segment - 1]->setFocus();
        return true;
    case Qt::Key_Down:
        if (segment + 1 < m_blocks.size())
            m_blocks[segment + 1]->setFocus();
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_F2:
        Q_EMIT editRequested(segment);
        return true;
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
        if (m_editable && segment > 0)
            Q_EMIT removeRequested(segment);
        return true;
    case Qt::Key_Insert:
    case Qt::Key_Plus:
        if (m_editable)
            Q_EMIT addRequested(segment);
        return true;
    default:
        return false;
    }
}

std::size_t ScheduleStrip::segmentAt(double x) const
{
    std::size_t segment = 0;
    while (segment + 1 < m_segments.size() && m_borders[segment + 1] <= x)
        ++segment;
    return segment;
}

std::optional<std::size_t> ScheduleStrip::borderAt(double x) const
{
    // The last one first: of several at one place it lies on top.
    for (std::size_t i = m_segments.size(); i-- > 1;)
        if (m_editable && m_segments[i].movable && std::abs(m_borders[i] - x) <= reach)
            return i;
    return std::nullopt;
}

void ScheduleStrip::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return event->ignore();
    const double x = event->position().x();
    m_dragged = borderAt(x);
    m_dragBegins = true;
    m_blocks[m_dragged.value_or(segmentAt(x))]->setFocus(Qt::MouseFocusReason);
}

void ScheduleStrip::mouseMoveEvent(QMouseEvent* event)
{
    const double x = event->position().x();
    if (!m_dragged) {
        setCursor(borderAt(x) ? Qt::SplitHCursor : Qt::ArrowCursor);
        return;
    }
    if (const qint64 step = stepAt(x); step != m_segments[*m_dragged].step) {
        Q_EMIT moveRequested(*m_dragged, step, m_dragBegins);
        m_dragBegins = false;
    }
}

void ScheduleStrip::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_dragged)
        return;
    m_dragged.reset();
    if (m_lastStepAfterDrag)
        setLastStep(*std::exchange(m_lastStepAfterDrag, std::nullopt));
}

void ScheduleStrip::mouseDoubleClickEvent(QMouseEvent* event)
{
    const double x = event->position().x();
    if (event->button() == Qt::LeftButton)
        Q_EMIT editRequested(borderAt(x).value_or(segmentAt(x)));
}

} // namespace halftone::ui
