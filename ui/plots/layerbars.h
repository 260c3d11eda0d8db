// One bar a layer and count (logical, live, allocated) at the step in focus: sliding-window layers
// stand out by their short live bars. From the model's cache shape, which is stored with the run,
// so it needs no model.
#pragma once

#include "cache/accounting.h"
#include "plots/plotwidget.h"

#include <array>
#include <vector>

class QCPBars;

namespace halftone::ui {

class RunDocument;
class StepCursor;

class LayerBars : public PlotWidget
{
    Q_OBJECT

public:
    LayerBars(RunDocument*, StepCursor*, QWidget* parent = nullptr);

    /// A layer each, at the step in focus; empty when there is none.
    [[nodiscard]] bool hasTwoCaches() const;
    [[nodiscard]] std::vector<CacheUsage> layers() const;

    [[nodiscard]] QString subject() const override;
    [[nodiscard]] QString description() const override;
    [[nodiscard]] PlotData data() const override;
    [[nodiscard]] std::pair<qint64, qint64> shownRows() const override;
    [[nodiscard]] bool isEmpty() const override;

Q_SIGNALS:
    /// The numbers of data() changed, its shape did not.
    void valuesChanged();

protected:
    void fill(int columns) override;
    void dress() override;

private:
    void followFocus();
    void placeLegend();

    RunDocument* m_document;
    StepCursor* m_cursor;
    QCPAxisRect* m_pane = nullptr;
    QCPLegend* m_legend = nullptr;
    std::array<QCPBars*, 3> m_bars{}; // logical, live, allocated
};

} // namespace halftone::ui
