#include "widgets/tracepainter.h"

#include "models/reachwords.h"
#include "models/rundocument.h"

#include <QPainter>

#include <algorithm>

namespace halftone::ui {

namespace {

const QColor hitColor(0xD5, 0x5E, 0x00);

QColor mixed(const QColor& a, const QColor& b, double shareOfA)
{
    const auto channel = [&](int x, int y) {
        return static_cast<int>(shareOfA * x + (1 - shareOfA) * y + 0.5);
    };
    return {channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue())};
}

bool isHit(std::span<const StepRange> hits, qint64 step)
{
    const auto found = std::lower_bound(hits.begin(), hits.end(), step,
                                        [](const StepRange& r, qint64 s) { return r.last < s; });
    return found != hits.end() && found->contains(step);
}

void paintChips(QPainter& painter, const TracePaint& paint, const TraceLayout::Cell& cell,
                double top)
{
    if (cell.chips.empty())
        return;
    const double height = paint.layout.smallHeight() + 1;
    const double y = top + (paint.layout.textHeight() - height) / 2;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(paint.layout.smallFont());
    const QColor text = paint.palette.color(QPalette::Text);
    for (const TraceLayout::Chip& chip : cell.chips) {
        const QRectF box(chip.x + 0.5, y, chip.width - 1, height);
        painter.setPen(QPen(mixed(text, paint.palette.color(QPalette::Base), 0.6), 1));
        painter.setBrush(paint.palette.color(QPalette::AlternateBase));
        painter.drawRoundedRect(box, height / 2, height / 2);
        painter.setPen(text);
        painter.drawText(box, Qt::AlignCenter, chip.text);
    }
    painter.restore();
}

void paintPieces(QPainter& painter, const TracePaint& paint, const TraceLayout::Cell& cell,
                 double top, const QColor& color)
{
    const double smallTop = top + paint.layout.textHeight() - paint.layout.smallHeight() - 1;
    double x = cell.x + cell.inset;
    for (std::size_t i = 0; i < cell.pieceCount; ++i) {
        const TraceLayout::Piece& piece = cell.shape->pieces[cell.firstPiece + i];
        const bool byte = piece.kind == TextRun::Kind::Byte;
        painter.setFont(byte ? paint.layout.smallFont() : paint.layout.look().font);
        QColor pen = color;
        if (piece.kind == TextRun::Kind::Symbol)
            pen.setAlphaF(0.6F);
        painter.setPen(pen);
        painter.drawStaticText(QPointF(x, byte ? smallTop : top), piece.text);
        x += piece.width;
    }
}

/// At the left end of a row of small text.
void paintMark(QPainter& painter, Reach reach, const QPointF& topLeft, const TracePaint& paint,
               const QColor& color)
{
    painter.setFont(paint.layout.smallFont());
    painter.setPen(color);
    painter.drawText(QRectF(topLeft, QSizeF(paint.layout.markWidth(), paint.layout.smallHeight())),
                     Qt::AlignLeft | Qt::AlignVCenter, symbol(reach));
}

void paintComponents(QPainter& painter, const TracePaint& paint, const TraceLayout::Cell& cell,
                     double top)
{
    if (cell.components.empty())
        return;
    const QColor text = paint.palette.color(QPalette::Text);
    const QColor base = paint.palette.color(QPalette::Base);
    const double height = paint.layout.smallHeight();
    painter.setFont(paint.layout.smallFont());
    double y = top + paint.layout.textHeight() + 1;
    for (const TraceLayout::Component& component : cell.components) {
        const QRectF row(cell.x, y, cell.width, height - 1);
        painter.fillRect(row, mixed(text, base, 0.06));
        painter.fillRect(QRectF(row.x(), row.y(),
                                row.width() * std::clamp(component.weight, 0.0, 1.0), row.height()),
                         mixed(text, base, 0.25));
        painter.setPen(text);
        double left = 2;
        if (component.reach) {
            paintMark(painter, *component.reach, row.topLeft() + QPointF(left, 0), paint,
                      reachColor(*component.reach, paint.palette));
            left += paint.layout.markWidth();
            painter.setPen(text);
        }
        painter.drawStaticText(row.topLeft() + QPointF(left, 0), *component.text);
        const QStaticText& weight = paint.layout.weightText(component.weight);
        painter.drawStaticText(row.topRight() - QPointF(weight.size().width() + 2, 0), weight);
        y += height;
    }
}

void paintStep(QPainter& painter, const TracePaint& paint, const TraceLayout::Cell& cell,
               qint64 step, const StepRecord& record, double top)
{
    const QRectF box(cell.x, top, cell.width, paint.layout.textHeight());
    const QColor base = paint.palette.color(QPalette::Base);
    const QColor fill = paint.colors.fill(record);
    QColor text;
    if (paint.selection && paint.selection->contains(step)) {
        painter.fillRect(box, paint.palette.color(QPalette::Highlight));
        text = paint.palette.color(QPalette::HighlightedText);
    } else if (fill.isValid()) {
        painter.fillRect(box, fill);
        text = readableOn(fill);
    } else {
        text = paint.palette.color(QPalette::Text);
        painter.fillRect(box, QBrush(mixed(text, base, 0.3), Qt::BDiagPattern));
    }
    if (paint.layout.look().boundaries) {
        painter.setPen(QPen(mixed(paint.palette.color(QPalette::Text), base, 0.5), 1));
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
    }
    paintPieces(painter, paint, cell, top, text);
    if (cell.reach) // in the text's colour, which stands out from every fill
        paintMark(painter, *cell.reach,
                  {cell.x + 1, top + (paint.layout.textHeight() - paint.layout.smallHeight()) / 2},
                  paint, text);
    const auto underline = [&](Qt::PenStyle style) {
        painter.setPen(QPen(text, 2, style));
        painter.drawLine(QPointF(box.left(), box.bottom() - 1),
                         QPointF(box.right(), box.bottom() - 1));
    };
    if (record.model != 0) // the partner's
        underline(Qt::SolidLine);
    if (record.forced)
        underline(Qt::DotLine);
    paintComponents(painter, paint, cell, top);
    if (isHit(paint.hits, step)) {
        painter.setPen(QPen(hitColor, 2));
        painter.drawLine(box.topLeft() + QPointF(0, 1), box.topRight() + QPointF(0, 1));
        painter.drawLine(box.bottomLeft(), box.bottomRight());
    }
    if (step == paint.cursorStep) {
        painter.setPen(QPen(base, 4));
        painter.drawRect(box);
        painter.setPen(QPen(paint.palette.color(QPalette::Text), 2));
        painter.drawRect(box);
    }
}

} // namespace

