// The mixture plot with its controls: which quantity, heat map or stack, linear or logarithmic.
#pragma once

#include "panels/plotpanel.h"

namespace halftone::ui {

class MixturePlot;

class MixturePanel : public PlotPanel
{
    Q_OBJECT

public:
    MixturePanel(RunDocument*, StepCursor*, QWidget* parent = nullptr);

    [[nodiscard]] MixturePlot& plot() const { return *m_plot; }

private:
    MixturePanel(RunDocument*, StepCursor*, MixturePlot*, QWidget* parent);

    MixturePlot* m_plot;
};

} // namespace halftone::ui
