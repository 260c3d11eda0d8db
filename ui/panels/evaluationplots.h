// The figures of an evaluation, one at a time: chosen by name, drawn or as a table, written as
// files, with the numbers under the pointer below.
#pragma once

#include "bridge/librarycontroller.h"

#include <QWidget>

#include <memory>

class QComboBox;
class QLabel;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace halftone::ui {

class EstimatePlot;
class FigurePlot;
class HistogramPlot;
class PlotTableModel;

class EvaluationPlots : public QWidget
{
    Q_OBJECT

public:
    explicit EvaluationPlots(QWidget* parent = nullptr);

    /// Null: none.
    void show(std::shared_ptr<const OpenedEvaluation>);
    /// For the figure of one setting; an index in the plan's order.
    void setSetting(int setting);
    /// The one that is chosen.
    [[nodiscard]] FigurePlot& plot() const;

private:
    enum Figure
    {
        AccuracyAgainstTokens,
        PassAtK,
        AccuracyByDifficulty,
        EntropyAgainstDifficulty,
        Entropies, // of one setting
        FrontierByHop,
    };
    struct Page
    {
        PlotTableModel* model = nullptr;
        QTableView* table = nullptr;
    };

    Page addPages(FigurePlot*);
    void showChosen();
    void showPage();
    void exportPlot();

    std::shared_ptr<const OpenedEvaluation> m_evaluation;
    int m_setting = 0;
    EstimatePlot* m_estimates;
    HistogramPlot* m_histogram;
    QComboBox* m_chooser;
    QToolButton* m_tableButton;
    QToolButton* m_exportButton;
    QStackedWidget* m_pages;
    QLabel* m_readOut;
    Page m_estimatesPage;
    Page m_histogramPage;
};

} // namespace halftone::ui
