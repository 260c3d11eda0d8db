#include "statusview.h"

#include "icons.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace halftone::ui {

namespace {

constexpr int progressSteps = 1000;
constexpr int progressWidth = 140;

} // namespace

StatusView::StatusView(EngineController* engine, QWidget* parent)
    : QWidget(parent)
    , m_engine(engine)
    , m_run(new QLabel(this))
    , m_stage(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_cancel(new QToolButton(this))
    , m_model(new QLabel(this))
{
    m_run->setObjectName(QStringLiteral("statusRun"));
    m_stage->setObjectName(QStringLiteral("statusStage"));
    m_model->setObjectName(QStringLiteral("statusModel"));
    m_progress->setObjectName(QStringLiteral("statusProgress"));
    m_progress->setAccessibleName(tr("Progress"));
    m_progress->setFixedWidth(progressWidth);
    m_progress->setTextVisible(false);
    m_cancel->setObjectName(QStringLiteral("statusCancel"));
    m_cancel->setIcon(glyph(QStringLiteral("close")));
    m_cancel->setAutoRaise(true);
    m_cancel->setFocusPolicy(Qt::StrongFocus);
    m_cancel->setToolTip(tr("Cancel"));
    m_cancel->setAccessibleName(tr("Cancel loading, reading or evaluating"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 6, 0);
    layout->setSpacing(10);
    layout->addWidget(m_run);
    layout->addWidget(m_stage);
    layout->addWidget(m_progress);
    layout->addWidget(m_cancel);
    layout->addWidget(m_model);

    connect(m_cancel, &QToolButton::clicked, m_engine, &EngineController::cancel);
    connect(m_engine, &EngineController::activityChanged, this, &StatusView::showActivity);
    connect(m_engine, &EngineController::modelLoaded, this, &StatusView::showModel);
    connect(m_engine, &EngineController::progressed, this, &StatusView::showProgress);
    showActivity();
    showModel();
}

void StatusView::showRun(const QString& text)
{
    m_run->setText(text);
}

void StatusView::showActivity()
{
    const auto activity = m_engine->activity();
    const bool busy = activity == EngineController::Activity::Loading ||
                      activity == EngineController::Activity::Prefilling ||
                      activity == EngineController::Activity::Evaluating;
    m_stage->clear();
    m_progress->setRange(0, 0);
    m_stage->setVisible(busy);
    m_progress->setVisible(busy);
    m_cancel->setVisible(busy);
}

void StatusView::showModel()
{
    const auto model = m_engine->model();
    m_model->setText(model ? QString::fromStdString(model->identity.name) : tr("No model loaded"));
    m_model->setToolTip(
        model ? tr("%1\nFingerprint %2")
                    .arg(model->folder, QString::fromStdString(model->identity.fingerprint))
              : QString());
}

void StatusView::showProgress(const QString& stage, quint64 done, quint64 total)
{
    m_stage->setText(stage);
    m_progress->setRange(0, total > 0 ? progressSteps : 0);
    if (total > 0)
        m_progress->setValue(static_cast<int>(progressSteps * static_cast<double>(done) /
                                              static_cast<double>(total)));
}

} // namespace halftone::ui
