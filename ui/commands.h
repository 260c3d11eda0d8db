// Everything that the program can be told to do, as QActions with ids that never change, such as
// "run.start": menus, shortcuts, buttons and the palette are all made of these. The part before the
// point groups them.
#pragma once

#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

class QWidget;

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

    /// All of a panel's actions() that have an object name and open no menu; their ids are
    /// "group.objectName".
    void adoptAll(const QString& group, const QWidget* panel);

    /// Null when there is none.
    [[nodiscard]] QAction* find(const QString& id) const;
    [[nodiscard]] QString idOf(const QAction* action) const;
    /// In the order in which they came.
    [[nodiscard]] const QList<QAction*>& all() const { return m_actions; }

private:
    QList<QAction*> m_actions;
    QHash<const QAction*, QString> m_ids;
};

/// An action's text without mnemonic and dots, as the palette and accessibility show it.
[[nodiscard]] QString plainText(const QAction& action);

} // namespace halftone::ui
