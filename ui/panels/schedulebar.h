// The schedules, above the transport: of the run that is shown, with where each segment really
// began, and of the next run, to be edited. Both strips stand under the trace and exactly over the
// scrub bar, because a step is chosen by looking at a run: what is seen at a step there can be
// changed from that step on here.
#pragma once

#include "panels/segmentdialog.h"
#include "reasoning/runsettings.h"
#include "widgets/schedulestrip.h"

#include <QPointer>
#include <QWidget>

#include <vector>

class QAction;
class QLabel;

namespace halftone::ui {

class EngineController;
class RunDocument;
class RunSetup;
class ScheduleModel;
class StepCursor;

class ScheduleBar : public QWidget
{
    Q_OBJECT

public:
    /// Edits the schedule of `setup`.
    ScheduleBar(RunSetup* setup, EngineController* engine, RunDocument* document,
                StepCursor* cursor, QWidget* parent = nullptr);

    /// Keeps the strips over this widget, which stands in a row below with this one's left edge.
    void alignWith(QWidget* timeline);

    /// Refused, with refused(), when it cannot be a schedule of the next run.
    void load(const QString& file);
    void save(const QString& file);

Q_SIGNALS:
    /// A sentence for the user.
    void refused(const QString& why);

protected:
    bool eventFilter(QObject*, QEvent*) override;
    void changeEvent(QEvent*) override;

private:
    QAction* addCommand(const char* name, const QString& text, const QString& help,
                        const QKeySequence& key = {});
    void addCommands();
    void layOut();
    void showNext();
    void showShown();
    void readShown();
    void findBegins(qint64 first, qint64 last);
    void updateAxis();

    void addAfter(std::size_t segment);
    void edit(std::size_t segment);
    void remove(std::size_t segment);
    void useShown();
    void keepForModel(bool only);
    void askLoad();
    void askSave();

    RunSetup* m_setup;
    EngineController* m_engine;
    RunDocument* m_document;
    StepCursor* m_cursor;
    ScheduleModel* m_model;

    QWidget* m_left;
    QWidget* m_right;
    QLabel* m_shownLabel;
    QLabel* m_shownNote;
    QLabel* m_nextNote;
    ScheduleStrip* m_shown;
    ScheduleStrip* m_next;
    QPointer<QWidget> m_timeline;
    QPointer<SegmentDialog> m_dialog;

    QAction* m_add = nullptr;
    QAction* m_edit = nullptr;
    QAction* m_remove = nullptr;
    QAction* m_save = nullptr;
    QAction* m_clear = nullptr;
    QAction* m_useShown = nullptr;
    QAction* m_onlyModel = nullptr;

    RunSettings m_shownSettings;
    std::vector<qint64> m_begins; // first step of each segment of the shown run that began, 0 first
};

} // namespace halftone::ui
