#include "runpresenter.h"

#include "model/modellibrary.h"
#include "models/rundocument.h"

#include <algorithm>
#include <utility>

namespace halftone::ui {

RunPresenter::RunPresenter(EngineController* engine, LibraryController* library,
                           RunDocument* document, QObject* parent)
    : QObject(parent)
    , m_engine(engine)
    , m_library(library)
    , m_document(document)
{
    connect(engine, &EngineController::runStarted, this, &RunPresenter::begin);
    connect(engine, &EngineController::stepsAvailable, this,
            [this](RunId run, const auto& steps) { append(run, *steps); });
    connect(engine, &EngineController::runChanged, this, &RunPresenter::change);
    connect(engine, &EngineController::runEnded, this, &RunPresenter::end);
    connect(engine, &EngineController::activityChanged, this,
            [this](EngineController::Activity activity) {
                if (activity == EngineController::Activity::Loading)
                    m_inMemory.reset();
            });
    connect(engine, &EngineController::questionAnswered, this,
            [this](const auto& answer) { keepProbe(*answer); });
    connect(library, &LibraryController::runAvailable, this,
            [this](const std::shared_ptr<StoredRun>& run) {
                if (m_wanted == run->info.id)
                    showStored(*run);
            });
}

bool RunPresenter::liveIsShown() const
{
    return m_live && m_document->isOpen() && m_document->info().id == m_live->info.id;
}

bool RunPresenter::liveIsHidden() const
{
    return m_live && !liveIsShown();
}

bool RunPresenter::continuesShown(const StoredRun& run) const
{
    return m_document->isOpen() && m_document->info().id == run.info.id && !liveIsShown() &&
           std::ssize(run.steps) >= m_document->count();
}

void RunPresenter::tellHidden()
{
    if (liveIsHidden() == m_toldHidden)
        return;
    m_toldHidden = !m_toldHidden;
    Q_EMIT liveHiddenChanged(m_toldHidden);
}

void RunPresenter::begin(std::shared_ptr<const StartedRun> run)
{
    m_live = *run;
    m_inMemory = m_live->info.id;
    m_wanted.reset();
    m_hiddenSteps = {};
    m_document->open(m_live->info, m_live->tokens, m_live->shared, true);
    tellHidden();
    m_library->refresh();
}

void RunPresenter::append(RunId run, const std::vector<StepRecord>& steps)
{
    if (!m_live || run != m_live->info.id)
        return;
    if (liveIsShown())
        m_document->append(steps);
    else
        m_hiddenSteps.append(steps);
}

void RunPresenter::change(const RunInfo& info)
{
    if (!m_live || info.id != m_live->info.id)
        return;
    m_live->info = info;
    if (liveIsShown())
        m_document->update(info, true);
}

void RunPresenter::end(const RunInfo& info)
{
    if (m_live && info.id == m_live->info.id) {
        if (liveIsShown())
            m_document->update(info, false);
        m_live.reset();
        m_hiddenSteps = {};
        tellHidden();
    } else if (!m_wanted && m_document->isOpen() && m_document->info().id == info.id) {
        open(info.id); // of a group, and looked at while it grew: the rest of it
    }
    m_library->refresh();
}

void RunPresenter::open(RunId run)
{
    if (m_live && run == m_live->info.id)
        return showLive();
    m_wanted = run;
    m_library->open(run);
}

void RunPresenter::showLive()
{
    m_wanted.reset();
    if (!liveIsHidden())
        return;
    m_document->open(m_live->info, m_live->tokens, std::exchange(m_hiddenSteps, {}), true);
    tellHidden();
}

void RunPresenter::showStored(StoredRun& run)
{
    m_wanted.reset();
    if (continuesShown(run)) {
        run.steps.erase(run.steps.begin(), run.steps.begin() + m_document->count());
        m_document->append(std::move(run.steps));
        m_document->update(std::move(run.info), false);
        return;
    }
    const bool hidesLive = liveIsShown();
    StepList before =
        m_document->open(std::move(run.info), std::move(run.tokens), std::move(run.steps), false);
    if (hidesLive)
        m_hiddenSteps = std::move(before);
    tellHidden();
}

void RunPresenter::fork(const ForkRequest& request)
{
    if (!m_document->isOpen())
        return;
    const RunInfo& run = m_document->info();
    if (m_inMemory == run.id)
        m_engine->fork(request);
    else if (modelIsInMemory())
        forkStored(request);
    else
        Q_EMIT modelNeeded(run.model, request);
}

void RunPresenter::loadAndFork(const ForkRequest& request)
{
    if (!m_document->isOpen())
        return;
    loadItsModel();
    forkStored(request);
}

void RunPresenter::loadItsModel()
{
    const ModelIdentity& model = m_document->info().model;
    m_engine->loadModel(QString::fromStdString(model.path),
                        QString::fromStdString(weightTypeIn(model.fingerprint)));
}

bool RunPresenter::modelIsInMemory() const
{
    const auto model = m_engine->model();
    return model && model->identity.fingerprint == m_document->info().model.fingerprint;
}

void RunPresenter::forkStored(const ForkRequest& request)
{
    // The engine feeds the steps before the fork and needs no others.
    const auto count = std::clamp<std::int64_t>(request.step.value, 0, m_document->count());
    m_engine->forkStored(m_document->info(), m_document->steps().first(std::size_t(count)),
                         request);
}

void RunPresenter::ask(const StepQuestion& question)
{
    if (!m_document->isOpen())
        return;
    const RunInfo& run = m_document->info();
    if (m_inMemory == run.id)
        m_engine->ask(run, {}, question);
    else if (modelIsInMemory())
        askStored(question);
    else
        Q_EMIT modelNeededToAsk(run.model, question);
}

void RunPresenter::loadAndAsk(const StepQuestion& question)
{
    if (!m_document->isOpen())
        return;
    loadItsModel();
    askStored(question);
}

void RunPresenter::askStored(const StepQuestion& question)
{
    // Up to the step, and those that a collapse is compared with.
    const auto* plan = std::get_if<CollapsePlan>(&question);
    const std::int64_t end = stepOf(question).value + 1 + (plan ? plan->steps : 0);
    const auto count = std::min<std::int64_t>(end, m_document->count());
    m_engine->ask(m_document->info(), m_document->steps().first(std::size_t(count)), question);
}

void RunPresenter::keepProbe(const StepAnswer& answer)
{
    const auto* probe = std::get_if<MixtureProbe>(&answer.found);
    if (!probe)
        return;
    if (m_document->isOpen() && m_document->info().id == answer.run)
        m_document->setProbe(answer.step.value, *probe);
    else if (m_live && m_live->info.id == answer.run && answer.step.index() < m_hiddenSteps.size())
        m_hiddenSteps[answer.step.index()].probe = *probe;
    m_library->keepProbe(answer.run, answer.step, *probe);
}

} // namespace halftone::ui
