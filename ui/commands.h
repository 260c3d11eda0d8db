// Everything that the program can be told to do, as QActions with ids that never change: menus,
// shortcuts, buttons and the palette are all made of these. The id is the action's object name,
// "run.start"; the part before the point groups it.
#pragma once

#include <QAction>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

namespace halftone::ui {

struct CommandText
{
    QString text; // as in a menu, with its mnemonic
    QString help; // a sentence for the status bar and the tooltip
};

class Commands : public QObject
{
    Q_OBJECT

public:
    explicit Commands(QObject* parent = nullptr);

    /// A new action, owned here. The id must be new.
    QAction* add(const QString& id, const CommandText& text,
                 const QList<QKeySequence>& shortcuts = {});
    /// An action that somebody else owns, such as a dock's.
    void adopt(const QString& id, QAction* action);

    /// Null when there is none.
    [[nodiscard]] QAction* find(const QString& id) const;
    /// In the order in which they came.
    [[nodiscard]] const QList<QAction*>& all() const { return m_actions; }

Q_SIGNALS:
    void added(QAction* action);

private:
    QList<QAction*> m_actions;
};

/// An action's text without mnemonic and dots, as the palette and accessibility show it.
[[nodiscard]] QString plainText(const QAction& action);

} // namespace halftone::ui
