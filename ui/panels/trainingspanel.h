// The trainings of the library: a list with how far each is, and the curves of the chosen one.
// Reads the library again every second while it is on screen, so that it follows trainings that
// other processes are at. UI thread.
#pragma once

#include "store/trainingstore.h"

#include <QWidget>

#include <filesystem>
#include <memory>
#include <optional>

class QAction;
class QLabel;
class QSplitter;
class QStackedWidget;
class QTableView;

namespace halftone::ui {

class PlotTableModel;
class TrainingListModel;
class TrainingPlot;
class TrainingWatch;

class TrainingsPanel : public QWidget
{
    Q_OBJECT

public:
    explicit TrainingsPanel(std::filesystem::path library, QWidget* parent = nullptr);

    [[nodiscard]] std::optional<TrainingId> chosen() const { return m_chosen; }
    [[nodiscard]] TrainingPlot& plot() const { return *m_plot; }

protected:
    /// The list beside the curves where the panel is wide, above them where it is tall.
    void resizeEvent(QResizeEvent*) override;
    void showEvent(QShowEvent*) override;
    void hideEvent(QHideEvent*) override;

private:
    void makeList();
    void layOut();
    void showTrainings(const std::vector<TrainingInfo>& trainings);
    void choose(int row);
    void exportPlot();

    TrainingWatch* m_watch;
    TrainingListModel* m_trainings;
    QTableView* m_list;
    TrainingPlot* m_plot;
    PlotTableModel* m_numbers;
    QTableView* m_table;
    QStackedWidget* m_pages;
    QLabel* m_readOut;
    QLabel* m_problem;
    QSplitter* m_splitter;
    QAction* m_export;
    std::optional<TrainingId> m_chosen;
    std::optional<bool> m_placed; // the list beside the curves, or above
};

} // namespace halftone::ui
