#include "panels/planbar.h"

#include "eval/plan.h"
#include "format/modelfolder.h"
#include "icons.h"
#include "model/modellibrary.h"
#include "models/evaluationlistmodel.h"
#include "models/modellist.h"
#include "models/traininglistmodel.h"
#include "panels/plandialog.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

using Activity = EngineController::Activity;

constexpr int progressSteps = 1000;
constexpr int progressWidth = 140;

QString nameOf(const std::vector<EvaluationPlan>& plans)
{
    QStringList names;
    for (const EvaluationPlan& plan : plans)
        names << QString::fromStdString(plan.name);
    return names.join(QStringLiteral(", "));
}

/// "3.4 samples/s · about 8 s left".
QString paceText(double samples, double seconds, double left)
{
    const double rate = samples / seconds;
    return PlanBar::tr("%1 samples/s · about %2 left")
        .arg(QLocale().toString(rate, 'f', rate < 10 ? 2 : 0), durationText(left / rate));
}

} // namespace

PlanBar::PlanBar(EngineController* engine, ModelList* models, QWidget* parent)
    : QWidget(parent)
    , m_engine(engine)
    , m_models(models)
    , m_progress(new QProgressBar)
    , m_count(new QLabel)
    , m_message(new QLabel)
{
    makeActions();
    m_progress->setObjectName(QStringLiteral("planProgress"));
    m_progress->setAccessibleName(tr("Progress of the evaluation"));
    m_progress->setTextVisible(false);
    m_progress->setMaximumWidth(progressWidth);
    m_count->setObjectName(QStringLiteral("planCount"));
    m_count->setTextFormat(Qt::PlainText);
    m_count->setWordWrap(true);
    m_message->setObjectName(QStringLiteral("planMessage"));
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* row = new QHBoxLayout;
    for (QAction* action : actions()) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setObjectName(QStringLiteral("button.") + action->objectName());
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setFocusPolicy(Qt::TabFocus);
        row->addWidget(button);
    }
    row->addWidget(m_progress, 1);
    row->addWidget(m_count, 2);
    row->addStretch(0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(row);
    column->addWidget(m_message);

    connect(m_engine, &EngineController::activityChanged, this, &PlanBar::showState);
    connect(m_engine, &EngineController::progressed, this, &PlanBar::showStage);
    connect(m_engine, &EngineController::evaluationProgressed, this, &PlanBar::showProgress);
    connect(m_engine, &EngineController::evaluationEnded, this, &PlanBar::end);
    tell({});
    showState();
}

void PlanBar::makeActions()
{
    const auto make = [this](const char* name, const QString& text, const QString& iconText,
                             const QString& help, const char* icon) {
        auto* action = new QAction(text, this);
        action->setIcon(glyph(QLatin1String(icon)));
        action->setObjectName(QLatin1String(name));
        action->setIconText(iconText);
        action->setData(help);
        addAction(action);
        return action;
    };
    m_run = make("runPlan", tr("Run a &Plan…"), tr("Run a Plan…"),
                 tr("Evaluate a model as a plan says: a JSON file that names data and settings"),
                 "run");
    m_resume = make("resumeEvaluation", tr("Resu&me Evaluation"), tr("Resume"),
                    tr("Go on with the unfinished evaluation that is chosen in the list; nothing "
                       "is run twice"),
                    "step");
    m_stop = make("stopEvaluation", tr("S&top Evaluation"), tr("Stop"),
                  tr("End the evaluation after this step; what is stored stays, and can be "
                     "resumed"),
                  "stop");
    connect(m_run, &QAction::triggered, this, &PlanBar::choosePlan);
    connect(m_resume, &QAction::triggered, this, &PlanBar::resumeChosen);
    connect(m_stop, &QAction::triggered, m_engine, &EngineController::cancel);
}

void PlanBar::setEvaluations(std::shared_ptr<const std::vector<ListedEvaluation>> evaluations)
{
    m_evaluations = std::move(evaluations);
}

