#include "panels/runpanel.h"

#include "commands.h"
#include "engine/partner.h"
#include "icons.h"
#include "kernels/weighttype.h"
#include "models/modellist.h"
#include "panels/heading_p.h"
#include "panels/modelbox.h"
#include "panels/runsetup.h"

#include <QAccessible>
#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

using Activity = EngineController::Activity;

QString describeEnd(const RunInfo& info)
{
    switch (info.status) {
    case RunStatus::Failed:
        return RunPanel::tr("Failed");
    case RunStatus::Interrupted:
        return RunPanel::tr("Interrupted");
    case RunStatus::Running:
        return RunPanel::tr("Running");
    case RunStatus::Stopped:
        return RunPanel::tr("Stopped");
    case RunStatus::Finished:
        break;
    }
    switch (info.stop) {
    case StopReason::EndToken:
        return RunPanel::tr("Finished: the model said its end token");
    case StopReason::MaxSteps:
        return RunPanel::tr("Finished: as many steps as asked for");
    case StopReason::ContextFull:
        return RunPanel::tr("Finished: the model's context is full");
    case StopReason::User:
        return RunPanel::tr("Stopped");
    case StopReason::SwitchLimit:
        return RunPanel::tr("Finished: the mode's limit of switches");
    case StopReason::StopText:
        return RunPanel::tr("Finished: a stop text was written");
    case StopReason::None:
        break;
    }
    return RunPanel::tr("Finished");
}

QString factsOf(const LoadedModel& model)
{
    const ModelIdentity& identity = model.identity;
    const QString layers = identity.layerCount == 1
                               ? RunPanel::tr("1 layer")
                               : RunPanel::tr("%1 layers").arg(identity.layerCount);
    const QString facts = RunPanel::tr("%1, %2, %3 tokens, %4 on %5")
                              .arg(QString::fromStdString(identity.architecture), layers,
                                   QLocale().toString(identity.vocabularySize),
                                   QString::fromStdString(identity.weightType),
                                   QString::fromStdString(identity.device));
    return model.hasTokenizer
               ? facts
               : RunPanel::tr("%1. It has no tokenizer: write the prompt as token ids.").arg(facts);
}

QString stepsText(qint64 steps)
{
    return steps == 1 ? RunPanel::tr("1 step") : RunPanel::tr("%L1 steps").arg(steps);
}

QString rateText(double stepsPerSecond)
{
    const int decimals = stepsPerSecond < 10 ? 2 : stepsPerSecond < 100 ? 1 : 0;
    return RunPanel::tr("%1 steps/s").arg(QLocale().toString(stepsPerSecond, 'f', decimals));
}

QString togetherText(double stepsPerSecond)
{
    return RunPanel::tr("%1 together").arg(rateText(stepsPerSecond));
}

QString describeProgress(const GroupTotals& group)
{
    const int ended = group.finished + group.stopped + group.failed;
    const QString runs = ended > 0 ? RunPanel::tr("%1 runs, %2 ended").arg(group.runs).arg(ended)
                                   : RunPanel::tr("%1 runs").arg(group.runs);
    return RunPanel::tr("%1 · %2").arg(runs, stepsText(group.steps));
}

/// "8 runs: 5 finished, 3 stopped · 2,048 steps in 3.20 s · 640 steps/s together".
QString describeEnd(const GroupTotals& group)
{
    QStringList ends;
    if (group.finished > 0)
        ends << RunPanel::tr("%1 finished").arg(group.finished);
    if (group.stopped > 0)
        ends << RunPanel::tr("%1 stopped").arg(group.stopped);
    if (group.failed > 0)
        ends << RunPanel::tr("%1 failed").arg(group.failed);
    return RunPanel::tr("%1 runs: %2 · %3 in %4 s · %5")
        .arg(group.runs)
        .arg(ends.join(QStringLiteral(", ")), stepsText(group.steps),
             QLocale().toString(static_cast<double>(group.computedNs) / 1e9, 'f', 2),
             togetherText(group.stepsPerSecond()));
}

} // namespace

