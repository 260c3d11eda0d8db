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
class FrontierKey;
class QuestionRow;
class RunDocument;
class StepCursor;
class StepFactsModel;

class InspectorPanel : public QWidget
{
    Q_OBJECT

public:
    InspectorPanel(RunDocument* document, StepCursor* cursor, QWidget* parent = nullptr);
    ~InspectorPanel() override;

    /// Shows where a probe of the step stands.
    void follow(EngineController* engine);
    /// What can be asked of the step in focus, for other views' menus.
    [[nodiscard]] QList<QAction*> questions() const { return {m_probe, m_collapse}; }

Q_SIGNALS:
    void forkRequested(const halftone::ui::ForkRequest& request);
    void questionRequested(const halftone::ui::StepQuestion& question);
    /// Of the step in focus.
    void collapseRequested();

protected:
    /// Values beside the candidates where the panel is wide, above them where it is tall.
    void resizeEvent(QResizeEvent*) override;

private:
    void makeFacts();
    void makeCandidates();
    void makeForkCommands();
    void makeQuestions();
    void layOut();
    void showStep();
    void showFrontier();
    void showMeasured(qint64 step);
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
    FrontierKey* m_frontier;
    QTreeView* m_factsView;
    QTableView* m_candidatesView;
    QMenu* m_modeMenu;
    QSplitter* m_splitter;
    QAction* m_forkCandidate = nullptr;
    QAction* m_forkWeights = nullptr;
    QAction* m_forgetWeights = nullptr;
    QAction* m_forkMode = nullptr;
    QAction* m_probe = nullptr;
    QAction* m_collapse = nullptr;
    QuestionRow* m_question;
};

} // namespace halftone::ui
