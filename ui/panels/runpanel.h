// Where a run is set up and driven: the model, the setup (see runsetup.h), and the buttons run,
// pause, step, stop with what the engine does now. Tells the engine controller what to do; loads
// the chosen model when a run needs it.
#pragma once

#include "bridge/enginecontroller.h"
#include "models/ratemeter.h"

#include <QElapsedTimer>
#include <QWidget>

class QAction;
class QCheckBox;
class QComboBox;
class QLabel;
class QSettings;
class QVBoxLayout;

namespace halftone::ui {

class Commands;
class ModelBox;
class ModelList;
class RunSetup;

class RunPanel : public QWidget
{
    Q_OBJECT

public:
    /// Adds the commands run.start, run.pause, run.step, run.stop, run.change and
    /// run.newSeed.
    RunPanel(EngineController* engine, ModelList* models, Commands* commands,
             QWidget* parent = nullptr);

    [[nodiscard]] RunSetup* setup() const { return m_setup; }
    /// What Run would ask for now.
    [[nodiscard]] RunRequest request() const;

    /// The folder chosen; empty when there is none.
    [[nodiscard]] QString modelFolder() const;
    /// What the model's weights shall be computed from, as in ModelOptions.
    [[nodiscard]] QString weightType() const;
    /// Chooses and loads.
    void chooseModel(const QString& folder);

    /// The session in which a run can be stored beside those that are there; absent: only a new
    /// one.
    void offerSession(std::optional<SessionId> session);

    void save(QSettings& settings) const;
    /// Chooses the model of last time without loading it.
    void restore(const QSettings& settings);

Q_SIGNALS:
    /// The user wants a model that is not in the list.
    void openFolderRequested();
    /// What the engine does, in words: "Running · 120 steps · 1,050 steps/s".
    void stateChanged(const QString& text);

private:
    void addCommands(Commands* commands);
    void buildModel(QVBoxLayout* layout);
    void buildButtons(QVBoxLayout* layout);

    void openPartner();
    void selectModel(const QString& folder);
    void selectType(const QString& type);
    [[nodiscard]] bool isInMemory() const; // the model chosen, its weights as chosen
    void start(bool paused);
    void step();
    void pauseOrResume();
    void stop();
    void showActivity();
    void showSteps();
    void showEnd(const RunInfo& info);
    void showGroup(const GroupTotals& totals);
    void tellEnd(const QString& end);
    void showState(const QString& text);
    [[nodiscard]] bool goesOn() const; // a run is in progress, paused or not

    EngineController* m_engine;
    ModelList* m_models;
    std::optional<SessionId> m_session;

    QAction* m_startAction = nullptr;
    QAction* m_pauseAction = nullptr;
    QAction* m_stepAction = nullptr;
    QAction* m_stopAction = nullptr;
    QAction* m_changeAction = nullptr;

    ModelBox* m_modelBox = nullptr;
    QComboBox* m_weightTypes = nullptr;
    QLabel* m_modelFacts = nullptr;
    QWidget* m_partner = nullptr; // shown for modes that take turns between two models
    ModelBox* m_partnerBox = nullptr;
    RunSetup* m_setup = nullptr;
    QCheckBox* m_sameSession = nullptr;
    QLabel* m_state = nullptr;

    qint64 m_stepCount = 0;             // of the run that goes on, the shared prefix included
    std::optional<GroupTotals> m_group; // of the runs that go on, when there are several
    QString m_end;                      // how the last run ended, while nothing else happens
    RateMeter m_rate;
    QElapsedTimer m_clock;
};

} // namespace halftone::ui