RunPanel::RunPanel(EngineController* engine, ModelList* models, Commands* commands, QWidget* parent)
    : QWidget(parent)
    , m_engine(engine)
    , m_models(models)
{
    setObjectName(QStringLiteral("runPanel"));
    addCommands(commands);

    auto* content = new QWidget(this);
    auto* contentLayout = new QVBoxLayout(content);
    buildModel(contentLayout);
    m_setup = new RunSetup(content);
    contentLayout->addWidget(m_setup);
    const auto showPartner = [this] { m_partner->setVisible(needsPartner(m_setup->settings())); };
    connect(m_setup, &RunSetup::changed, this, showPartner);
    showPartner();
    m_sameSession = new QCheckBox(tr("Store beside the run that is shown"), content);
    m_sameSession->setObjectName(QStringLiteral("sameSession"));
    m_sameSession->setToolTip(tr("Continue in its session instead of beginning a new one"));
    contentLayout->addWidget(m_sameSession);
    contentLayout->addStretch(1);

    auto* scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll, 1);
    buildButtons(layout);

    connect(m_engine, &EngineController::activityChanged, this, &RunPanel::showActivity);
    connect(m_engine, &EngineController::modelLoaded, this, [this] {
        selectModel(m_engine->model()->folder);
        selectType(m_engine->model()->type);
        showActivity();
    });
    connect(m_engine, &EngineController::runStarted, this, [this](const auto& run) {
        m_stepCount = static_cast<qint64>(run->shared.size());
        m_group.reset();
        if (run->count > 1)
            m_group.emplace().runs = run->count;
        m_rate.reset();
        m_clock.start();
    });
    connect(m_engine, &EngineController::stepsAvailable, this, [this](RunId, const auto& steps) {
        m_stepCount += static_cast<qint64>(steps->size());
        if (m_group)
            return;
        m_rate.add(m_clock.elapsed(), static_cast<qint64>(steps->size()));
        showSteps();
    });
    connect(m_engine, &EngineController::runEnded, this, &RunPanel::showEnd);
    connect(m_engine, &EngineController::groupAdvanced, this, &RunPanel::showGroup);
    connect(m_setup, &RunSetup::changed, this, &RunPanel::showActivity);

    offerSession(std::nullopt);
    selectModel(models->defaultFolder());
    showActivity();
}

void RunPanel::addCommands(Commands* commands)
{
    m_startAction =
        commands->add(QStringLiteral("run.start"),
                      {tr("&Run"), tr("Begin a run with this prompt and these settings")},
                      {QKeySequence(Qt::CTRL | Qt::Key_Return),
                       QKeySequence(Qt::CTRL | Qt::Key_Enter), QKeySequence(Qt::Key_F5)});
    m_pauseAction =
        commands->add(QStringLiteral("run.pause"),
                      {tr("&Pause"), tr("Pause the run after this step, or go on with it")},
                      {QKeySequence(Qt::Key_F6)});
    m_stepAction =
        commands->add(QStringLiteral("run.step"),
                      {tr("S&tep"), tr("Take one step: of the paused run, or of a new one")},
                      {QKeySequence(Qt::Key_F10)});
    m_stopAction = commands->add(QStringLiteral("run.stop"),
                                 {tr("&Stop"), tr("End the run after this step and keep it")},
                                 {QKeySequence(Qt::SHIFT | Qt::Key_F5)});
    m_changeAction = commands->add(
        QStringLiteral("run.change"),
        {tr("Chan&ge the Run"),
         tr("Go on with this mode and these settings from the next step on. The change becomes "
            "part of the run's settings, so that it is replayed with it")},
        {QKeySequence(Qt::CTRL | Qt::Key_F5)});
    QAction* newSeed =
        commands->add(QStringLiteral("run.newSeed"), {tr("&New Seed"), tr("Put a random seed in")},
                      {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N)});
    m_startAction->setIcon(glyph(QStringLiteral("run")));
    m_pauseAction->setIcon(glyph(QStringLiteral("pause")));
    m_stepAction->setIcon(glyph(QStringLiteral("step")));
    m_stopAction->setIcon(glyph(QStringLiteral("stop")));
    newSeed->setIcon(glyph(QStringLiteral("dice")));
    connect(m_startAction, &QAction::triggered, this, [this] { start(false); });
    connect(m_pauseAction, &QAction::triggered, this, &RunPanel::pauseOrResume);
    connect(m_stepAction, &QAction::triggered, this, &RunPanel::step);
    connect(m_stopAction, &QAction::triggered, this, &RunPanel::stop);
    connect(m_changeAction, &QAction::triggered, this, [this] {
        const RunSettings settings = m_setup->settings();
        m_engine->change(settings.mode, settings.parameters);
    });
    connect(newSeed, &QAction::triggered, this, [this] { m_setup->newSeed(); });
}

