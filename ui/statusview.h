// The status bar's right side: the model in memory, what the engine does, and while it loads,
// reads a prompt or evaluates a plan how far it is, with a button to cancel.
#pragma once

#include "bridge/enginecontroller.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace halftone::ui {

class StatusView : public QWidget
{
    Q_OBJECT

public:
    explicit StatusView(EngineController* engine, QWidget* parent = nullptr);

    /// What the run does, in words.
    void showRun(const QString& text);

private:
    void showActivity();
    void showModel();
    void showProgress(const QString& stage, quint64 done, quint64 total);

    EngineController* m_engine;
    QLabel* m_run;
    QLabel* m_stage;
    QProgressBar* m_progress;
    QToolButton* m_cancel;
    QLabel* m_model;
};

} // namespace halftone::ui
