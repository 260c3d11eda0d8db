// The tokens of every step by rank. Above, a heat map: rank by step, colour for weight, and below a
// gap a row for the mass that the ranks leave out. Below, the same as stacked shares, with the
// focused step's tokens by name. Over long ranges a column of the map shows the greatest weight of
// the steps that it stands for, so that no peak is lost, and a stack their mean.
#pragma once

#include "analysis/blockpyramid.h"
#include "analysis/rankedweights.h"
#include "plots/stepplot.h"

#include <optional>

class QCPColorScale;
class QCPLayoutElement;
class QCPLayoutGrid;
class QCPMarginGroup;

namespace halftone::ui {

class RankMap;

/// "mixture weight"
[[nodiscard]] QString weightText(WeightKind);
/// Of what the quantity is a fraction: "of the full vocabulary at T = 1".
[[nodiscard]] QString supportText(WeightKind);
/// "raw mass that was not fed"
[[nodiscard]] QString leftOutText(WeightKind);

class MixturePlot : public StepPlot
{
    Q_OBJECT

public:
    enum class Views
    {
        HeatMap,
        Stacked,
        Both
    };

    MixturePlot(RunDocument*, StepCursor*, QWidget* parent = nullptr);

    [[nodiscard]] WeightKind kind() const { return m_kind; }
    void setKind(WeightKind);
    [[nodiscard]] Views views() const { return m_views; }
    void setViews(Views);
    /// Colours by the logarithm of the weight, from 1e-4 on.
    void setLogarithmic(bool);

    /// Rows of the map, one a rank; grows with the run.
    [[nodiscard]] std::size_t rankCount() const { return m_ranks; }
    /// Where a rank, counted from 1, is on canvas(); rankCount() + 2 is what is left out.
    [[nodiscard]] double pixelOfRank(double rank) const;
    /// Steps that one column stands for, a power of two.
    [[nodiscard]] qint64 stepsPerColumn() const { return qint64{1} << m_level; }
    /// Means over block `index` of 2^level steps: PlotTheme::rankCount ranks, all later ranks
    /// together, what is left out. Read by the painters.
    [[nodiscard]] std::vector<double> meanShares(std::size_t index) const;
    /// Blocks [begin, end) that the plot was filled with last: painters look at no others, since
    /// QCustomPlot may paint (when it is resized) before a new range or run was filled in.
    [[nodiscard]] std::pair<std::size_t, std::size_t> filledBlocks() const { return m_filled; }

    /// A token's text, behind its mark where the step is about a node of the prompt's graph.
    [[nodiscard]] QString markedName(qint64 step, TokenId) const;

    [[nodiscard]] QString subject() const override;
    [[nodiscard]] QString description() const override;
    [[nodiscard]] PlotData data() const override;
    [[nodiscard]] QString readOutOf(qint64 step) const override;

protected:
    void documentReset() override;
    void documentGrew() override;
    void fill(int columns) override;
    void dress() override;

private:
    void rebuild();
    void clearPyramids();
    void extendPyramids();
    void arrange();
    void fillMap();
    void labelRanks();
    /// The rank under the pointer, counted from 1.
    [[nodiscard]] std::optional<std::size_t> hoveredRank() const;

    WeightKind m_kind = WeightKind::Mixture;
    Views m_views = Views::Both;
    std::size_t m_ranks;
    std::size_t m_scanned = 0; // steps that m_ranks knows
    BlockPyramid m_greatest;   // m_ranks rows, then what is left out
    BlockPyramid m_sums;       // as meanShares()
    unsigned m_level = 0;
    std::pair<std::size_t, std::size_t> m_filled; // of blocks of m_level
    QCPAxisRect* m_heat = nullptr;
    QCPAxisRect* m_stack = nullptr;
    RankMap* m_map = nullptr;
    QCPColorScale* m_scale = nullptr;
    QCPLayoutGrid* m_side = nullptr; // holds the scale
    QCPLayoutElement* m_focusList = nullptr;
    QCPMarginGroup* m_margins = nullptr;
};

} // namespace halftone::ui