void RunPanel::buildModel(QVBoxLayout* layout)
{
    auto* label = heading(tr("M&odel"), this);
    layout->addWidget(label);
    m_modelBox = new ModelBox(m_models, this);
    m_modelBox->setObjectName(QStringLiteral("model"));
    m_modelBox->setAccessibleName(tr("Model"));
    label->setBuddy(m_modelBox);
    layout->addWidget(m_modelBox);
    auto* weights = new QHBoxLayout;
    auto* weightsLabel = new QLabel(tr("&Weights"), this);
    m_weightTypes = new QComboBox(this);
    m_weightTypes->setObjectName(QStringLiteral("weightType"));
    m_weightTypes->setAccessibleName(tr("What the weights are computed from"));
    m_weightTypes->setToolTip(
        tr("What the model's matrices are computed from. Fewer bits are read faster, and give other "
           "numbers: such runs count as another model's. On the CPU only."));
    m_weightTypes->addItem(tr("as stored"), QString());
    for (const std::string_view type : cpu::weightTypeNames) {
        const QString name = QString::fromUtf8(type.data(), static_cast<qsizetype>(type.size()));
        m_weightTypes->addItem(name, name);
    }
    weightsLabel->setBuddy(m_weightTypes);
    weights->addWidget(weightsLabel);
    weights->addWidget(m_weightTypes, 1);
    layout->addLayout(weights);
    connect(m_weightTypes, &QComboBox::activated, this, [this] {
        if (!modelFolder().isEmpty())
            chooseModel(modelFolder());
    });
    m_modelFacts = new QLabel(this);
    m_modelFacts->setObjectName(QStringLiteral("modelFacts"));
    m_modelFacts->setWordWrap(true);
    layout->addWidget(m_modelFacts);

    m_partner = new QWidget(this);
    auto* partnerLayout = new QVBoxLayout(m_partner);
    partnerLayout->setContentsMargins(0, 0, 0, 0);
    auto* partnerLabel = heading(tr("Partne&r (the strong model)"), m_partner);
    partnerLayout->addWidget(partnerLabel);
    m_partnerBox = new ModelBox(m_models, m_partner);
    m_partnerBox->setObjectName(QStringLiteral("partner"));
    m_partnerBox->setAccessibleName(tr("Partner model"));
    m_partnerBox->setFolder(m_models->defaultFolder());
    partnerLabel->setBuddy(m_partnerBox);
    partnerLayout->addWidget(m_partnerBox);
    layout->addWidget(m_partner);
    connect(m_partnerBox, &ModelBox::openFolderRequested, this, &RunPanel::openPartner);
    connect(m_modelBox, &ModelBox::folderChosen, this, &RunPanel::chooseModel);
    connect(m_modelBox, &ModelBox::openFolderRequested, this, &RunPanel::openFolderRequested);
}

