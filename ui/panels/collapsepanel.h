// "Collapse here": what the steps after a soft step would have been, had it been discrete, beside
// what they were. The panel asks for the step in focus and shows the last answer until the next,
// whatever step or run is in focus then; one click keeps it as a child run.
#pragma once

#include "bridge/enginecontroller.h"

#include <QWidget>

class QAction;
class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTableView;

namespace halftone::ui {

class CollapseModel;
class QuestionRow;
class RunDocument;
class StepCursor;

class CollapsePanel : public QWidget
{
    Q_OBJECT

public:
    CollapsePanel(RunDocument* document, StepCursor* cursor, QWidget* parent = nullptr);

    /// Shows the engine's answers and where they stand.
    void follow(EngineController* engine);
    /// Asks for the step in focus, as the panel's fields say.
    void collapseFocused();

Q_SIGNALS:
    void questionRequested(const halftone::ui::StepQuestion& question);
    void forkRequested(const halftone::ui::ForkRequest& request);

private:
    void makeFields();
    void makeTable();
    void layOut();
    void showAnswer(std::shared_ptr<const StepAnswer> answer);
    void showSummary();
    void updateCommands();
    void followFocus(qint64 step);
    void followTable(int column);
    /// The document shows the run of the answer.
    [[nodiscard]] bool answersShownRun() const;

    RunDocument* m_document;
    StepCursor* m_cursor;
    CollapseModel* m_model;
    std::shared_ptr<const StepAnswer> m_answer; // null: none yet

    QPushButton* m_start;
    QComboBox* m_to;
    QComboBox* m_then;
    QSpinBox* m_steps;
    QComboBox* m_unit;
    QAction* m_keep;
    QWidget* m_head; // over an answer: its title, unit and what can be done with it
    QLabel* m_title;
    QLabel* m_summary;
    QLabel* m_hint;
    QuestionRow* m_question;
    QTableView* m_table;
};

} // namespace halftone::ui
