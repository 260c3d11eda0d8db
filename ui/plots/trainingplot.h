// The curves of a training: loss, accuracy, learning rate and tokens per second, one pane each,
// over its steps or the tokens it was fed. The wheel zooms at the pointer, a drag pans, a double
// click or Home shows the whole training. UI thread.
#pragma once

#include "plots/plotwidget.h"
#include "store/trainingstore.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

class QCPAxis;
class QCPGraph;
class QCPMarginGroup;

namespace halftone::ui {

enum class TrainingAxis
{
    Steps,
    Tokens
};

class TrainingPlot : public PlotWidget
{
    Q_OBJECT

public:
    explicit TrainingPlot(QWidget* parent = nullptr);

    /// Points by ascending step; null for no training.
    void setCurve(std::shared_ptr<const std::vector<TrainingPoint>>);
    [[nodiscard]] TrainingAxis axis() const { return m_axis; }
    void setAxis(TrainingAxis);
    void showAll();

    /// Of the point nearest to the pointer, else of the last one.
    [[nodiscard]] QString readOut() const;

    [[nodiscard]] QString subject() const override;
    [[nodiscard]] QString description() const override;
    [[nodiscard]] PlotData data() const override;
    [[nodiscard]] std::pair<qint64, qint64> shownRows() const override;
    [[nodiscard]] bool isEmpty() const override;

Q_SIGNALS:
    void readOutChanged(const QString& text);
    void rowsChanged();

protected:
    void fill(int columns) override;
    void dress() override;
    void keyPressEvent(QKeyEvent*) override;
    bool eventFilter(QObject* watched, QEvent*) override;

private:
    struct Pane
    {
        QCPAxisRect* rect = nullptr;
        QCPGraph* graph = nullptr;
    };
    struct Range
    {
        double lower = 0;
        double upper = 1;
    };

    /// Panes in one column, or two.
    void arrange(int columns);
    /// The axis below what is drawn at this pixel.
    [[nodiscard]] const QCPAxis& acrossAt(double pixel) const;
    [[nodiscard]] double place(const TrainingPoint&) const;
    [[nodiscard]] Range whole() const;
    [[nodiscard]] Range shown() const { return m_range.value_or(whole()); }
    void setRange(Range);
    void zoom(double factor, double centre);
    void announce();

    std::shared_ptr<const std::vector<TrainingPoint>> m_points;
    TrainingAxis m_axis = TrainingAxis::Steps;
    std::optional<Range> m_range;    // none: all of it
    std::optional<double> m_pointer; // pixel
    std::optional<double> m_dragged; // pixel
    std::array<Pane, 4> m_panes;
    int m_columns = 0;
    QCPMarginGroup* m_margins;
};

} // namespace halftone::ui
