#include "commands.h"

#include <QMenu>
#include <QWidget>

#include <algorithm>

namespace halftone::ui {

Commands::Commands(QObject* parent)
    : QObject(parent)
{
}

QAction* Commands::add(const QString& id, const CommandText& text,
                       const QList<QKeySequence>& shortcuts)
{
    auto* action = new QAction(text.text, this);
    action->setObjectName(id);
    action->setShortcuts(shortcuts);
    action->setStatusTip(text.help);
    QString tip = text.help.isEmpty() ? plainText(*action) : text.help;
    if (!shortcuts.isEmpty())
        tip += QStringLiteral(" (%1)").arg(shortcuts.front().toString(QKeySequence::NativeText));
    action->setToolTip(tip);
    adopt(id, action);
    return action;
}

void Commands::adopt(const QString& id, QAction* action)
{
    Q_ASSERT(find(id) == nullptr);
    m_actions.push_back(action);
    m_ids.insert(action, id);
    connect(action, &QObject::destroyed, this, [this, action] {
        m_actions.removeAll(action);
        m_ids.remove(action);
    });
}

void Commands::adoptAll(const QString& group, const QWidget* panel)
{
    for (QAction* action : panel->actions())
        if (!action->objectName().isEmpty() && action->menu() == nullptr)
            adopt(QStringLiteral("%1.%2").arg(group, action->objectName()), action);
}

QAction* Commands::find(const QString& id) const
{
    const auto found = std::find_if(m_actions.begin(), m_actions.end(),
                                    [&](const QAction* a) { return m_ids.value(a) == id; });
    return found != m_actions.end() ? *found : nullptr;
}

QString Commands::idOf(const QAction* action) const
{
    return m_ids.value(action);
}

QString plainText(const QAction& action)
{
    QString text = action.text();
    text.remove(QLatin1Char('&'));
    while (text.endsWith(QChar(0x2026)) || text.endsWith(QLatin1Char('.')))
        text.chop(1);
    return text;
}

} // namespace halftone::ui