void PlanBar::setChosen(const ListedEvaluation* chosen)
{
    m_chosen = chosen ? std::optional(*chosen) : std::nullopt;
    showState();
}

bool PlanBar::running() const
{
    return m_engine->activity() == Activity::Evaluating;
}

// What can be done

QString PlanBar::reasonAgainstRunning() const
{
    switch (m_engine->activity()) {
    case Activity::Idle:
    case Activity::Paused:
        return {};
    case Activity::Loading:
        return tr("A model is being loaded.");
    case Activity::Prefilling:
    case Activity::Running:
        return tr("A run goes on: stop or pause it first.");
    case Activity::Evaluating:
        break;
    }
    return tr("An evaluation goes on: wait for its end or stop it first.");
}

QString PlanBar::reasonAgainstResuming() const
{
    if (!m_chosen)
        return tr("Choose an evaluation in the list first.");
    if (!m_chosen->standing)
        return tr("The plan of the one that is chosen cannot be read.");
    if (m_chosen->standing->finished)
        return tr("The one that is chosen is finished.");
    return reasonAgainstRunning();
}

void PlanBar::enable(QAction* action, const QString& reason)
{
    const QString help = action->data().toString();
    action->setEnabled(reason.isEmpty());
    action->setToolTip(reason.isEmpty() ? help : tr("%1. Not now: %2").arg(help, reason));
    action->setStatusTip(action->toolTip());
}

void PlanBar::showState()
{
    enable(m_run, reasonAgainstRunning());
    enable(m_resume, reasonAgainstResuming());
    enable(m_stop, running() ? QString() : tr("No evaluation goes on."));
    m_progress->setVisible(running());
    m_count->setVisible(running());
    if (running() && !m_doneBefore) {
        m_progress->setRange(0, 0);
        m_count->clear();
    }
}

void PlanBar::tell(const QString& message)
{
    m_message->setText(message);
    m_message->setVisible(!message.isEmpty());
}

// A plan's file

