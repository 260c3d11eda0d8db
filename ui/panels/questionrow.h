// Where a question about a step stands: its progress with a button to cancel it, once it takes long
// enough to be seen, and why it failed.
#pragma once

#include "bridge/enginecontroller.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace halftone::ui {

class QuestionRow : public QWidget
{
    Q_OBJECT

public:
    enum class Kind
    {
        Probe,
        Collapse
    };

    QuestionRow(Kind kind, QWidget* parent);

    /// Shows this engine's questions of the row's kind.
    void follow(EngineController* engine);
    /// What was asked before does not concern the step that is shown now.
    void clearMessage();

private:
    void begin(const StepQuestion& question);
    void showProgress(const QString& stage, quint64 done, quint64 total);
    void end(const QString& message);

    Kind m_kind;
    bool m_asking = false;
    QTimer m_showLater;
    QProgressBar* m_progress;
    QToolButton* m_cancel;
    QLabel* m_message;
};

} // namespace halftone::ui
