// What a StepPlot draws besides its data: bands of the phases behind it, events above it, and, on a
// layer of their own that is redrawn without the rest, the focus line and the crosshair.
#pragma once

#include "plots/plottheme.h"
#include "plots/qcp.h"

namespace halftone::ui {

class StepPlot;

/// Base of the three: no antialiasing, since all of it is upright lines and boxes.
class StepPainter : public QCPLayerable
{
    Q_OBJECT

public:
    StepPainter(QCustomPlot& plot, const StepPlot& owner, const QString& layer);

protected:
    [[nodiscard]] const StepPlot& owner() const { return m_owner; }
    [[nodiscard]] const PlotTheme& theme() const;
    void applyDefaultAntialiasingHint(QCPPainter*) const override;

private:
    const StepPlot& m_owner;
};

class PhaseBands : public StepPainter
{
    Q_OBJECT

public:
    using StepPainter::StepPainter;

protected:
    void draw(QCPPainter*) override;
};

/// Lines at events, and in the margin above the top pane the names of events and phases.
class MarkLines : public StepPainter
{
    Q_OBJECT

public:
    using StepPainter::StepPainter;

protected:
    void draw(QCPPainter*) override;

private:
    void drawLabels(QCPPainter&, const QCPAxisRect& top) const;
};

class FocusLines : public StepPainter
{
    Q_OBJECT

public:
    using StepPainter::StepPainter;

protected:
    void draw(QCPPainter*) override;
};

} // namespace halftone::ui
