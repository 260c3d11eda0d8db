// A plot over the steps of a run: one or more panes share the step axis. The step in focus is a
// vertical line; a click or a drag moves it, for every view, and it follows when another view does.
// Wheel: zoom at the pointer; Shift and wheel, middle drag or Shift and drag: pan. Keys: + - zoom,
// Left Right pan, Home or 0 the whole run, Shift+Left Shift+Right the focus. The pointer shows a
// crosshair, and read-outs tell what is under it, or at the focus when it is elsewhere.
#pragma once

#include "plots/plotwidget.h"
#include "plots/stepmarks.h"

#include <optional>
#include <vector>

class QMouseEvent;
class QWheelEvent;

namespace halftone::ui {

class RunDocument;
class StepCursor;

/// Of the step axis, in steps; a step reaches half a unit to both sides of its number.
struct StepWindow
{
    double lower = 0;
    double upper = 0;
    [[nodiscard]] double size() const { return upper - lower; }
    bool operator==(const StepWindow&) const = default;
};

class StepPlot : public PlotWidget
{
    Q_OBJECT

public:
    StepPlot(RunDocument*, StepCursor*, QWidget* parent);

    [[nodiscard]] const RunDocument& document() const { return *m_document; }
    [[nodiscard]] qint64 focusedStep() const;
    [[nodiscard]] const StepMarks& marks() const { return m_marks; }

    [[nodiscard]] StepWindow range() const { return m_range; }
    /// Kept within the run and wider than a handful of steps.
    void setRange(StepWindow);
    void showAll();
    /// `factor` < 1 shows less; `centre` stays where it is.
    void zoom(double factor, double centre);
    /// By a share of what is visible; positive goes to later steps.
    void pan(double share);

    /// Where a step is on canvas(), in pixels, and back.
    [[nodiscard]] double pixelOf(double step) const;
    [[nodiscard]] double stepAt(double pixel) const;
    /// The step under the pointer, if it is over a pane.
    [[nodiscard]] std::optional<qint64> hoveredStep() const;
    /// The pointer on canvas(), while over a pane.
    [[nodiscard]] std::optional<QPointF> pointer() const { return m_pointer; }
    /// All panes that show.
    [[nodiscard]] std::vector<QCPAxisRect*> visiblePanes() const;

    /// The read-out of the hovered step, else of the focused one.
    [[nodiscard]] QString readOut() const;
    /// "Step 12, thinking, entropy 0.6931 nats …"
    [[nodiscard]] virtual QString readOutOf(qint64 step) const = 0;

    [[nodiscard]] std::pair<qint64, qint64> shownRows() const override;
    [[nodiscard]] bool isEmpty() const override;

Q_SIGNALS:
    void readOutChanged(const QString& text);
    void rangeChanged();

protected:
    /// Begins with the document as it is; to be called at the end of a subclass's constructor.
    void readDocument();
    /// Makes a pane whose lower axis is the step axis; to be placed in the layout by the caller.
    QCPAxisRect* addPane();
    /// Indices of steps in sight, with one to each side so that lines reach the edge.
    [[nodiscard]] std::pair<std::size_t, std::size_t> visibleSteps() const; // [begin, end)
    /// "Step 12, thinking"
    [[nodiscard]] QString stepText(qint64 step) const;
    /// Another run.
    virtual void documentReset() {}
    virtual void documentGrew() {}

    void fill(int columns) override;
    void keyPressEvent(QKeyEvent*) override;
    bool eventFilter(QObject* watched, QEvent*) override;

private:
    enum class Drag
    {
        None,
        Focus,
        Pan
    };

    void grow();
    void followFocus();
    void press(QMouseEvent*);
    void move(QMouseEvent*);
    void release();
    void turnWheel(QWheelEvent*);
    void focusAt(double pixel);
    void hover(std::optional<QPointF>);
    [[nodiscard]] StepWindow wholeRun() const;
    [[nodiscard]] const QCPAxisRect& visiblePane() const;
    [[nodiscard]] bool isOverPane(const QPointF&) const;
    void announce();

    RunDocument* m_document;
    StepCursor* m_cursor;
    StepMarks m_marks;
    std::vector<QCPAxisRect*> m_panes;
    StepWindow m_range;
    bool m_showsAll = true;
    Drag m_drag = Drag::None;
    double m_dragPixel = 0;
    std::optional<QPointF> m_pointer;
};

} // namespace halftone::ui
