// What every plot of the window has in common: a QCustomPlot dressed in the palette's colours,
// redrawn at most every 40 ms however often its data change and not at all while hidden, with a
// sentence in place of empty axes, drawn again in the light theme for files. UI thread.
#pragma once

#include "plots/plotdata.h"
#include "plots/plottheme.h"

#include <QTimer>
#include <QWidget>

#include <functional>
#include <map>
#include <utility>
#include <vector>

class QCPAbstractPlottable;
class QCPAxis;
class QCPAxisRect;
class QCPLayer;
class QCPLegend;
class QCustomPlot;
class QLabel;

namespace halftone::ui {

class PaneName;

class PlotWidget : public QWidget
{
    Q_OBJECT

public:
    explicit PlotWidget(QWidget* parent = nullptr);

    /// Lower-case words for file names and table titles: "entropy curves".
    [[nodiscard]] virtual QString subject() const = 0;
    /// What the plot's numbers mean, in one line, for files.
    [[nodiscard]] virtual QString description() const = 0;
    /// All rows; shownRows() says which of them the plot shows at the moment.
    [[nodiscard]] virtual PlotData data() const = 0;
    [[nodiscard]] virtual std::pair<qint64, qint64> shownRows() const = 0; // [first, last]
    [[nodiscard]] virtual bool isEmpty() const = 0;

    /// The widget that takes the mouse.
    [[nodiscard]] QWidget* canvas() const;
    /// In force: the palette's, or while a file is drawn the one for files.
    [[nodiscard]] const PlotTheme& theme() const { return m_theme; }

    /// Draws now what waits for the timer.
    void refreshNow();
    /// While a file is drawn: no focus line and no crosshair then.
    [[nodiscard]] bool isDrawingForExport() const { return m_drawingForExport; }
    /// Dresses the plot for a file of `size` logical pixels, with data reduced for `columns` pixel
    /// columns and without cursor and crosshair, lets `paint` draw it and dresses it back. Nothing
    /// of this shows on screen.
    void drawForExport(const QSize& size, int columns,
                       const std::function<void(QCustomPlot&)>& paint);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// The columns of data() are others now.
    void columnsChanged();

protected:
    [[nodiscard]] QCustomPlot& plot() const { return *m_plot; }
    /// Cursor and crosshair; replotted alone when only they move.
    [[nodiscard]] QCPLayer& overlay() const { return *m_overlay; }
    /// Shown while isEmpty().
    void setHint(const QString& text);

    enum class Haste
    {
        WithOthers, // data and looks: several changes share one redraw
        AtOnce,     // what a hand on the mouse waits for: within a frame
    };
    /// Data, range or looks changed: everything is filled and drawn again.
    void scheduleFill(Haste = Haste::WithOthers);
    /// Only the overlay changed.
    void scheduleOverlay();

    /// Puts what is visible into the plottables, reduced to `columns` pixel columns.
    virtual void fill(int columns) = 0;
    /// theme() changed: pens and brushes of the subclass's own plottables.
    virtual void dress() = 0;
    /// As an axis label where the pane is high enough for one, else inside the pane's upper corner.
    /// Returns by how much the value axis must be longer so that nothing lies under the name.
    [[nodiscard]] double labelPane(QCPAxisRect&, const QString& label);
    /// Takes panes and legends out of the layout, to be placed in it anew.
    void emptyLayout();
    enum class LegendPlace
    {
        Above,  // the panes: a row of names, a column where there is no room for it
        Beside, // them: a column of names
    };
    /// To be put there in the layout.
    [[nodiscard]] QCPLegend* addLegend(const std::vector<QCPAbstractPlottable*>&,
                                       LegendPlace = LegendPlace::Above);
    /// For an axis that stands in no axis rect of the layout.
    void dressAxis(QCPAxis&) const;

    bool eventFilter(QObject* watched, QEvent*) override;
    void changeEvent(QEvent*) override;
    void showEvent(QShowEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void paintEvent(QPaintEvent*) override;
    void focusInEvent(QFocusEvent*) override;
    void focusOutEvent(QFocusEvent*) override;

private:
    void applyTheme();
    void schedule(int delayMs);
    void fillAndReplot(int columns);
    void spaceLabels();

    QCustomPlot* m_plot;
    QCPLayer* m_overlay = nullptr;
    QLabel* m_hint;
    std::vector<QCPLegend*> m_legends;
    std::vector<QCPLegend*> m_legendsAbove; // of them
    std::map<QCPAxisRect*, PaneName*> m_paneNames;
    PlotTheme m_theme;
    QTimer m_timer;
    bool m_fillPending = true;
    bool m_overlayPending = false;
    bool m_drawingForExport = false;
};

} // namespace halftone::ui
