// Estimates with their intervals, a series a setting: as points with whiskers, joined or not, or as
// a line in a band. Series differ by marker as well as by colour. UI thread.
#pragma once

#include "eval/statistics.h"
#include "plots/figureplot.h"

#include <QString>

#include <vector>

class QCPErrorBars;
class QCPGraph;
class QCPLegend;

namespace halftone::ui {

struct EstimatePoint
{
    double x = 0;
    Interval xInterval; // {x, x}: known exactly
    double y = 0;
    Interval yInterval;
    qint64 items = 0;
};

struct EstimateSeries
{
    QString name;
    std::vector<EstimatePoint> points; // x ascending
};

struct EstimateAxis
{
    QString key;      // in CSV: "tokens"
    QString title;    // "tokens a sample (mean)"
    QString unit;     // after a number: "nats"
    double scale = 1; // from a number to what is drawn and told of it: 100 for percent
    int decimals = 1; // of what is told
    double most = 0;  // of what may be drawn; 0: no bound
};

struct EstimateFigure
{
    enum class Form
    {
        Points,
        Lines,
        Band
    };
    enum class Across
    {
        Numbers,
        Whole,
        Doubling, // a logarithmic axis: 1, 2, 4, …
    };

    QString subject;     // see PlotWidget::subject()
    QString description; // see PlotWidget::description()
    QString hint;        // in place of a figure without points
    EstimateAxis x;
    EstimateAxis y;
    Form form = Form::Points;
    Across across = Across::Numbers;
    std::vector<EstimateSeries> series;
};

class EstimatePlot : public FigurePlot
{
    Q_OBJECT

public:
    explicit EstimatePlot(QWidget* parent = nullptr);
    ~EstimatePlot() override;

    void show(EstimateFigure);
    [[nodiscard]] const EstimateFigure& figure() const { return m_figure; }

    [[nodiscard]] QString subject() const override { return m_figure.subject; }
    [[nodiscard]] QString description() const override { return m_figure.description; }
    [[nodiscard]] PlotData data() const override;
    [[nodiscard]] bool isEmpty() const override;
    /// Of the nearest point within reach.
    [[nodiscard]] QString readOutAt(const QPointF& place) const override;

protected:
    void fill(int columns) override;
    void dress() override;

private:
    struct Drawn
    {
        QCPGraph* line = nullptr;
        QCPErrorBars* xWhiskers = nullptr;
        QCPErrorBars* yWhiskers = nullptr;
        QCPGraph* low = nullptr; // of the band
        QCPGraph* high = nullptr;
    };
    struct Place
    {
        std::size_t series;
        std::size_t point;
    };

    void draw(std::size_t series);
    void setRanges();
    void fillLegend();
    /// Series at the same x stand beside each other, so that their whiskers can be seen.
    [[nodiscard]] double drawnX(std::size_t series, double x) const;
    [[nodiscard]] std::vector<Place> places() const;
    [[nodiscard]] QString readOutOf(const Place&) const;

    EstimateFigure m_figure;
    std::vector<Drawn> m_drawn;
    QCPGraph* m_more; // its name in the legend tells how many have no room there
    QCPLegend* m_legend;
};

} // namespace halftone::ui
