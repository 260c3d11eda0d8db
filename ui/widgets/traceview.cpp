#include "widgets/traceview.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "widgets/tracewords.h"

#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

namespace halftone::ui {

namespace {

constexpr double pageMargin = 6;
constexpr qint64 sliceMs = 4;
constexpr qint64 unitsBetweenLooksAtTheClock = 512;

} // namespace

TraceView::TraceView(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_colors(m_colorBy, palette(), TraceColors::niceTop(0))
{
    setObjectName(QStringLiteral("traceView"));
    setAccessibleName(tr("Trace"));
    setFocusPolicy(Qt::StrongFocus);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setCursor(Qt::IBeamCursor);
    makeActions();

    m_layoutTimer.setSingleShot(true);
    m_layoutTimer.setInterval(0);
    connect(&m_layoutTimer, &QTimer::timeout, this, &TraceView::continueLayout);
    connect(m_document, &RunDocument::reset, this, &TraceView::onReset);
    connect(m_document, &RunDocument::frontierChanged, this, [this] { setLook(wantedLook()); });
    connect(m_document, &RunDocument::stepsAppended, this, &TraceView::onAppended);
    connect(m_document, &RunDocument::infoChanged, this, [this] {
        m_layout->invalidateEnd();
        continueLayout();
    });
    connect(m_cursor, &StepCursor::stepChanged, this, &TraceView::onStepChanged);
    onReset();
    onStepChanged(m_cursor->step());
}

void TraceView::makeActions()
{
    const auto make = [this](const QString& text, const QKeySequence& keys) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        action->setShortcutContext(Qt::WidgetShortcut);
        addAction(action);
        return action;
    };
    m_copyAction = make(tr("&Copy"), QKeySequence::Copy);
    connect(m_copyAction, &QAction::triggered, this,
            [this] { QGuiApplication::clipboard()->setText(selectedText()); });
    m_copyTokensAction = make(tr("Copy with &Token Boundaries"), tr("Ctrl+Shift+C"));
    connect(m_copyTokensAction, &QAction::triggered, this,
            [this] { QGuiApplication::clipboard()->setText(selectedTokens()); });
    m_selectAllAction = make(tr("Select &All"), QKeySequence::SelectAll);
    connect(m_selectAllAction, &QAction::triggered, this, &TraceView::selectAll);
    setContextMenuPolicy(Qt::ActionsContextMenu);
}

// Document and cursor

void TraceView::onReset()
{
    m_selection.reset();
    m_hits.clear();
    m_shownStep = -1;
    m_selectionAnchor = -1;
    m_columnX = -1;
    m_greatestEntropy = 0;
    m_successor.reset();
    m_look = wantedLook(); // marks are there by the run
    m_layout = std::make_unique<TraceLayout>(*m_document, m_look);
    onAppended(0, m_document->count() - 1);
    m_growing = false;
}

void TraceView::onAppended(qint64 first, qint64 last)
{
    const std::span<const double> entropy = m_document->series(Series::Entropy);
    for (qint64 step = first; step <= last; ++step)
        m_greatestEntropy = std::max(m_greatestEntropy, entropy[static_cast<std::size_t>(step)]);
    updateColors();
    m_growing = m_cursor->followsEnd();
    m_layout->invalidateEnd();
    if (m_successor)
        m_successor->invalidateEnd();
    continueLayout();
}

void TraceView::onStepChanged(qint64 step)
{
    // Somebody who scrolled away from a growing end wants to read there.
    const bool readsElsewhere = m_growing && m_shownStep >= 0 && !showsStep(m_shownStep);
    m_growing = false;
    updateStep(m_shownStep);
    m_shownStep = step;
    if (step >= 0 && !readsElsewhere)
        ensureVisible(step);
    updateStep(step);
    describeForScreenReaders(step);
}

void TraceView::updateColors()
{
    const TraceColors before = m_colors;
    m_colors = TraceColors(m_colorBy, palette(), TraceColors::niceTop(m_greatestEntropy));
    if (before.colorBy() == m_colors.colorBy() && before.entropyTop() == m_colors.entropyTop() &&
        before.rampColor(0) == m_colors.rampColor(0))
        return;
    viewport()->update();
    Q_EMIT colorsChanged();
}

// Look and layout

void TraceView::setColorBy(ColorBy colorBy)
{
    m_colorBy = colorBy;
    updateColors();
}

void TraceView::setBoundariesShown(bool shown)
{
    TraceLook look = m_look;
    look.boundaries = shown;
    setLook(look);
}

void TraceView::setWhitespaceShown(bool shown)
{
    TraceLook look = m_look;
    look.whitespace = shown;
    setLook(look);
}

void TraceView::setComponentsShown(bool shown)
{
    TraceLook look = m_look;
    look.components = shown;
    setLook(look);
}

void TraceView::setHits(std::vector<StepRange> hits)
{
    m_hits = std::move(hits);
    viewport()->update();
}

TraceLook TraceView::wantedLook() const
{
    TraceLook look = m_look;
    look.font = font();
    look.width = std::max(1.0, viewport()->width() - 2 * pageMargin);
    look.frontier = m_document->frontier() != nullptr;
    return look;
}

void TraceView::setLook(const TraceLook& look)
{
    if (look == m_look)
        return;
    m_look = look;
    m_successor = std::make_unique<TraceLayout>(*m_document, m_look);
    continueLayout();
}

bool TraceView::isLaidOut() const
{
    return !m_successor && m_layout->isComplete();
}

void TraceView::continueLayout()
{
    QElapsedTimer clock;
    clock.start();
    const double bottomBefore = m_layout->height();
    TraceLayout* layout = m_successor ? m_successor.get() : m_layout.get();
    while (!layout->extend(unitsBetweenLooksAtTheClock) && clock.elapsed() < sliceMs) {
    }
    if (m_successor && canTakeOver())
        takeOver();
    updateScrollBar();
    if (m_awaitedStep >= 0)
        ensureVisible(m_awaitedStep);
    if (!isLaidOut())
        m_layoutTimer.start();
    updateFrom(bottomBefore);
}

void TraceView::updateFrom(double pageY)
{
    const int top = std::max(0, static_cast<int>(std::floor(pageY + origin().y())));
    viewport()->update(0, top, viewport()->width(), viewport()->height() - top);
}

void TraceView::updateStep(qint64 step)
{
    const qint64 unit = m_layout->unitOfStep(step);
    if (step < 0 || unit >= m_layout->laidOutUnits())
        return;
    // A token may go on over several lines; its frame reaches beyond its cell.
    const qint64 first = m_layout->lineOfUnit(unit);
    const qint64 last =
        std::max(first, unit + 1 < m_layout->laidOutUnits() ? m_layout->lineOfUnit(unit + 1)
                                                            : m_layout->lineCount() - 1);
    const double top = m_layout->lineTop(first);
    const double bottom = m_layout->lineTop(last) + m_layout->lineHeight(last);
    viewport()->update(QRectF(0, top - 2, viewport()->width(), bottom - top + 4)
                           .translated(0, origin().y())
                           .toAlignedRect());
}

qint64 TraceView::anchorUnit() const
{
    if (m_shownStep >= 0 && showsStep(m_shownStep))
        return m_layout->unitOfStep(m_shownStep);
    const qint64 line = m_layout->lineAt(verticalScrollBar()->value() - pageMargin);
    return line < 0 ? 0 : m_layout->line(line).cells.front().unit;
}

bool TraceView::canTakeOver() const
{
    if (m_successor->isComplete())
        return true;
    // Far enough to fill the viewport below what is looked at now.
    const qint64 unit = anchorUnit();
    return unit < m_successor->laidOutUnits() &&
           m_successor->height() >
               m_successor->lineTop(m_successor->lineOfUnit(unit)) + viewport()->height();
}

void TraceView::takeOver()
{
    const qint64 unit = anchorUnit();
    const qint64 oldLine = m_layout->laidOutUnits() > unit ? m_layout->lineOfUnit(unit) : -1;
    const double above =
        oldLine < 0 ? 0 : m_layout->lineTop(oldLine) - verticalScrollBar()->value();
    m_layout = std::move(m_successor);
    m_columnX = -1;
    viewport()->update();
    updateScrollBar();
    if (unit < m_layout->laidOutUnits())
        verticalScrollBar()->setValue(
            static_cast<int>(std::lround(m_layout->lineTop(m_layout->lineOfUnit(unit)) - above)));
}

void TraceView::updateScrollBar()
{
    const double height = m_layout->estimatedHeight() + 2 * pageMargin;
    const int page = viewport()->height();
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setSingleStep(static_cast<int>(m_layout->textHeight()));
    verticalScrollBar()->setRange(0, std::max(0, static_cast<int>(std::ceil(height)) - page));
}

void TraceView::ensureVisible(qint64 step)
{
    const qint64 unit = m_layout->unitOfStep(step);
    if (unit >= m_layout->laidOutUnits()) {
        m_awaitedStep = step;
        return;
    }
    m_awaitedStep = -1;
    const qint64 line = m_layout->lineOfUnit(unit);
    const double top = m_layout->lineTop(line);
    const double bottom = top + m_layout->lineHeight(line) + 2 * pageMargin;
    QScrollBar* bar = verticalScrollBar();
    if (top < bar->value())
        bar->setValue(static_cast<int>(std::floor(top)));
    else if (bottom > bar->value() + viewport()->height())
        bar->setValue(static_cast<int>(std::ceil(bottom)) - viewport()->height());
}

bool TraceView::showsStep(qint64 step) const
{
    const QRect rect = stepRect(step);
    return !rect.isEmpty() && viewport()->rect().intersects(rect);
}

// Geometry

QPointF TraceView::origin() const
{
    return {pageMargin, pageMargin - verticalScrollBar()->value()};
}

QRect TraceView::stepRect(qint64 step) const
{
    const qint64 unit = m_layout->unitOfStep(step);
    if (step < 0 || unit >= m_layout->laidOutUnits())
        return {};
    const TraceLayout::Line line = m_layout->line(m_layout->lineOfUnit(unit));
    for (const TraceLayout::Cell& cell : line.cells)
        if (cell.unit == unit)
            return QRectF(cell.x, line.top, cell.width, m_layout->textHeight())
                .translated(origin())
                .toAlignedRect();
    return {};
}

qint64 TraceView::stepAt(const QPoint& position) const
{
    const QPointF page = position - origin();
    if (page.y() < 0 || page.y() >= m_layout->height())
        return -1;
    const TraceLayout::Line line = m_layout->line(m_layout->lineAt(page.y()));
    for (const TraceLayout::Cell& cell : line.cells) {
        const double left = cell.chips.empty() ? cell.x : std::min(cell.x, cell.chips.front().x);
        if (page.x() >= left && page.x() < cell.x + cell.width)
            return std::max<qint64>(-1, cell.unit - m_layout->promptCount());
    }
    return -1;
}

qint64 TraceView::nearestStep(double pageX, qint64 lineIndex) const
{
    qint64 best = -1;
    double bestDistance = 0;
    for (const TraceLayout::Cell& cell : m_layout->line(lineIndex).cells) {
        const qint64 step = cell.unit - m_layout->promptCount();
        const double distance = std::abs(cell.x + cell.width / 2 - pageX);
        if (step >= 0 && (best < 0 || distance < bestDistance)) {
            best = step;
            bestDistance = distance;
        }
    }
    return best;
}

qint64 TraceView::stepByLines(qint64 lines)
{
    const qint64 unit = m_layout->unitOfStep(m_cursor->step());
    if (m_cursor->step() < 0 || unit >= m_layout->laidOutUnits())
        return m_cursor->step();
    const qint64 from = m_layout->lineOfUnit(unit);
    if (m_columnX < 0)
        for (const TraceLayout::Cell& cell : m_layout->line(from).cells)
            if (cell.unit == unit)
                m_columnX = cell.x + cell.width / 2;
    const qint64 direction = lines < 0 ? -1 : 1;
    qint64 to = std::clamp<qint64>(from + lines, 0, m_layout->lineCount() - 1);
    // A line may hold the rest of one long token, or of the prompt: go on to one that differs.
    for (; to >= 0 && to < m_layout->lineCount(); to += direction) {
        const qint64 step = nearestStep(m_columnX, to);
        if (step >= 0 && step != m_cursor->step())
            return step;
    }
    return direction < 0 ? 0 : m_cursor->count() - 1;
}

qint64 TraceView::stepByPages(int pages)
{
    const qint64 unit = m_layout->unitOfStep(m_cursor->step());
    if (m_cursor->step() < 0 || unit >= m_layout->laidOutUnits())
        return m_cursor->step();
    const qint64 from = m_layout->lineOfUnit(unit);
    const double y = m_layout->lineTop(from) + pages * viewport()->height();
    const qint64 to = m_layout->lineAt(y);
    return stepByLines(to == from ? pages : to - from);
}

// Painting

void TraceView::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    if (!m_document->isOpen() || m_layout->lineCount() == 0) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(viewport()->rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         m_document->isOpen() ? tr("No steps yet")
                                              : tr("Start a run or open one from the library"));
        return;
    }
    const QPointF shift = origin();
    painter.translate(shift);
    const TracePaint paint{*m_document,      *m_layout,   m_colors, palette(),
                           m_cursor->step(), m_selection, m_hits};
    const double bottom = event->rect().bottom() - shift.y();
    for (qint64 line = m_layout->lineAt(event->rect().top() - shift.y() - 2);
         line < m_layout->lineCount() && m_layout->lineTop(line) <= bottom; ++line)
        paintLine(painter, paint, m_layout->line(line));
}

