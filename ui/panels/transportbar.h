// Moves the shared cursor through a run, by hand or in time. Needs the recorded steps alone: no
// model. Its keys (Space, Left, Right, Home, End) work while it or a widget given to shareKeys()
// has the focus.
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QAction;
class QDoubleSpinBox;
class QLabel;
class QSpinBox;

namespace halftone::ui {

class RunDocument;
class ScrubBar;
class StepCursor;

class TransportBar : public QWidget
{
    Q_OBJECT

public:
    TransportBar(RunDocument* document, StepCursor* cursor, QWidget* parent = nullptr);

    [[nodiscard]] bool isPlaying() const { return m_timer.isActive(); }
    /// From the cursor on, from the beginning when it is at the end; stops at the end.
    void setPlaying(bool playing);
    /// Steps a second.
    void setSpeed(double stepsPerSecond);
    /// Where the steps lie: see ScheduleBar::alignWith().
    [[nodiscard]] QWidget* timeline() const;
    /// The transport's keys work in `widget` too.
    void shareKeys(QWidget* widget);

protected:
    void changeEvent(QEvent*) override;

private:
    QAction* addCommand(const QString& name, const QString& text, const QKeySequence&);
    void updateIcons();
    void onCountChanged();
    void onStepChanged(qint64 step);
    void advance();

    RunDocument* m_document;
    StepCursor* m_cursor;
    QAction* m_first;
    QAction* m_back;
    QAction* m_play;
    QAction* m_forward;
    QAction* m_last;
    ScrubBar* m_scrubBar;
    QSpinBox* m_stepBox;
    QLabel* m_countLabel;
    QDoubleSpinBox* m_speedBox;
    QTimer m_timer;
    QElapsedTimer m_clock;
    double m_due = 0;         // steps that time has earned and the cursor has not taken
    qint64 m_playedStep = -1; // where playing put the cursor
};

} // namespace halftone::ui
