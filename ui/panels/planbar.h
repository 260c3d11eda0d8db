// Runs plans of evaluations: actions to run one from a file, to go on with one of the library and
// to stop, how far the one that runs is, and what came of it in a sentence. UI thread; the engine
// does the work.
#pragma once

#include "bridge/enginecontroller.h"
#include "bridge/librarycontroller.h"

#include <QElapsedTimer>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

class QAction;
class QLabel;
class QProgressBar;

namespace halftone::ui {

class ModelList;

class PlanBar : public QWidget
{
    Q_OBJECT

public:
    /// Its actions() are to be offered elsewhere too.
    PlanBar(EngineController* engine, ModelList* models, QWidget* parent = nullptr);

    void setEvaluations(std::shared_ptr<const std::vector<ListedEvaluation>>);
    /// The one that Resume goes on with.
    void setChosen(const ListedEvaluation*);

    [[nodiscard]] bool running() const;

Q_SIGNALS:
    /// A person has asked for something that is shown here.
    void used();

private:
    void makeActions();
    void choosePlan();
    void openPlan(const QString& file);
    void ask(const std::vector<EvaluationPlan>& plans);
    void resumeChosen();
    void begin(const PlanRequest& request);
    void showState();
    void showProgress(quint64 done, quint64 total);
    void showStage(const QString& stage, quint64 done, quint64 total);
    void end(const QString& message);
    void tell(const QString& message);
    void enable(QAction* action, const QString& reason);
    [[nodiscard]] QString reasonAgainstRunning() const;
    [[nodiscard]] QString reasonAgainstResuming() const;
    /// Of the newest evaluation of this plan, where it is not finished; empty without one.
    [[nodiscard]] QString unfinishedOf(const std::vector<EvaluationPlan>& plans) const;
    /// Fails with a sentence.
    [[nodiscard]] Result<QString> folderOf(const std::string& named) const;
    [[nodiscard]] Result<QString> folderOf(const EvaluationInfo&, const EvaluationPlan&) const;

    EngineController* m_engine;
    ModelList* m_models;
    std::shared_ptr<const std::vector<ListedEvaluation>> m_evaluations;
    std::optional<ListedEvaluation> m_chosen;
    QString m_running; // name of what runs

    // Of the evaluation that runs: since its first sample here.
    QElapsedTimer m_clock;
    std::optional<quint64> m_doneBefore;

    QAction* m_run = nullptr;
    QAction* m_resume = nullptr;
    QAction* m_stop = nullptr;
    QProgressBar* m_progress;
    QLabel* m_count;
    QLabel* m_message;
};

} // namespace halftone::ui
