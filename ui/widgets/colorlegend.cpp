#include "widgets/colorlegend.h"

#include "models/stepwords.h"

#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr double gap = 8;
constexpr double leastRamp = 60;
constexpr double greatestRamp = 160;
constexpr Phase shownPhases[] = {Phase::Think, Phase::Answer};

} // namespace

ColorLegend::ColorLegend(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("colorLegend"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ColorLegend::setColors(const TraceColors& colors)
{
    m_colors = colors;
    setAccessibleName(text());
    setToolTip(text());
    updateGeometry();
    update();
}

QString ColorLegend::lowText() const
{
    return QLocale().toString(0);
}

QString ColorLegend::highText() const
{
    return m_colors->colorBy() == ColorBy::Entropy ? shownNumber(m_colors->entropyTop())
                                                   : QLocale().toString(1);
}

QString ColorLegend::text() const
{
    if (!m_colors)
        return {};
    const QString colors =
        m_colors->colorBy() == ColorBy::Phase
            ? tr("%1: %2, %3").arg(m_colors->caption(), title(Phase::Think), title(Phase::Answer))
            : tr("%1: %2 to %3").arg(m_colors->caption(), lowText(), highText());
    return m_partner ? tr("%1; underlined: the partner model decided").arg(colors) : colors;
}

QSize ColorLegend::sizeHint() const
{
    const QFontMetricsF metrics(font());
    const double caption = m_colors ? metrics.horizontalAdvance(m_colors->caption()) : 0;
    return {static_cast<int>(caption + greatestRamp + 12 * gap),
            static_cast<int>(metrics.height()) + 6};
}

QSize ColorLegend::minimumSizeHint() const
{
    return {static_cast<int>(leastRamp), sizeHint().height()};
}

void ColorLegend::paintEvent(QPaintEvent*)
{
    if (!m_colors)
        return;
    QPainter painter(this);
    const QFontMetricsF metrics(font());
    const double ends = metrics.horizontalAdvance(lowText() + highText()) + 3 * gap;
    const bool phases = m_colors->colorBy() == ColorBy::Phase;
    double scaleWidth = 0;
    if (phases)
        for (const Phase phase : shownPhases)
            scaleWidth += metrics.horizontalAdvance(title(phase)) + 3 * gap;
    else
        scaleWidth = leastRamp + ends;
    const double captionRoom = std::max(0.0, width() - scaleWidth - gap);
    const QString caption = metrics.elidedText(m_colors->caption(), Qt::ElideRight, captionRoom);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(QRectF(0, 0, captionRoom, height()), Qt::AlignLeft | Qt::AlignVCenter,
                     caption);
    const double x = metrics.horizontalAdvance(caption) + gap;
    if (phases)
        paintPhases(painter, x);
    else
        paintRamp(painter, x, std::clamp(width() - x - ends, leastRamp, greatestRamp));
    const double used = phases ? x + scaleWidth : x + ends + greatestRamp;
    double right = width();
    const auto mark = [&](const QString& text, Qt::PenStyle style) {
        if (used + 2 * gap + metrics.horizontalAdvance(text) <= right)
            right = paintMark(painter, right, text, style) - 2 * gap;
    };
    mark(title(EventKind::Forced), Qt::DotLine);
    if (m_partner)
        mark(tr("partner"), Qt::SolidLine);
}

double ColorLegend::paintMark(QPainter& painter, double right, const QString& text,
                              Qt::PenStyle style) const
{
    const QFontMetricsF metrics(font());
    const double left = right - metrics.horizontalAdvance(text);
    const double bottom = height() / 2.0 + metrics.height() / 2;
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(QRectF(left, 0, right - left, height()), Qt::AlignVCenter, text);
    painter.setPen(QPen(palette().color(QPalette::WindowText), 2, style));
    painter.drawLine(QPointF(left, bottom), QPointF(right, bottom));
    return left;
}

void ColorLegend::setPartner(bool partner)
{
    m_partner = partner;
    setAccessibleName(text());
    setToolTip(text());
    update();
}

void ColorLegend::paintRamp(QPainter& painter, double x, double width) const
{
    const QFontMetricsF metrics(font());
    const double lowWidth = metrics.horizontalAdvance(lowText());
    painter.drawText(QRectF(x, 0, lowWidth, height()), Qt::AlignVCenter, lowText());
    const QRectF ramp(x + lowWidth + gap / 2, 4, width, height() - 8);
    const int columns = static_cast<int>(ramp.width());
    for (int i = 0; i < columns; ++i)
        painter.fillRect(QRectF(ramp.x() + i, ramp.y(), 1, ramp.height()),
                         m_colors->rampColor(static_cast<double>(i) / (columns - 1)));
    painter.setPen(palette().color(QPalette::Mid));
    painter.drawRect(ramp.adjusted(0, 0, -1, 0));
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(
        QRectF(ramp.right() + gap / 2, 0, metrics.horizontalAdvance(highText()) + gap, height()),
        Qt::AlignVCenter, highText());
}

void ColorLegend::paintPhases(QPainter& painter, double x) const
{
    const QFontMetricsF metrics(font());
    const double side = height() - 10;
    for (const Phase phase : shownPhases) {
        const QRectF swatch(x, 5, side, side);
        painter.fillRect(swatch, m_colors->phaseFill(phase));
        painter.setPen(palette().color(QPalette::Mid));
        painter.drawRect(swatch);
        painter.setPen(palette().color(QPalette::WindowText));
        const double textWidth = metrics.horizontalAdvance(title(phase));
        painter.drawText(QRectF(x + side + gap / 2, 0, textWidth + gap, height()), Qt::AlignVCenter,
                         title(phase));
        x += side + gap / 2 + textWidth + gap;
    }
}

} // namespace halftone::ui
