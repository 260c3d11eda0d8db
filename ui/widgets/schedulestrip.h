// A schedule as a strip along the steps: a block a segment, its trigger in words on its border.
// Plain values in, wishes out; who owns the schedule decides what becomes of them.
//
// A border whose step is known stands there, those of other triggers spread evenly between. Each
// block is a button of its own, so that keyboard and screen readers find it: Enter edits, Delete
// removes, Insert adds after it, Left and Right move its border by a step (with Shift by ten), Up
// and Down go to its neighbours. By mouse a border is dragged, a double click edits.
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>

#include <cstddef>
#include <optional>
#include <vector>

namespace halftone::ui {

struct StripSegment
{
    QString trigger; // on its border; empty for the first, with which the run begins
    QString label;   // what it changes
    QString toolTip;
    QColor fill;
    std::optional<qint64> step; // where it begins, when that is known
    bool movable = false;
    QString problem; // why it cannot be; empty: it can

    bool operator==(const StripSegment&) const = default;
};

class ScheduleStrip : public QWidget
{
    Q_OBJECT

public:
    explicit ScheduleStrip(QWidget* parent = nullptr);

    void setSegments(std::vector<StripSegment>);
    void setEditable(bool editable);
    /// The strip reaches from step 0 to this one.
    void setLastStep(qint64 step);
    [[nodiscard]] qint64 lastStep() const { return m_lastStep; }
    /// The step that is shown elsewhere; -1: none.
    void setMarkedStep(qint64 step);

    /// The segment chosen last; 0 at first.
    [[nodiscard]] std::size_t current() const { return m_current; }
    void setCurrent(std::size_t segment);

    /// As in the scrub bar, so that one under the other shows the same step at the same place.
    [[nodiscard]] double xOf(qint64 step) const;
    [[nodiscard]] qint64 stepAt(double x) const;
    /// Where a segment's border is drawn.
    [[nodiscard]] double borderOf(std::size_t segment) const { return m_borders[segment]; }
    [[nodiscard]] QWidget* block(std::size_t segment) const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void currentChanged();
    void moveRequested(std::size_t segment, qint64 step, bool newGesture);
    void editRequested(std::size_t segment);
    void addRequested(std::size_t after);
    void removeRequested(std::size_t segment);

protected:
    void resizeEvent(QResizeEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void mouseDoubleClickEvent(QMouseEvent*) override;
    void changeEvent(QEvent*) override;

private:
    class Block;
    void place();
    void describe();
    bool keyPressed(std::size_t segment, const QKeyEvent&);
    /// The segment whose movable border is under the mouse.
    [[nodiscard]] std::optional<std::size_t> borderAt(double x) const;
    [[nodiscard]] std::size_t segmentAt(double x) const;

    std::vector<StripSegment> m_segments;
    std::vector<Block*> m_blocks; // children
    std::vector<double> m_borders;
    qint64 m_lastStep = 1;
    qint64 m_markedStep = -1;
    std::size_t m_current = 0;
    bool m_editable = false;
    std::optional<std::size_t> m_dragged;
    bool m_dragBegins = false;
    std::optional<qint64> m_lastStepAfterDrag;
};

} // namespace halftone::ui
