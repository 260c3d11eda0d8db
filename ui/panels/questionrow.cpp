#include "panels/questionrow.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace halftone::ui {

namespace {

constexpr int showAfterMs = 300; // what is answered sooner does not flicker

} // namespace

QuestionRow::QuestionRow(Kind kind, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_progress(new QProgressBar(this))
    , m_cancel(new QToolButton(this))
    , m_message(new QLabel(this))
{
    m_progress->setObjectName(QStringLiteral("questionProgress"));
    m_progress->setAccessibleName(tr("Progress of the question"));
    m_cancel->setObjectName(QStringLiteral("questionCancel"));
    m_cancel->setText(tr("Cancel"));
    m_cancel->setToolTip(tr("Drop the question; the run stays as it is"));
    m_cancel->setFocusPolicy(Qt::StrongFocus);
    m_message->setObjectName(QStringLiteral("questionMessage"));
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->setTextInteractionFlags(Qt::TextSelectableByMouse);

    auto* bar = new QHBoxLayout;
    bar->addWidget(m_progress, 1);
    bar->addWidget(m_cancel);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(bar);
    layout->addWidget(m_message);
    end({});

    m_showLater.setSingleShot(true);
    m_showLater.setInterval(showAfterMs);
    connect(&m_showLater, &QTimer::timeout, this, [this] {
        m_progress->show();
        m_cancel->show();
        show();
    });
}

void QuestionRow::follow(EngineController* engine)
{
    connect(m_cancel, &QToolButton::clicked, engine, &EngineController::cancelQuestion);
    connect(engine, &EngineController::questionAsked, this, &QuestionRow::begin);
    connect(engine, &EngineController::questionProgressed, this, &QuestionRow::showProgress);
    connect(engine, &EngineController::questionAnswered, this, [this] { end({}); });
    connect(engine, &EngineController::questionFailed, this, &QuestionRow::end);
}

void QuestionRow::clearMessage()
{
    if (!m_asking)
        end({});
}

void QuestionRow::begin(const StepQuestion& question)
{
    const bool collapse = std::holds_alternative<CollapsePlan>(question);
    m_asking = collapse == (m_kind == Kind::Collapse);
    if (!m_asking)
        return;
    m_message->hide();
    m_progress->setRange(0, 0);
    m_showLater.start();
}

void QuestionRow::showProgress(const QString& stage, quint64 done, quint64 total)
{
    if (!m_asking)
        return;
    m_progress->setRange(0, static_cast<int>(total));
    m_progress->setValue(static_cast<int>(done));
    m_progress->setFormat(tr("%1 %p %").arg(stage));
}

void QuestionRow::end(const QString& message)
{
    if (!m_asking && !message.isEmpty())
        return;
    m_asking = false;
    m_showLater.stop();
    m_progress->hide();
    m_cancel->hide();
    m_message->setText(message);
    m_message->setVisible(!message.isEmpty());
    setVisible(!message.isEmpty());
}

} // namespace halftone::ui
