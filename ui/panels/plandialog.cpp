#include "panels/plandialog.h"

#include "eval/standing.h"
#include "models/modellist.h"
#include "panels/modelbox.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr qsizetype mostNames = 6;
constexpr int textWidth = 380; // pixels, before lines are broken

QString numberText(std::int64_t number)
{
    return QLocale().toString(qlonglong{number});
}

/// "gsm8k.jsonl, all items", "walks, 1,000 questions".
QString dataText(const EvaluationPlan& plan)
{
    const std::int64_t items = itemsPlanned(plan);
    if (plan.data.file.empty())
        return PlanDialog::tr("%1, %2 questions")
            .arg(QString::fromStdString(plan.data.task.task), numberText(items));
    const QString file = QFileInfo(QString::fromStdString(plan.data.file)).fileName();
    return items == 0 ? PlanDialog::tr("%1, all items").arg(file)
                      : PlanDialog::tr("%1, the first %2 items").arg(file, numberText(items));
}

QString settingsText(const EvaluationPlan& plan)
{
    QStringList names;
    for (const EvaluationSetting& setting : plan.settings)
        names << QString::fromStdString(setting.name);
    const QString count = numberText(names.size());
    if (names.size() > mostNames) {
        names = names.mid(0, mostNames);
        names << PlanDialog::tr("…");
    }
    return PlanDialog::tr("%1: %2").arg(count, names.join(QStringLiteral(", ")));
}

/// Of all data sets, one for each item, setting and seed.
QString samplesText(const std::vector<EvaluationPlan>& plans)
{
    std::int64_t samples = 0;
    bool more = false; // a file tells how many items it has when it is read
    const std::int64_t anItem =
        std::ssize(plans.front().settings) * std::ssize(plans.front().seeds);
    for (const EvaluationPlan& plan : plans) {
        samples += itemsPlanned(plan) * anItem;
        more = more || itemsPlanned(plan) == 0;
    }
    if (!more)
        return numberText(samples);
    return samples == 0 ? PlanDialog::tr("%1 for each item").arg(numberText(anItem))
                        : PlanDialog::tr("%1, and %2 for each item of a file that is taken whole")
                              .arg(numberText(samples), numberText(anItem));
}

void addText(QFormLayout* form, const QString& title, const QString& text)
{
    auto* label = new QLabel(text);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setMinimumWidth(textWidth);
    form->addRow(title, label);
}

} // namespace

PlanDialog::PlanDialog(const std::vector<EvaluationPlan>& plans, ModelList* models,
                       const QString& model, const QString& unfinished, QWidget* parent)
    : QDialog(parent)
    , m_model(model)
    , m_resume(new QCheckBox(tr("&Go on with what is unfinished of it: %1").arg(unfinished)))
{
    setObjectName(QStringLiteral("planDialog"));
    setWindowTitle(tr("Run a Plan"));
    const EvaluationPlan& plan = plans.front();
    QStringList names;
    QStringList dataSets;
    for (const EvaluationPlan& each : plans) {
        names << QString::fromStdString(each.name);
        dataSets << dataText(each);
    }
    auto* form = new QFormLayout;
    addText(form, tr("Evaluation"), names.join(QLatin1Char('\n')));
    addText(form, tr("Data"), dataSets.join(QLatin1Char('\n')));
    addText(form, tr("Settings"), settingsText(plan));
    addText(form, tr("Seeds"), numberText(std::ssize(plan.seeds)));
    addText(form, tr("Samples"), samplesText(plans));
    addModel(form, !plan.model.empty(), models);
    if (!plan.partner.empty())
        addText(form, tr("Partner"), QString::fromStdString(plan.partner));

    m_resume->setObjectName(QStringLiteral("resumePlan"));
    m_resume->setToolTip(tr("What is stored is not run again. Without this a new evaluation is "
                            "begun, and the earlier one stays as it is"));
    m_resume->setVisible(!unfinished.isEmpty());
    m_resume->setChecked(!unfinished.isEmpty());
    auto* note = new QLabel(tr("Until it ends the engine takes no other runs; stored ones can be "
                               "looked at. It can be stopped at any time and resumed later."));
    note->setWordWrap(true);
    note->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    QPushButton* run = buttons->addButton(tr("&Run"), QDialogButtonBox::AcceptRole);
    run->setObjectName(QStringLiteral("runPlanNow"));
    run->setDefault(true);
    run->setEnabled(!m_model.isEmpty());
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_resume);
    layout->addWidget(note);
    layout->addStretch(1);
    layout->addWidget(buttons);
    run->setFocus();
}

void PlanDialog::addModel(QFormLayout* form, bool named, ModelList* models)
{
    if (named)
        return addText(form, tr("Model"),
                       tr("%1, as the plan says").arg(QFileInfo(m_model).fileName()));
    m_modelBox = new ModelBox(models, this);
    m_modelBox->setObjectName(QStringLiteral("planModel"));
    m_modelBox->setFolder(m_model);
    form->addRow(tr("&Model"), m_modelBox);
    connect(m_modelBox, &ModelBox::openFolderRequested, this, [this, models] {
        const QString folder =
            QFileDialog::getExistingDirectory(this, tr("Open a model folder"), model());
        if (folder.isEmpty())
            return;
        models->addRecent(folder);
        m_modelBox->setFolder(folder);
        findChild<QPushButton*>(QStringLiteral("runPlanNow"))->setEnabled(true);
    });
}

QString PlanDialog::model() const
{
    return m_modelBox ? m_modelBox->folder() : m_model;
}

bool PlanDialog::resumes() const
{
    return m_resume->isChecked();
}

} // namespace halftone::ui
