// The step inspector: all that is recorded of the step in focus, its candidates, and Fork here: the
// same run again up to this step and from there with another token, another mixture or another
// mode.
#pragma once

#include "bridge/enginecontroller.h"

#include <QWidget>

class QAction;
class QLabel;
class QMenu;
class QSplitter;
class QTableView;
class QTreeView;

namespace halftone::ui {

class CandidateModel;
class CandidateSorter;
class RunDocument;
class StepCursor;
class StepFactsModel;

class InspectorPanel : public QWidget
{
    Q_OBJECT

public:
    InspectorPanel(RunDocument* document, StepCursor* cursor, QWidget* parent = nullptr);
    ~InspectorPanel() override;

Q_SIGNALS:
    void forkRequested(const halftone::ui::ForkRequest& request);

protected:
    /// Values beside the candidates where the panel is wide, above them where it is tall.
    void resizeEvent(QResizeEvent*) override;

private:
    void makeFacts();
    void makeCandidates();
    void makeForkCommands();
    void layOut();
    void showStep();
    void updateCommands();
    [[nodiscard]] QString titleText() const;
    void forkWithCandidate();
    void forkWithWeights();
    void fillModeMenu();
    void forkWithMode(const std::string& mode);

    RunDocument* m_document;
    StepCursor* m_cursor;
    StepFactsModel* m_facts;
    CandidateModel* m_candidates;
    CandidateSorter* m_sorted;
    QLabel* m_title;
    QLabel* m_problem;
    QTreeView* m_factsView;
    QTableView* m_candidatesView;
    QMenu* m_modeMenu;
    QSplitter* m_splitter;
    QAction* m_forkCandidate = nullptr;
    QAction* m_forkWeights = nullptr;
    QAction* m_forgetWeights = nullptr;
    QAction* m_forkMode = nullptr;
};

} // namespace halftone::ui