void TraceView::scrollContentsBy(int dx, int dy)
{
    viewport()->scroll(dx, dy); // only what comes into view is painted
}

void TraceView::resizeEvent(QResizeEvent*)
{
    setLook(wantedLook());
    updateScrollBar();
    if (m_shownStep >= 0 && m_cursor->followsEnd())
        ensureVisible(m_shownStep);
}

void TraceView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        setLook(wantedLook());
    else if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        updateColors();
}

// Input

bool TraceView::event(QEvent* event)
{
    // The keys below belong to the trace while it has the focus, whoever else has a shortcut.
    if (event->type() == QEvent::ShortcutOverride) {
        auto* key = static_cast<QKeyEvent*>(event);
        switch (key->key()) {
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Home:
        case Qt::Key_End:
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_PageUp:
        case Qt::Key_PageDown:
            event->accept();
            return true;
        default:
            break;
        }
    }
    return QAbstractScrollArea::event(event);
}

void TraceView::keyPressEvent(QKeyEvent* event)
{
    const bool extends = event->modifiers().testFlag(Qt::ShiftModifier);
    const double column = m_columnX;
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCursor(m_cursor->step() - 1, extends);
    case Qt::Key_Right:
        return moveCursor(m_cursor->step() + 1, extends);
    case Qt::Key_Home:
        return moveCursor(0, extends);
    case Qt::Key_End:
        return moveCursor(m_cursor->count() - 1, extends);
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown: {
        m_columnX = column;
        const int direction = event->key() == Qt::Key_Up || event->key() == Qt::Key_PageUp ? -1 : 1;
        const bool pages = event->key() == Qt::Key_PageUp || event->key() == Qt::Key_PageDown;
        const qint64 step = pages ? stepByPages(direction) : stepByLines(direction);
        const double kept = m_columnX;
        moveCursor(step, extends);
        m_columnX = kept;
        return;
    }
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void TraceView::moveCursor(qint64 step, bool extendSelection)
{
    if (m_cursor->count() == 0)
        return;
    if (!extendSelection || m_selectionAnchor < 0)
        m_selectionAnchor = m_cursor->step();
    m_cursor->moveTo(step);
    m_columnX = -1;
    ensureVisible(m_cursor->step());
    if (extendSelection) {
        const auto [low, high] = std::minmax({m_selectionAnchor, m_cursor->step()});
        select(StepRange{low, high});
    } else {
        m_selectionAnchor = m_cursor->step();
        select({});
    }
}

void TraceView::mousePressEvent(QMouseEvent* event)
{
    const qint64 step = stepAt(event->position().toPoint());
    if (step < 0)
        return;
    if (event->button() == Qt::RightButton) {
        // The menu's commands are for the step under the mouse; those for a selection, for it.
        const bool selected =
            m_selection && step >= m_selection->first && step <= m_selection->last;
        if (selected)
            m_cursor->moveTo(step);
        else
            moveCursor(step, false);
    }
    if (event->button() != Qt::LeftButton)
        return;
    moveCursor(step, event->modifiers().testFlag(Qt::ShiftModifier));
}

void TraceView::mouseMoveEvent(QMouseEvent* event)
{
    if (!event->buttons().testFlag(Qt::LeftButton) || m_selectionAnchor < 0)
        return;
    const qint64 step = stepAt(event->position().toPoint());
    if (step >= 0 && step != m_cursor->step())
        moveCursor(step, true);
}

bool TraceView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        showToolTip(static_cast<QHelpEvent*>(event));
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TraceView::showToolTip(QHelpEvent* event)
{
    const qint64 step = stepAt(event->pos());
    if (step < 0) {
        QToolTip::hideText();
        return;
    }
    // Tokens may look like mark-up.
    QToolTip::showText(event->globalPos(),
                       QStringLiteral("<p style='white-space:pre'>%1</p>")
                           .arg(stepSummary(*m_document, step).toHtmlEscaped()),
                       viewport());
}

void TraceView::describeForScreenReaders(qint64 step)
{
    if (QAccessible::isActive() && hasFocus())
        setAccessibleDescription(stepSummary(*m_document, step));
}

// Selection

void TraceView::select(const std::optional<StepRange>& range)
{
    if (range == m_selection)
        return;
    m_selection = range;
    viewport()->update();
}

void TraceView::selectAll()
{
    if (m_document->count() > 0)
        select(StepRange{0, m_document->count() - 1});
}

StepRange TraceView::selectionOrFocus() const
{
    return m_selection.value_or(StepRange{m_cursor->step(), m_cursor->step()});
}

QString TraceView::selectedText() const
{
    return textOf(*m_document, selectionOrFocus());
}

QString TraceView::selectedTokens() const
{
    return tokenLinesOf(*m_document, selectionOrFocus());
}

} // namespace halftone::ui