void RunPanel::buildButtons(QVBoxLayout* layout)
{
    auto* box = new QWidget(this);
    auto* grid = new QGridLayout(box);
    grid->setSpacing(4);
    m_state = new QLabel(box);
    m_state->setObjectName(QStringLiteral("runState"));
    m_state->setWordWrap(true);
    grid->addWidget(m_state, 0, 0, 1, 3);
    m_changeAction->setIconText(tr("Change"));
    auto* change = new QToolButton(box);
    change->setDefaultAction(m_changeAction);
    change->setObjectName(QStringLiteral("button.run.change"));
    change->setToolButtonStyle(Qt::ToolButtonTextOnly);
    change->setFocusPolicy(Qt::StrongFocus);
    change->setAccessibleName(plainText(*m_changeAction));
    grid->addWidget(change, 0, 3, Qt::AlignRight | Qt::AlignTop);
    int column = 0;
    for (QAction* action : {m_startAction, m_pauseAction, m_stepAction, m_stopAction}) {
        auto* button = new QToolButton(box);
        button->setDefaultAction(action);
        button->setObjectName(QStringLiteral("button.") + action->objectName());
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setAccessibleName(plainText(*action));
        grid->addWidget(button, 1, column++);
    }
    layout->addWidget(box);
}

QString RunPanel::modelFolder() const
{
    return m_modelBox->folder();
}

void RunPanel::selectModel(const QString& folder)
{
    m_modelBox->setFolder(folder);
    m_setup->offerSamples(m_models->isBuiltIn(folder));
}

QString RunPanel::weightType() const
{
    return m_weightTypes->currentData().toString();
}

void RunPanel::selectType(const QString& type)
{
    m_weightTypes->setCurrentIndex(std::max(0, m_weightTypes->findData(type)));
}

bool RunPanel::isInMemory() const
{
    const auto model = m_engine->model();
    return model && model->folder == modelFolder() && model->type == weightType();
}

void RunPanel::chooseModel(const QString& folder)
{
    selectModel(folder);
    m_engine->loadModel(folder, weightType());
    showActivity();
}

/// It is loaded by the run that needs it.
void RunPanel::openPartner()
{
    const QString folder = QFileDialog::getExistingDirectory(
        this, tr("Open the partner's model folder"), m_partnerBox->folder());
    if (folder.isEmpty())
        return;
    m_models->addRecent(folder);
    m_partnerBox->setFolder(folder);
}

void RunPanel::offerSession(std::optional<SessionId> session)
{
    m_session = session;
    m_sameSession->setEnabled(session.has_value());
}

RunRequest RunPanel::request() const
{
    RunRequest request;
    if (m_sameSession->isChecked())
        request.session = m_session;
    request.prompt = m_setup->prompt();
    request.settings = m_setup->settings();
    request.count = m_setup->runCount();
    if (needsPartner(request.settings))
        request.partner = m_partnerBox->folder();
    return request;
}

bool RunPanel::goesOn() const
{
    return m_engine->activity() == Activity::Running || m_engine->activity() == Activity::Paused;
}

void RunPanel::start(bool paused)
{
    if (m_engine->activity() != Activity::Loading && !isInMemory())
        m_engine->loadModel(modelFolder(), weightType());
    if (paused)
        m_engine->startPaused(request());
    else
        m_engine->start(request());
}

void RunPanel::step()
{
    if (goesOn())
        m_engine->stepOnce();
    else
        start(true);
}

void RunPanel::pauseOrResume()
{
    if (m_engine->activity() == Activity::Paused)
        m_engine->resume();
    else
        m_engine->pause();
}

void RunPanel::stop()
{
    if (m_engine->activity() == Activity::Loading)
        m_engine->cancel();
    else
        m_engine->stop();
}

