// The frame around a plot: a row of controls, the plot or its table twin, and below it the read-out
// of the step under the pointer or in focus. Offers every plot of the panel as a file. UI thread.
#pragma once

#include <QWidget>

class QBoxLayout;
class QHBoxLayout;
class QLabel;
class QMenu;
class QStackedWidget;
class QTableView;
class QToolButton;
class QVBoxLayout;

namespace halftone::ui {

class PlotTableModel;
class PlotWidget;
class RunDocument;
class StepCursor;
class StepPlot;

class PlotPanel : public QWidget
{
    Q_OBJECT

public:
    [[nodiscard]] StepPlot& stepPlot() const { return *m_plot; }
    [[nodiscard]] bool showsTable() const;
    void setShowsTable(bool);

    [[nodiscard]] QSize sizeHint() const override;

protected:
    /// Takes the plot over.
    PlotPanel(RunDocument*, StepCursor*, StepPlot*, QWidget* parent);

    [[nodiscard]] RunDocument& document() const { return *m_document; }
    [[nodiscard]] StepCursor& cursor() const { return *m_cursor; }
    /// Adds a control before "Table" and "Export".
    void addControl(QWidget*);
    /// A button that opens a menu.
    QMenu* addMenu(const QString& text, const QString& toolTip);
    /// Plots stand side by side.
    [[nodiscard]] bool isWide() const;
    /// A second plot: to the right of the first where isWide(), else below it.
    void addPlot(QWidget*);
    /// Below plots and read-out, as high as it needs to be.
    void addBelow(QWidget*);
    /// Asks for a file and writes the plot to it.
    void exportAs(PlotWidget&);

    void contextMenuEvent(QContextMenuEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void showEvent(QShowEvent*) override;

private:
    void showReadOut(const QString& text);
    void followFocus(qint64 step);
    void followTable(int row);

    RunDocument* m_document;
    StepCursor* m_cursor;
    StepPlot* m_plot;
    PlotTableModel* m_model;
    QTableView* m_table;
    QStackedWidget* m_pages;
    QVBoxLayout* m_column;
    QBoxLayout* m_plots;
    QHBoxLayout* m_controls;
    QToolButton* m_tableButton;
    QLabel* m_readOut;
};

} // namespace halftone::ui