void paintLine(QPainter& painter, const TracePaint& paint, const TraceLayout::Line& line)
{
    const QColor promptText =
        mixed(paint.palette.color(QPalette::Text), paint.palette.color(QPalette::Base), 0.6);
    const TraceLayout::Cell* focused = nullptr;
    for (const TraceLayout::Cell& cell : line.cells) {
        const qint64 step = cell.unit - paint.layout.promptCount();
        const StepRecord* record = paint.document.at(step);
        paintChips(painter, paint, cell, line.top);
        if (!record) {
            if (paint.layout.look().boundaries) {
                painter.setPen(
                    QPen(mixed(promptText, paint.palette.color(QPalette::Base), 0.4), 1));
                painter.drawRect(QRectF(cell.x, line.top, cell.width, paint.layout.textHeight())
                                     .adjusted(0.5, 0.5, -0.5, -0.5));
            }
            paintPieces(painter, paint, cell, line.top, promptText);
        } else if (step == paint.cursorStep) {
            focused = &cell; // last, over its neighbours
        } else {
            paintStep(painter, paint, cell, step, *record, line.top);
        }
    }
    if (focused) {
        const qint64 step = focused->unit - paint.layout.promptCount();
        paintStep(painter, paint, *focused, step, *paint.document.at(step), line.top);
    }
}

} // namespace halftone::ui
