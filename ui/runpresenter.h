// Decides which run the window shows: the live one as it grows, or a stored one to replay. Joins
// the two controllers to the document and knows nothing of widgets.
//
// A live run goes on while a stored one is looked at; its steps are kept here until it is shown
// again. Forks go the shortest way: from the session in memory where that is still there, else
// through the stored run and its model.
#pragma once

#include "bridge/enginecontroller.h"
#include "bridge/librarycontroller.h"
#include "models/steplist.h"

#include <QObject>

#include <memory>
#include <optional>
#include <vector>

namespace halftone::ui {

class RunDocument;

class RunPresenter : public QObject
{
    Q_OBJECT

public:
    RunPresenter(EngineController* engine, LibraryController* library, RunDocument* document,
                 QObject* parent = nullptr);

    /// Shows a run: at once when it is the live one, else when the library has read it, unless
    /// something else was asked for meanwhile.
    void open(RunId run);
    void showLive();
    /// A run goes on that is not the one shown.
    [[nodiscard]] bool liveIsHidden() const;

    /// Forks the run that is shown.
    void fork(const ForkRequest& request);
    /// The same after loading the model of the run that is shown.
    void loadAndFork(const ForkRequest& request);

    /// Asks about a step of the run that is shown. A probe is kept with its step, in the document
    /// and in the library; the rest is for whoever asked.
    void ask(const StepQuestion& question);
    /// The same after loading the model of the run that is shown.
    void loadAndAsk(const StepQuestion& question);

Q_SIGNALS:
    /// A fork needs a model that is not in memory: see loadAndFork().
    void modelNeeded(const halftone::ModelIdentity& model,
                     const halftone::ui::ForkRequest& request);
    /// Likewise a question: see loadAndAsk().
    void modelNeededToAsk(const halftone::ModelIdentity& model,
                          const halftone::ui::StepQuestion& question);
    void liveHiddenChanged(bool hidden);

private:
    void begin(std::shared_ptr<const StartedRun> run);
    void append(RunId run, const std::vector<StepRecord>& steps);
    void change(const RunInfo& info);
    void end(const RunInfo& info);
    void showStored(StoredRun& run);
    void forkStored(const ForkRequest& request);
    void askStored(const StepQuestion& question);
    void keepProbe(const StepAnswer& answer);
    [[nodiscard]] bool modelIsInMemory() const;
    void loadItsModel();
    [[nodiscard]] bool liveIsShown() const;
    /// The run that is shown, as it was stored since.
    [[nodiscard]] bool continuesShown(const StoredRun& run) const;
    void tellHidden();

    EngineController* m_engine;
    LibraryController* m_library;
    RunDocument* m_document;

    std::optional<StartedRun> m_live; // while it goes on
    StepList m_hiddenSteps;           // all of the live run's, while it is not shown
    std::optional<RunId> m_inMemory;  // the run whose session the engine still has
    std::optional<RunId> m_wanted;    // being read by the library
    bool m_toldHidden = false;
};

} // namespace halftone::ui
