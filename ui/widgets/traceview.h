// The text of a run, one cell a step, on a page that scrolls: paints what is visible of a
// TraceLayout, moves the shared cursor by mouse and keyboard, selects and copies. The page is laid
// out a few milliseconds at a time, so that the window stays quick however long the run is; while a
// new width is being laid out the old page stays on screen.
#pragma once

#include "widgets/tracepainter.h"

#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

class QHelpEvent;

namespace halftone::ui {

class RunDocument;
class StepCursor;

class TraceView : public QAbstractScrollArea
{
    Q_OBJECT

public:
    TraceView(RunDocument* document, StepCursor* cursor, QWidget* parent = nullptr);

    [[nodiscard]] const TraceColors& colors() const { return m_colors; }
    void setColorBy(ColorBy);
    void setBoundariesShown(bool shown);
    void setWhitespaceShown(bool shown);
    void setComponentsShown(bool shown);
    /// Steps to mark as found, ascending and apart.
    void setHits(std::vector<StepRange> hits);

    [[nodiscard]] const std::optional<StepRange>& selection() const { return m_selection; }
    void select(const std::optional<StepRange>&);
    void selectAll();
    /// The selected steps, or the one in focus, as text; bytes that are no character as "<0xNN>".
    [[nodiscard]] QString selectedText() const;
    /// The same with token boundaries: a line a step of step, id and visible text, with tabs.
    [[nodiscard]] QString selectedTokens() const;

    /// All of the document stands on the page.
    [[nodiscard]] bool isLaidOut() const;
    /// The step at a point of the viewport; -1 where there is none.
    [[nodiscard]] qint64 stepAt(const QPoint& position) const;
    /// Where a step begins in the viewport, also outside of what is visible; empty while it is not
    /// laid out.
    [[nodiscard]] QRect stepRect(qint64 step) const;

    /// Copy, copy with token boundaries, select all: also the context menu.
    [[nodiscard]] QAction* copyAction() const { return m_copyAction; }
    [[nodiscard]] QAction* copyTokensAction() const { return m_copyTokensAction; }
    [[nodiscard]] QAction* selectAllAction() const { return m_selectAllAction; }

Q_SIGNALS:
    /// Another quantity, scale or theme.
    void colorsChanged();

protected:
    bool event(QEvent*) override;
    void changeEvent(QEvent*) override;
    bool viewportEvent(QEvent*) override;
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;

private:
    void makeActions();
    void onReset();
    void onAppended(qint64 first, qint64 last);
    void onStepChanged(qint64 step);
    void updateColors();

    [[nodiscard]] TraceLook wantedLook() const;
    void setLook(const TraceLook&);
    void continueLayout();
    [[nodiscard]] bool canTakeOver() const;
    void takeOver();
    [[nodiscard]] qint64 anchorUnit() const;
    void updateScrollBar();
    /// Paints again from a height of the page downwards; the lines of a step.
    void updateFrom(double pageY);
    void updateStep(qint64 step);
    void ensureVisible(qint64 step);
    [[nodiscard]] bool showsStep(qint64 step) const;

    /// From page to viewport.
    [[nodiscard]] QPointF origin() const;
    [[nodiscard]] qint64 nearestStep(double pageX, qint64 line) const;
    [[nodiscard]] qint64 stepByLines(qint64 lines);
    [[nodiscard]] qint64 stepByPages(int pages);
    void moveCursor(qint64 step, bool extendSelection);
    void showToolTip(QHelpEvent*);
    void describeForScreenReaders(qint64 step);
    [[nodiscard]] StepRange selectionOrFocus() const;

    RunDocument* m_document;
    StepCursor* m_cursor;
    ColorBy m_colorBy = ColorBy::Entropy;
    double m_greatestEntropy = 0;
    TraceColors m_colors;

    TraceLook m_look;
    std::unique_ptr<TraceLayout> m_layout;
    std::unique_ptr<TraceLayout> m_successor; // the same document with another look
    QTimer m_layoutTimer;

    std::vector<StepRange> m_hits;
    std::optional<StepRange> m_selection;
    qint64 m_selectionAnchor = -1;
    qint64 m_shownStep = -1;   // the cursor's step as last seen
    qint64 m_awaitedStep = -1; // to be made visible once it is laid out
    bool m_growing = false;    // the cursor is about to move because steps arrived
    double m_columnX = -1;     // where Up and Down go on
    QAction* m_copyAction = nullptr;
    QAction* m_copyTokensAction = nullptr;
    QAction* m_selectAllAction = nullptr;
};

} // namespace halftone::ui