void RunPanel::showActivity()
{
    const Activity activity = m_engine->activity();
    const bool paused = activity == Activity::Paused;
    const bool possible = !m_modelBox->folder().isEmpty() && !m_setup->prompt().isEmpty();
    m_startAction->setEnabled(possible && activity != Activity::Prefilling &&
                              activity != Activity::Evaluating);
    m_pauseAction->setEnabled(goesOn());
    m_pauseAction->setText(paused ? tr("&Go On") : tr("&Pause"));
    m_stepAction->setEnabled(goesOn() || (possible && activity == Activity::Idle));
    m_stopAction->setEnabled(activity != Activity::Idle && activity != Activity::Evaluating);
    m_changeAction->setEnabled(goesOn());

    switch (activity) {
    case Activity::Idle:
        if (!possible)
            showState(tr("Needs a model and a prompt"));
        else
            showState(m_end.isEmpty() ? tr("Ready") : m_end);
        break;
    case Activity::Loading:
        m_end.clear();
        showState(tr("Loading the model…"));
        break;
    case Activity::Prefilling:
        m_end.clear();
        showState(tr("Reading the prompt…"));
        break;
    case Activity::Running:
    case Activity::Paused:
        showSteps();
        break;
    case Activity::Evaluating:
        showState(tr("Waits for the end of an evaluation"));
        break;
    }

    if (isInMemory())
        m_modelFacts->setText(factsOf(*m_engine->model()));
    else
        m_modelFacts->setText(m_modelBox->folder().isEmpty() ? tr("No model chosen") : tr("Not loaded yet"));
}

void RunPanel::showState(const QString& text)
{
    m_state->setText(text);
    Q_EMIT stateChanged(text);
}

void RunPanel::showSteps()
{
    QString text = m_group ? describeProgress(*m_group) : stepsText(m_stepCount);
    if (m_engine->activity() == Activity::Paused)
        return showState(tr("Paused · %1").arg(text));
    if (const double rate = m_rate.perSecond(); rate > 0)
        text = tr("%1 · %2").arg(text, m_group ? togetherText(rate) : rateText(rate));
    showState(tr("Running · %1").arg(text));
}

void RunPanel::showEnd(const RunInfo& info)
{
    // A run that makes room for another is not the news, nor is one of several.
    if (!goesOn() || m_group)
        return;
    QString end = tr("%1 · %2").arg(describeEnd(info), stepsText(m_stepCount));
    if (info.timings.decodeSteps > 0 && info.timings.decodeNs > 0)
        end = tr("%1 · %2").arg(end, rateText(1e9 * static_cast<double>(info.timings.decodeSteps) /
                                              static_cast<double>(info.timings.decodeNs)));
    tellEnd(end);
}

void RunPanel::showGroup(const GroupTotals& totals)
{
    if (!goesOn() || !m_group)
        return;
    m_rate.add(m_clock.elapsed(), totals.steps - m_group->steps);
    m_group = totals;
    if (totals.goingOn > 0)
        showSteps();
    else
        tellEnd(describeEnd(totals));
}

void RunPanel::tellEnd(const QString& end)
{
    m_end = end;
    showState(m_end);
    QAccessibleEvent event(m_state, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void RunPanel::save(QSettings& settings) const
{
    settings.setValue(QStringLiteral("model"), m_modelBox->folder());
    settings.setValue(QStringLiteral("weightType"), weightType());
    settings.setValue(QStringLiteral("partner"), m_partnerBox->folder());
    m_setup->save(settings);
}

void RunPanel::restore(const QSettings& settings)
{
    const QString folder = settings.value(QStringLiteral("model")).toString();
    if (ModelList::isModelFolder(folder))
        selectModel(folder);
    selectType(settings.value(QStringLiteral("weightType")).toString());
    const QString partner = settings.value(QStringLiteral("partner")).toString();
    if (ModelList::isModelFolder(partner))
        m_partnerBox->setFolder(partner);
    m_setup->restore(settings);
    showActivity();
}

} // namespace halftone::ui
