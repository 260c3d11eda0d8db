// The trace: the run's text (TraceView) or, for those who cannot see it, the same as a table; what
// its colours mean; what is shown; find. Commands are this widget's actions(), for menus too.
#pragma once

#include "models/tracetext.h"
#include "widgets/tracecolors.h"

#include <QKeySequence>
#include <QWidget>

#include <vector>

class QAction;
class QComboBox;
class QLabel;
class QStackedWidget;
class QTableView;

namespace halftone::ui {

class ColorLegend;
class FindBar;
class RunDocument;
class StepCursor;
class StepTableModel;
class TraceView;

class TracePanel : public QWidget
{
    Q_OBJECT

public:
    TracePanel(RunDocument* document, StepCursor* cursor, QWidget* parent = nullptr);

    /// Commands for the step in focus that stand in the menus of the text and the table too.
    void addStepCommands(const QList<QAction*>&);
    void setColorBy(ColorBy);
    /// The text instead of the table, or the other way round.
    void setTableShown(bool shown);
    void beginFind();
    void findNext();
    void findPrevious();

private:
    void makeActions();
    void showSoftPrompt();
    void makeTable();
    void layOut();
    struct Command
    {
        QString name; // for ids that never change
        QString text;
        QString key;
        QString help;
    };
    /// A command of the text and the table: its key works in both and nowhere else.
    QAction* addCommand(const Command&);
    QAction* addToggle(const Command&, const QString& iconText);
    /// A command whose keys work everywhere in the panel.
    QAction* addFindCommand(const QString& name, const QString& text, const QKeySequence&,
                            void (TracePanel::*handler)());
    void onStepChanged(qint64 step);
    void placeInTable(qint64 step);
    void updateMatches();
    void onNeedleChanged();
    void goToMatch(qint64 index);
    void endFind();

    RunDocument* m_document;
    StepCursor* m_cursor;
    TraceText m_text;
    StepTableModel* m_model;
    TraceView* m_view;
    QTableView* m_table;
    QStackedWidget* m_pages;
    QComboBox* m_colorBox;
    ColorLegend* m_legend;
    QLabel* m_softPrompt = nullptr; // above the trace, of a run that has one
    FindBar* m_findBar;
    QAction* m_boundaries = nullptr;
    QAction* m_whitespace = nullptr;
    QAction* m_components = nullptr;
    QAction* m_tableToggle = nullptr;
    QAction* m_find = nullptr;
    std::vector<TraceText::Match> m_matches;
    qint64 m_match = -1; // the one in focus
};

} // namespace halftone::ui
