// The curves of a run with their controls: which panes show, nats or bits.
#pragma once

#include "panels/plotpanel.h"

namespace halftone::ui {

class CurvesPlot;

class CurvesPanel : public PlotPanel
{
    Q_OBJECT

public:
    CurvesPanel(RunDocument*, StepCursor*, QWidget* parent = nullptr);

    [[nodiscard]] CurvesPlot& plot() const { return *m_plot; }

private:
    CurvesPanel(RunDocument*, StepCursor*, CurvesPlot*, QWidget* parent);

    CurvesPlot* m_plot;
};

} // namespace halftone::ui
