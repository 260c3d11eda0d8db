#include "widgets/statusicon.h"

#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>

namespace halftone::ui {

namespace {

/// Painted when it is needed, in the colour that text has then.
class StatusEngine : public QIconEngine
{
public:
    explicit StatusEngine(RunStatus status)
        : m_status(status)
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->translate(rect.topLeft());
        painter->scale(rect.width() / 16.0, rect.height() / 16.0);
        paintShape(*painter, QGuiApplication::palette().color(mode == QIcon::Selected
                                                                  ? QPalette::HighlightedText
                                                                  : QPalette::Text));
        painter->restore();
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect({}, size), mode, state);
        return pixmap;
    }
    [[nodiscard]] QIconEngine* clone() const override { return new StatusEngine(*this); }

private:
    void paintShape(QPainter& painter, const QColor& color) const
    {
        const QPen line(color, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
        painter.setPen(line);
        switch (m_status) {
        case RunStatus::Running: {
            QPainterPath triangle;
            triangle.addPolygon(QPolygonF({{5, 3}, {13, 8}, {5, 13}}));
            triangle.closeSubpath();
            painter.fillPath(triangle, color);
            break;
        }
        case RunStatus::Finished:
            painter.drawPolyline(QPolygonF({{3, 8.5}, {6.5, 12}, {13, 4}}));
            break;
        case RunStatus::Stopped:
            painter.fillRect(QRectF(4, 4, 8, 8), color);
            break;
        case RunStatus::Interrupted:
            painter.drawPolyline(QPolygonF({{9, 2}, {5, 9}, {10, 8}, {7, 14}}));
            break;
        case RunStatus::Failed:
            painter.drawLine(QPointF(4, 4), QPointF(12, 12));
            painter.drawLine(QPointF(12, 4), QPointF(4, 12));
            break;
        }
    }

    RunStatus m_status;
};

} // namespace

QIcon statusIcon(RunStatus status)
{
    return QIcon(new StatusEngine(status));
}

} // namespace halftone::ui
