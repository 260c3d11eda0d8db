// Says what the colours of a trace mean: quantity, support, unit, and the ramp with its ends or the
// phases with their names. A palette of its own is not needed: it shows what TraceColors says.
#pragma once

#include "widgets/tracecolors.h"

#include <QWidget>

#include <optional>

namespace halftone::ui {

class ColorLegend : public QWidget
{
    Q_OBJECT

public:
    explicit ColorLegend(QWidget* parent = nullptr);

    void setColors(const TraceColors&);
    /// Whether steps of a partner model can be there, which the trace underlines.
    void setPartner(bool);
    /// All that the legend says, as text.
    [[nodiscard]] QString text() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;

private:
    void paintRamp(QPainter&, double x, double width) const;
    void paintPhases(QPainter&, double x) const;
    /// How the trace marks such steps, with its right end at `right`; returns its left end.
    double paintMark(QPainter&, double right, const QString& text, Qt::PenStyle) const;
    [[nodiscard]] QString lowText() const;
    [[nodiscard]] QString highText() const;

    std::optional<TraceColors> m_colors;
    bool m_partner = false;
};

} // namespace halftone::ui
