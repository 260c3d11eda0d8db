#include "plots/steppainters_p.h"

#include "models/stepwords.h"
#include "plots/stepplot.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

namespace halftone::ui {

namespace {

/// Left and right pixel of a span, cut to the pane.
std::pair<double, double> extent(const QCPAxisRect& pane, const PhaseSpan& span)
{
    const QCPAxis& axis = *pane.axis(QCPAxis::atBottom);
    return {std::max<double>(axis.coordToPixel(static_cast<double>(span.first) - 0.5), pane.left()),
            std::min<double>(axis.coordToPixel(static_cast<double>(span.last) + 0.5),
                             pane.right() + 1)};
}

std::span<const PhaseSpan> visibleSpans(const StepPlot& plot)
{
    const std::vector<PhaseSpan>& spans = plot.marks().spans();
    const StepWindow range = plot.range();
    const auto first = std::partition_point(spans.begin(), spans.end(), [&](const PhaseSpan& span) {
        return static_cast<double>(span.last) + 0.5 < range.lower;
    });
    const auto last = std::partition_point(first, spans.end(), [&](const PhaseSpan& span) {
        return static_cast<double>(span.first) - 0.5 < range.upper;
    });
    return {first, last};
}

std::span<const StepMark> visibleMarks(const StepPlot& plot)
{
    const std::vector<StepMark>& marks = plot.marks().marks();
    const StepWindow range = plot.range();
    const auto first = std::partition_point(marks.begin(), marks.end(), [&](const StepMark& mark) {
        return static_cast<double>(mark.step) < range.lower;
    });
    const auto last = std::partition_point(first, marks.end(), [&](const StepMark& mark) {
        return static_cast<double>(mark.step) <= range.upper;
    });
    return {first, last};
}

} // namespace

StepPainter::StepPainter(QCustomPlot& plot, const StepPlot& owner, const QString& layer)
    : QCPLayerable(&plot, layer)
    , m_owner(owner)
{
}

const PlotTheme& StepPainter::theme() const
{
    return m_owner.theme();
}

void StepPainter::applyDefaultAntialiasingHint(QCPPainter* painter) const
{
    applyAntialiasingHint(painter, false, QCP::aeItems);
}

void PhaseBands::draw(QCPPainter* painter)
{
    for (const QCPAxisRect* pane : owner().visiblePanes()) {
        double drawnTo = 0;
        for (const PhaseSpan& span : visibleSpans(owner())) {
            const auto [left, right] = extent(*pane, span);
            if (right < drawnTo + 0.5) // many phases in one pixel: the first stands for all
                continue;
            drawnTo = right;
            painter->fillRect(QRectF(left, pane->top(), right - left, pane->height()),
                              span.phase == Phase::Answer ? theme().answerBand : theme().thinkBand);
        }
    }
}

void MarkLines::draw(QCPPainter* painter)
{
    const std::vector<QCPAxisRect*> panes = owner().visiblePanes();
    if (panes.empty())
        return;
    double lastPixel = -1;
    for (const StepMark& mark : visibleMarks(owner())) {
        const double x = owner().pixelOf(static_cast<double>(mark.step));
        if (x - lastPixel < 1.5)
            continue;
        lastPixel = x;
        painter->setPen(QPen(theme().mark, 1, Qt::DashDotLine));
        for (const QCPAxisRect* pane : panes)
            painter->drawLine(QPointF(x, pane->top()), QPointF(x, pane->bottom()));
    }
    drawLabels(*painter, *panes.front());
}

void MarkLines::drawLabels(QCPPainter& painter, const QCPAxisRect& top) const
{
    painter.setFont(theme().font);
    painter.setPen(theme().text);
    const int lineHeight = painter.fontMetrics().height();
    // Two lines above the top pane. Labels that find no room are left out: the read-out has them.
    std::array<double, 2> ends{0, 0};
    const auto write = [&](double left, const QString& label, std::size_t line) {
        painter.drawText(QPointF(left, top.top() - lineHeight * (1 - static_cast<int>(line)) -
                                           painter.fontMetrics().descent() - 1),
                         label);
        ends[line] = left + painter.fontMetrics().horizontalAdvance(label + QLatin1Char(' '));
    };
    std::vector<std::pair<double, double>> phases; // taken of the lower line
    for (const PhaseSpan& span : visibleSpans(owner())) {
        const auto [left, right] = extent(top, span);
        const QString label = title(span.phase);
        if (painter.fontMetrics().horizontalAdvance(label) > right - left || left < ends[1])
            continue;
        write(left, label, 1);
        phases.emplace_back(left, ends[1]);
    }
    ends[1] = 0;
    for (const StepMark& mark : visibleMarks(owner())) {
        const double width = painter.fontMetrics().horizontalAdvance(mark.label);
        const double x = owner().pixelOf(static_cast<double>(mark.step));
        const double left = std::min(x, top.right() - width);
        const bool meetsPhase = std::any_of(phases.begin(), phases.end(), [&](const auto& phase) {
            return left < phase.second && left + width > phase.first;
        });
        if (left >= ends[0])
            write(left, mark.label, 0);
        else if (left >= ends[1] && !meetsPhase)
            write(left, mark.label, 1);
    }
}

void FocusLines::draw(QCPPainter* painter)
{
    if (owner().isDrawingForExport())
        return;
    const qint64 step = owner().focusedStep();
    const StepWindow range = owner().range();
    const auto upright = [&](qint64 at, const QPen& pen) {
        const auto position = static_cast<double>(at);
        if (at < 0 || position < range.lower || position > range.upper)
            return;
        painter->setPen(pen);
        const double x = owner().pixelOf(position);
        for (const QCPAxisRect* pane : owner().visiblePanes())
            painter->drawLine(QPointF(x, pane->top()), QPointF(x, pane->bottom()));
    };
    if (const std::optional<qint64> hovered = owner().hoveredStep()) {
        const QPen pen(theme().crosshair, 1, Qt::DotLine);
        upright(*hovered, pen);
        const double y = owner().pointer()->y();
        for (const QCPAxisRect* pane : owner().visiblePanes())
            if (y >= pane->top() && y <= pane->bottom())
                painter->drawLine(QPointF(pane->left(), y), QPointF(pane->right(), y));
    }
    upright(step, QPen(theme().cursor, 2));
}

} // namespace halftone::ui
