// What MixturePlot draws itself: its map (cells as an image on screen, as boxes in vector files),
// names in cells that are wide enough, the stacked shares, and the list of the focused step.
#pragma once

#include "plots/qcp.h"
#include "plots/steppainters_p.h"

namespace halftone::ui {

class MixturePlot;

class RankMap : public QCPColorMap
{
    Q_OBJECT

public:
    using QCPColorMap::QCPColorMap;

protected:
    void draw(QCPPainter*) override;
};

/// Token names in the map's cells when a column is one step and wide enough for a name.
class CellLabels : public StepPainter
{
    Q_OBJECT

public:
    CellLabels(QCustomPlot&, const MixturePlot&, QCPAxisRect& pane, const RankMap&);

protected:
    void draw(QCPPainter*) override;

private:
    const MixturePlot& m_owner;
    QCPAxisRect& m_pane;
    const RankMap& m_map;
};

class StackedShares : public StepPainter
{
    Q_OBJECT

public:
    StackedShares(QCustomPlot&, const MixturePlot&, QCPAxisRect& pane);

protected:
    void draw(QCPPainter*) override;

private:
    const MixturePlot& m_owner;
    QCPAxisRect& m_pane;
};

/// A swatch, a token and its weight for each rank of the focused step. A layout element, so that it
/// has its own place beside the stack.
class FocusList : public QCPLayoutElement
{
    Q_OBJECT

public:
    FocusList(QCustomPlot&, const MixturePlot&);

protected:
    void applyDefaultAntialiasingHint(QCPPainter*) const override;
    void draw(QCPPainter*) override;

private:
    const MixturePlot& m_owner;
};

} // namespace halftone::ui
