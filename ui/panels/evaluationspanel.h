// The library's evaluations, and of the one that is chosen what it has shown: its settings side by
// side, what may be said of their differences, its figures, and every sample, whose stored run
// opens in one step. Reports are made on the library thread; nothing here waits for them.
#pragma once

#include "base/ids.h"
#include "bridge/librarycontroller.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSortFilterProxyModel;
class QSplitter;
class QTableView;
class QTabWidget;

namespace halftone::ui {

class EngineController;
class EvaluationListModel;
class EvaluationPlots;
class FrontierView;
class ModelList;
class NameTable;
class PlanBar;
class SampleFilter;
class SampleTableModel;
class SettingTableModel;

class EvaluationsPanel : public QWidget
{
    Q_OBJECT

public:
    EvaluationsPanel(LibraryController* library, EngineController* engine, ModelList* models,
                     QWidget* parent = nullptr);
    ~EvaluationsPanel() override;

    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    /// To be opened for replay.
    void runChosen(halftone::RunId run);
    /// A plan is to be run, which is told of here.
    void planUsed();

protected:
    /// The list beside the report where the panel is wide, above it where it is tall.
    void resizeEvent(QResizeEvent*) override;

private:
    QWidget* makeList();
    QWidget* makeReport();
    QWidget* makeSettings();
    QWidget* makeSamples();
    void makeActions();

    void showList(std::shared_ptr<const std::vector<ListedEvaluation>> evaluations);
    void ask(int row);
    /// The list grows while a plan is run, and the report after it.
    void followPlan();
    void showEvaluation(std::shared_ptr<const OpenedEvaluation> evaluation);
    void showFailure(const QString& message);
    /// In place of a report.
    void showMessage(const QString& text);
    void showHead();
    void showComparisons();
    void chooseSetting(int setting);
    void filterSamples();
    void chooseSample(const QModelIndex& index);
    void exportReport();

    LibraryController* m_library;
    std::shared_ptr<const OpenedEvaluation> m_evaluation; // that is shown; null: none
    std::optional<EvaluationInfo> m_asked;                // whose report is shown or being made
    QTimer m_searchTimer;
    QElapsedTimer m_listClock;   // since the list was asked for while a plan is run
    QElapsedTimer m_reportClock; // since the report was asked for
    qint64 m_reportMs = 0;       // that the last one took
    EvaluationId m_newest;       // of the list
    bool m_follows = false;      // the evaluation that a plan begins is to be looked at

    EvaluationListModel* m_list;
    SettingTableModel* m_settings;
    QSortFilterProxyModel* m_sortedSettings;
    SampleTableModel* m_samples;
    SampleFilter* m_filteredSamples;

    QSplitter* m_splitter;
    PlanBar* m_planBar;
    NameTable* m_listView;
    QLabel* m_empty;
    QLabel* m_head;
    QLabel* m_message;
    QWidget* m_report = nullptr; // head and tabs
    QComboBox* m_setting;
    QTabWidget* m_tabs;
    QTableView* m_settingView;
    QPlainTextEdit* m_comparisons;
    EvaluationPlots* m_plots;
    FrontierView* m_frontier;
    QComboBox* m_kind;
    QLineEdit* m_search;
    QLabel* m_sampleCount;
    QTableView* m_sampleView;
    QAction* m_export = nullptr;
    QAction* m_openSample = nullptr;
};

} // namespace halftone::ui
