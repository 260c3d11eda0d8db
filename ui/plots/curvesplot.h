// Entropy, effective tokens, p_max and varentropy against step, one pane each over one step axis.
// All four are of the raw distribution: full vocabulary, T = 1; the entropy pane also has the
// entropy of the fed mixture, which is another quantity and says so. Runs whose prompt has a graph
// get a fifth pane, the weight on its frontier.
#pragma once

#include "plots/stepplot.h"

#include <array>

class QCPGraph;
class QCPMarginGroup;
class QCPScatterStyle;

namespace halftone::ui {

enum class Curve
{
    Entropy,
    EffectiveTokens,
    PMax,
    Varentropy,
    Frontier
};
inline constexpr std::array allCurves{Curve::Entropy, Curve::EffectiveTokens, Curve::PMax,
                                      Curve::Varentropy, Curve::Frontier};

enum class EntropyUnit
{
    Nats,
    Bits
};

/// "effective tokens"
[[nodiscard]] QString curveText(Curve);

class CurvesPlot : public StepPlot
{
    Q_OBJECT

public:
    CurvesPlot(RunDocument*, StepCursor*, QWidget* parent = nullptr);

    /// Whether it was chosen; the frontier's pane is there only for runs that have one.
    [[nodiscard]] bool isShown(Curve) const;
    /// At least one pane stays that every run has.
    void setShown(Curve, bool shown);
    [[nodiscard]] EntropyUnit unit() const { return m_unit; }
    void setUnit(EntropyUnit);

    [[nodiscard]] QString subject() const override;
    [[nodiscard]] QString description() const override;
    [[nodiscard]] PlotData data() const override;
    [[nodiscard]] QString readOutOf(qint64 step) const override;

protected:
    void documentReset() override;
    void fill(int columns) override;
    void dress() override {} // pens depend on the zoom as well: fill() sets them

private:
    struct Pane
    {
        QCPAxisRect* rect = nullptr;
        QCPGraph* graph = nullptr;
        bool shown = true;
    };

    [[nodiscard]] Pane& pane(Curve);
    [[nodiscard]] const Pane& pane(Curve) const;
    [[nodiscard]] bool hasPane(Curve) const;
    void arrange();
    void balance();
    [[nodiscard]] QString axisText(Curve) const;
    void style(QCPGraph&, std::size_t line, const QCPScatterStyle& marker,
               double pixelsPerStep) const;

    std::array<Pane, allCurves.size()> m_curves;
    QCPGraph* m_mixtureEntropy = nullptr;
    QCPGraph* m_rawFrontier = nullptr;
    QCPLegend* m_legend = nullptr;
    QCPLegend* m_frontierLegend = nullptr;
    QCPMarginGroup* m_margins = nullptr;
    EntropyUnit m_unit = EntropyUnit::Nats;
};

} // namespace halftone::ui
