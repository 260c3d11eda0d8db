#include "widgets/findbar.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

namespace halftone::ui {

FindBar::FindBar(QWidget* parent)
    : QWidget(parent)
    , m_edit(new QLineEdit(this))
    , m_case(new QCheckBox(tr("Match case"), this))
    , m_result(new QLabel(this))
{
    setObjectName(QStringLiteral("findBar"));
    m_edit->setObjectName(QStringLiteral("findEdit"));
    m_edit->setPlaceholderText(tr("Find in the trace"));
    m_edit->setAccessibleName(tr("Find in the trace"));
    m_edit->setClearButtonEnabled(true);
    m_result->setObjectName(QStringLiteral("findResult"));

    const auto button = [this](const QString& text, const QString& name, const QString& toolTip) {
        auto* made = new QToolButton(this);
        made->setText(text);
        made->setAccessibleName(name);
        made->setToolTip(toolTip);
        made->setAutoRaise(true);
        return made;
    };
    QToolButton* previous =
        button(QStringLiteral("▲"), tr("Previous match"), tr("Previous match (Shift+Enter)"));
    QToolButton* next = button(QStringLiteral("▼"), tr("Next match"), tr("Next match (Enter)"));
    QToolButton* close = button(QStringLiteral("✕"), tr("Close"), tr("Close (Esc)"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(4, 2, 4, 2);
    layout->addWidget(m_edit, 1);
    layout->addWidget(m_result);
    layout->addWidget(previous);
    layout->addWidget(next);
    layout->addWidget(m_case);
    layout->addWidget(close);
    setFocusProxy(m_edit);

    connect(m_edit, &QLineEdit::textChanged, this, &FindBar::needleChanged);
    connect(m_case, &QCheckBox::toggled, this, &FindBar::needleChanged);
    connect(previous, &QToolButton::clicked, this, &FindBar::previousRequested);
    connect(next, &QToolButton::clicked, this, &FindBar::nextRequested);
    connect(close, &QToolButton::clicked, this, &FindBar::closed);
}

QString FindBar::needle() const
{
    return m_edit->text();
}

Qt::CaseSensitivity FindBar::caseSensitivity() const
{
    return m_case->isChecked() ? Qt::CaseSensitive : Qt::CaseInsensitive;
}

void FindBar::begin()
{
    show();
    m_edit->setFocus(Qt::ShortcutFocusReason);
    m_edit->selectAll();
}

void FindBar::setResult(qint64 current, qint64 count)
{
    if (m_edit->text().isEmpty())
        m_result->clear();
    else if (count == 0)
        m_result->setText(tr("not found"));
    else
        m_result->setText(tr("%L1 of %L2").arg(current).arg(count));
}

void FindBar::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Escape:
        Q_EMIT closed();
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (event->modifiers().testFlag(Qt::ShiftModifier))
            Q_EMIT previousRequested();
        else
            Q_EMIT nextRequested();
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace halftone::ui
