// Bytes of the KV cache against step, in three counts that differ: logical (every row of every
// layer), live (rows that a later step can still attend to) and allocated (what the buffers hold).
#pragma once

#include "plots/stepplot.h"

#include <array>

class QCPGraph;

namespace halftone::ui {

class CachePlot : public StepPlot
{
    Q_OBJECT

public:
    CachePlot(RunDocument*, StepCursor*, QWidget* parent = nullptr);

    [[nodiscard]] QString subject() const override;
    [[nodiscard]] QString description() const override;
    [[nodiscard]] PlotData data() const override;
    [[nodiscard]] QString readOutOf(qint64 step) const override;

protected:
    void fill(int columns) override;
    void dress() override;

private:
    QCPAxisRect* m_pane = nullptr;
    std::array<QCPGraph*, 3> m_graphs{}; // logical, live, allocated
};

} // namespace halftone::ui
