#include "widgets/undobar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

#include <utility>

namespace halftone::ui {

UndoBar::UndoBar(QWidget* parent)
    : QFrame(parent)
    , m_text(new QLabel(this))
    , m_button(new QPushButton(tr("&Undo"), this))
{
    setObjectName(QStringLiteral("undoBar"));
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::ToolTipBase);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setForegroundRole(QPalette::ToolTipText);
    m_text->setWordWrap(true);
    m_button->setObjectName(QStringLiteral("undoButton"));
    auto* close = new QToolButton(this);
    close->setText(QStringLiteral("✕"));
    close->setAutoRaise(true);
    close->setForegroundRole(QPalette::ToolTipText);
    close->setAccessibleName(tr("Close"));
    close->setToolTip(tr("Close"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(6, 2, 2, 2);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_button);
    layout->addWidget(close);
    connect(m_button, &QPushButton::clicked, this, &UndoBar::undo);
    connect(close, &QToolButton::clicked, this, &UndoBar::dismiss);
    hide();
}

void UndoBar::offer(const QString& done, std::function<void()> undo)
{
    m_text->setText(done);
    m_undo = std::move(undo);
    show();
}

void UndoBar::dismiss()
{
    m_undo = nullptr;
    hide();
}

QString UndoBar::text() const
{
    return m_text->text();
}

void UndoBar::undo()
{
    const std::function<void()> undo = std::exchange(m_undo, nullptr);
    hide();
    if (undo)
        undo();
}

} // namespace halftone::ui
