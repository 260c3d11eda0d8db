// How the entropies of correct and of wrong samples are spread, overlaid: each group by its share
// in a bin, so that groups of different sizes can be compared. UI thread.
#pragma once

#include "eval/figures.h"
#include "plots/figureplot.h"

#include <QString>

class QCPBars;

namespace halftone::ui {

class HistogramPlot : public FigurePlot
{
    Q_OBJECT

public:
    explicit HistogramPlot(QWidget* parent = nullptr);

    void show(const EntropyHistogram&, const QString& setting);

    [[nodiscard]] QString subject() const override;
    [[nodiscard]] QString description() const override;
    [[nodiscard]] PlotData data() const override;
    [[nodiscard]] bool isEmpty() const override;
    /// Of the bin.
    [[nodiscard]] QString readOutAt(const QPointF& place) const override;

protected:
    void fill(int columns) override;
    void dress() override;

private:
    /// Of the group's samples, in percent.
    [[nodiscard]] double share(const std::vector<std::int64_t>& group, std::size_t bin) const;

    EntropyHistogram m_histogram;
    QString m_setting;
    QCPBars* m_correct;
    QCPBars* m_wrong;
};

} // namespace halftone::ui
