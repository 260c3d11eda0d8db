#include "commands.h"

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
    action->setObjectName(id);
    m_actions.push_back(action);
    connect(action, &QObject::destroyed, this, [this, action] { m_actions.removeAll(action); });
    Q_EMIT added(action);
}

QAction* Commands::find(const QString& id) const
{
    const auto found = std::find_if(m_actions.begin(), m_actions.end(),
                                    [&](const QAction* a) { return a->objectName() == id; });
    return found != m_actions.end() ? *found : nullptr;
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