void PlanBar::choosePlan()
{
    Q_EMIT used();
    auto* dialog = new QFileDialog(this, tr("Run a plan"), {}, tr("Plans (*.json);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &PlanBar::openPlan);
    dialog->open();
}

void PlanBar::openPlan(const QString& file)
{
    const auto plans = readPlans(file.toStdString());
    if (!plans)
        return tell(QString::fromStdString(plans.error().message));
    ask(*plans);
}

void PlanBar::ask(const std::vector<EvaluationPlan>& plans)
{
    const EvaluationPlan& plan = plans.front();
    const auto loaded = m_engine->model();
    Result<QString> model = loaded ? loaded->folder : m_models->defaultFolder();
    Result<QString> partner;
    if (!plan.model.empty())
        model = folderOf(plan.model);
    if (!plan.partner.empty())
        partner = folderOf(plan.partner);
    for (const auto* folder : {&model, &partner})
        if (!*folder)
            return tell(QString::fromStdString(folder->error().message));
    auto* dialog = new PlanDialog(plans, m_models, *model, unfinishedOf(plans), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, plans, partner = *partner] {
        PlanRequest request;
        request.plans = plans;
        request.model = dialog->model();
        request.partner = partner;
        request.resume = dialog->resumes();
        begin(request);
    });
    dialog->open();
}

QString PlanBar::unfinishedOf(const std::vector<EvaluationPlan>& plans) const
{
    if (!m_evaluations)
        return {};
    QString said;
    for (const EvaluationPlan& plan : plans) {
        const auto newest = std::find_if(
            m_evaluations->begin(), m_evaluations->end(),
            [&](const ListedEvaluation& each) { return samePlan(each.info.plan, plan.json); });
        if (newest == m_evaluations->end()) // it goes on with the first one, and begins the others
            return &plan == &plans.front() || !said.isEmpty()
                       ? said
                       : tr("%1 is not begun").arg(QString::fromStdString(plan.name));
        if (said.isEmpty() && newest->standing && !newest->standing->finished)
            said = tr("%1 samples of evaluation %2 are done")
                       .arg(samplesText(newest->info, *newest->standing),
                            QString::number(newest->info.id.value));
    }
    return said;
}

Result<QString> PlanBar::folderOf(const std::string& named) const
{
    std::vector<std::filesystem::path> builtIn;
    for (const ModelEntry& entry : m_models->entries())
        if (entry.builtIn)
            builtIn.emplace_back(entry.folder.toStdString());
    return modelNamed(named, builtIn).map([](const std::filesystem::path& folder) {
        return QString::fromStdString(folder.string());
    });
}

// One that is in the library

Result<QString> PlanBar::folderOf(const EvaluationInfo& info, const EvaluationPlan& plan) const
{
    const QString name = QString::fromStdString(info.model);
    if (const auto loaded = m_engine->model();
        loaded && loaded->identity.fingerprint == info.fingerprint)
        return loaded->folder;
    if (const auto named =
            plan.model.empty() ? failure(ErrorCode::NotFound, {}) : folderOf(plan.model);
        named && QFileInfo(*named).fileName() == name)
        return *named;
    for (const ModelEntry& entry : m_models->entries())
        if (entry.present && entry.name == name)
            return entry.folder;
    return failure(ErrorCode::NotFound,
                   tr("Evaluation %1 was made with the model %2, which is not in the list of "
                      "models: open its folder in the Run panel, then try again.")
                       .arg(QString::number(info.id.value), name)
                       .toStdString());
}

void PlanBar::resumeChosen()
{
    Q_EMIT used();
    const EvaluationInfo info = m_chosen->info;
    auto plan = evaluationPlanFromJson(info.plan);
    Result<QString> model;
    Result<QString> partner;
    if (plan)
        model = folderOf(info, *plan);
    if (plan && !plan->partner.empty())
        partner = folderOf(plan->partner);
    if (!plan)
        return tell(QString::fromStdString(plan.error().message));
    for (const auto* folder : {&model, &partner})
        if (!*folder)
            return tell(QString::fromStdString(folder->error().message));
    PlanRequest request;
    request.plans.push_back(std::move(*plan));
    request.model = *model;
    request.partner = *partner;
    request.type = weightTypeIn(info.fingerprint);
    request.resume = true;
    request.resumed = info.id;
    begin(request);
}

// While it runs

void PlanBar::begin(const PlanRequest& request)
{
    m_running = nameOf(request.plans);
    m_doneBefore.reset();
    tell(tr("Evaluating %1 with the model %2. Until it ends the engine takes no other runs; stored "
            "ones can be looked at.")
             .arg(m_running, QFileInfo(request.model).fileName()));
    m_engine->evaluate(request);
}

void PlanBar::showStage(const QString& stage, quint64 done, quint64 total)
{
    if (!running())
        return;
    m_progress->setRange(0, total > 0 ? progressSteps : 0);
    if (total > 0)
        m_progress->setValue(static_cast<int>(progressSteps * static_cast<double>(done) /
                                              static_cast<double>(total)));
    m_count->setText(stage);
}

void PlanBar::showProgress(quint64 done, quint64 total)
{
    if (!m_doneBefore) {
        m_doneBefore = done;
        m_clock.start();
    }
    QString text = tr("%1 of %2 samples").arg(QLocale().toString(done), QLocale().toString(total));
    if (done > *m_doneBefore)
        text = tr("%1 · %2").arg(text, paceText(static_cast<double>(done - *m_doneBefore),
                                                static_cast<double>(m_clock.elapsed()) / 1000,
                                                static_cast<double>(total - done)));
    m_count->setText(text);
}

void PlanBar::end(const QString& message)
{
    tell(message.isEmpty() ? tr("Finished: %1.").arg(m_running) : message);
    m_doneBefore.reset();
}

} // namespace halftone::ui
